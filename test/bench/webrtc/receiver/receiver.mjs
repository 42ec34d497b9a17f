import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { request } from 'node:http';
import { DtlsClient } from './dtls-client.mjs';
import { bindingRequest, isBindingSuccess } from './ice.mjs';
import { offerOf, readAnswer } from './offer.mjs';

const RECEIVE_BUFFER_BYTES = 2 << 20;
/** Servers that hear nothing for ten seconds take a viewer as gone. */
const CONSENT_MS = 4_000;
const FIRST_CHECKS_MS = 200;
const HTTP_LIMIT_MS = 10_000;
const PICTURE_LIMIT_MS = 15_000;
const FIRST_RTP_BYTE = 128;
const isDtls = (first) => first >= 20 && first < 64;
/** RTCP packet types 192 to 223 beside the marker bit and payload type of RTP (RFC 5761 §4). */
const isRtcp = (second) => second >= 192 && second < 224;

/** One viewer without a decoder: joins by WHEP, then counts the packets that come, by their numbers, as they are. */
export class Receiver {
  #options;
  #socket;
  #dtls;
  #session;
  #consent;
  #videoType = -1;
  #onChecked;
  #onFirst;
  #streams = [];
  #bytes = 0;

  /** @param {{ url: string, from: string, certificate: Buffer, fingerprint: string, key: import('node:crypto').KeyObject, srtpProfiles: number[] }} options from: our address. */
  constructor(options) {
    this.#options = options;
  }

  get port() {
    return this.#socket.address().port;
  }

  /** Packets that were sent, as their numbers tell, those that came, and their bytes, so far. */
  get counts() {
    return this.#streams.reduce((sum, { first, last, received }) => ({ sent: sum.sent + last - first + 1, received: sum.received + received, bytes: sum.bytes }), { sent: 0, received: 0, bytes: this.#bytes });
  }

  /** Resolves once the server has answered: after how many ms, and with a promise of those after which the picture began to come. */
  async join() {
    const startedMs = performance.now();
    const since = () => Number((performance.now() - startedMs).toFixed(1));
    this.#socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
    this.#socket.on('message', (datagram) => this.#take(datagram));
    this.#socket.on('error', () => undefined);
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    const answer = await this.#offer();
    const answerMs = since();
    const firstPacketMs = Promise.all([this.#firstPicture().then(since), this.#connect(answer)]).then(([ms]) => ms);
    return { answerMs, firstPacketMs };
  }

  async leave() {
    clearInterval(this.#consent);
    this.#dtls?.close();
    this.#socket.close();
    if (this.#session !== undefined) await this.#http('DELETE', this.#session, '');
  }

  async #offer() {
    const { status, body, location } = await this.#http('POST', this.#options.url, offerOf(this.#options.fingerprint));
    if (status !== 201) throw new Error(`POST: ${status}`);
    this.#session = new URL(location, this.#options.url).href;
    return readAnswer(body);
  }

  /** Resolves with its first packet. */
  #firstPicture() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no picture came')), PICTURE_LIMIT_MS);
      this.#onFirst = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #connect({ username, password, address, port, videoType }) {
    this.#videoType = videoType;
    this.#socket.connect(port, address);
    await once(this.#socket, 'connect');
    const check = () => this.#send(bindingRequest({ username, password }));
    this.#dtls = new DtlsClient({
      certificate: this.#options.certificate, key: this.#options.key, srtpProfiles: this.#options.srtpProfiles,
      send: (datagram) => this.#send(datagram),
    });
    check();
    this.#consent = setInterval(check, FIRST_CHECKS_MS);
    this.#onChecked = () => {
      this.#onChecked = undefined;
      clearInterval(this.#consent);
      this.#consent = setInterval(check, CONSENT_MS);
      this.#dtls.start();
    };
  }

  #take(datagram) {
    const first = datagram[0];
    if (first >= FIRST_RTP_BYTE) this.#count(datagram);
    else if (isDtls(first)) this.#dtls?.take(datagram);
    else if (isBindingSuccess(datagram)) this.#onChecked?.();
  }

  #count(packet) {
    const second = packet[1];
    if (isRtcp(second)) return;
    const number = packet.readUInt16BE(2);
    const ssrc = packet.readUInt32BE(8);
    this.#bytes += packet.length;
    const stream = this.#streams.find((one) => one.ssrc === ssrc);
    if (stream === undefined) {
      this.#streams.push({ ssrc, first: number, last: number, received: 1 });
      if ((second & 0x7f) === this.#videoType) this.#onFirst();
      return;
    }
    stream.received++;
    const step = (number - stream.last) & 0xffff;
    if (step < 0x8000) stream.last += step;
  }

  #send(datagram) {
    this.#socket.send(datagram, () => undefined);
  }

  #http(method, url, body) {
    return new Promise((resolve, reject) => {
      const headers = body === '' ? {} : { 'content-type': 'application/sdp', 'content-length': Buffer.byteLength(body) };
      const sent = request(url, { method, headers, agent: false, localAddress: this.#options.from, timeout: HTTP_LIMIT_MS }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString(), location: response.headers.location }));
      });
      sent.on('timeout', () => sent.destroy(new Error(`${method}: no answer`)));
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
