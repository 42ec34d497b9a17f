// The client's side of one DTLS 1.2 handshake (RFC 6347) that agrees on SRTP (RFC 5764), with Node's own cryptography:
// ECDHE on P-256 with ECDSA and AES-128-GCM, which is what a mediasoup worker chooses. It is for receivers that count
// packets and decrypt none: what the server proves is not checked, and nothing follows the handshake.
import { createCipheriv, createECDH, createHash, createHmac, randomBytes, sign } from 'node:crypto';

const VERSION = Buffer.from([0xfe, 0xfd]);
const CIPHER_SUITE = 0xc02b;
const CURVE = 23;
const ECDSA_SHA256 = 0x0403;
const CONTENT = { changeCipherSpec: 20, handshake: 22 };
const MESSAGE = { clientHello: 1, serverHello: 2, certificate: 11, serverKeyExchange: 12, serverHelloDone: 14, certificateVerify: 15, clientKeyExchange: 16, finished: 20 };
const EXTENSION = { groups: 10, pointFormats: 11, signatures: 13, useSrtp: 14, renegotiation: 0xff01 };
const RECORD_HEADER_BYTES = 13;
const MESSAGE_HEADER_BYTES = 12;
const RESEND_MS = 400;
/** SRTP protection profiles by their names in RFC 5764 and RFC 7714. */
export const SRTP_PROFILES = { cm: [1], gcm: [7] };

export class DtlsClient {
  #options;
  #ecdh = createECDH('prime256v1');
  #random = randomBytes(32);
  #serverRandom;
  #serverKey;
  #transcript = [];
  /** Records of the flight that waits for an answer, without numbers: those are new each time it is sent. */
  #flight = [];
  #sequence = [0, 0];
  #messageSequence = 0;
  #expected = 0;
  #partial;
  #write;
  #timer;

  /** @param {{ certificate: Buffer, key: import('node:crypto').KeyObject, srtpProfiles: number[], send: (datagram: Buffer) => void }} options certificate: DER, with an EC key. */
  constructor(options) {
    this.#options = options;
  }

  start() {
    this.#message(MESSAGE.clientHello, this.#clientHello());
    this.#sendFlight();
    this.#timer = setInterval(() => this.#sendFlight(), RESEND_MS);
  }

  close() {
    clearInterval(this.#timer);
  }

  /** One datagram of the server. */
  take(datagram) {
    for (let at = 0; at + RECORD_HEADER_BYTES <= datagram.length;) {
      const end = at + RECORD_HEADER_BYTES + datagram.readUInt16BE(at + 11);
      const epoch = datagram.readUInt16BE(at + 3);
      if (datagram[at] === CONTENT.handshake && epoch === 0) this.#takeFragment(datagram.subarray(at + RECORD_HEADER_BYTES, end));
      // Nothing but its Finished is encrypted at this point.
      else if (datagram[at] === CONTENT.handshake && this.#write !== undefined) this.#finish();
      at = end;
    }
  }

  #finish() {
    this.#flight = [];
    this.close();
  }

  #takeFragment(record) {
    for (let at = 0; at + MESSAGE_HEADER_BYTES <= record.length;) {
      const [type, length, sequence] = [record[at], record.readUIntBE(at + 1, 3), record.readUInt16BE(at + 4)];
      const [offset, size] = [record.readUIntBE(at + 6, 3), record.readUIntBE(at + 9, 3)];
      const fragment = record.subarray(at + MESSAGE_HEADER_BYTES, at + MESSAGE_HEADER_BYTES + size);
      at += MESSAGE_HEADER_BYTES + size;
      // What comes again, or too early, is sent once more by the server.
      if (sequence !== this.#expected) continue;
      this.#partial ??= { body: Buffer.alloc(length), got: 0 };
      if (offset !== this.#partial.got) continue;
      fragment.copy(this.#partial.body, offset);
      this.#partial.got += size;
      if (this.#partial.got < length) continue;
      const { body } = this.#partial;
      this.#partial = undefined;
      this.#expected++;
      this.#transcript.push(messageHeader(type, length, sequence), body);
      this.#takeMessage(type, body);
    }
  }

  #takeMessage(type, body) {
    if (type === MESSAGE.serverHello) this.#serverRandom = Buffer.from(body.subarray(2, 34));
    // ECParameters (a type and a named curve), then the point after its length (RFC 8422 §5.4).
    else if (type === MESSAGE.serverKeyExchange) this.#serverKey = Buffer.from(body.subarray(4, 4 + body[3]));
    else if (type === MESSAGE.serverHelloDone) this.#answer();
  }

  /** Our certificate and key, the proof that we hold it, and from then on all is encrypted. */
  #answer() {
    const { certificate, key } = this.#options;
    this.#flight = [];
    this.#message(MESSAGE.certificate, vector(3, vector(3, certificate)));
    const ownKey = this.#ecdh.generateKeys();
    this.#message(MESSAGE.clientKeyExchange, vector(1, ownKey));
    const signature = sign('sha256', Buffer.concat(this.#transcript), key);
    this.#message(MESSAGE.certificateVerify, Buffer.concat([uint16(ECDSA_SHA256), vector(2, signature)]));
    const master = prf(this.#ecdh.computeSecret(this.#serverKey), 'master secret', Buffer.concat([this.#random, this.#serverRandom]), 48);
    const block = prf(master, 'key expansion', Buffer.concat([this.#serverRandom, this.#random]), 40);
    this.#write = { key: block.subarray(0, 16), salt: block.subarray(32, 36) };
    this.#flight.push({ type: CONTENT.changeCipherSpec, epoch: 0, fragment: Buffer.from([1]) });
    const proof = prf(master, 'client finished', createHash('sha256').update(Buffer.concat(this.#transcript)).digest(), 12);
    this.#message(MESSAGE.finished, proof, 1);
    this.#sendFlight();
  }

  #clientHello() {
    const extensions = Buffer.concat([
      extension(EXTENSION.groups, vector(2, uint16(CURVE))),
      extension(EXTENSION.pointFormats, vector(1, Buffer.from([0]))),
      extension(EXTENSION.signatures, vector(2, uint16(ECDSA_SHA256))),
      extension(EXTENSION.useSrtp, Buffer.concat([vector(2, Buffer.concat(this.#options.srtpProfiles.map(uint16))), Buffer.from([0])])),
      extension(EXTENSION.renegotiation, Buffer.from([0])),
    ]);
    const [noSession, noCookie, noCompression] = [Buffer.from([0]), Buffer.from([0]), Buffer.from([1, 0])];
    return Buffer.concat([VERSION, this.#random, noSession, noCookie, vector(2, uint16(CIPHER_SUITE)), noCompression, vector(2, extensions)]);
  }

  #message(type, body, epoch = 0) {
    const header = messageHeader(type, body.length, this.#messageSequence++);
    this.#transcript.push(header, body);
    this.#flight.push({ type: CONTENT.handshake, epoch, fragment: Buffer.concat([header, body]) });
  }

  #sendFlight() {
    if (this.#flight.length > 0) this.#options.send(Buffer.concat(this.#flight.map((record) => this.#record(record))));
  }

  #record({ type, epoch, fragment }) {
    const number = Buffer.alloc(8);
    number.writeUInt16BE(epoch, 0);
    number.writeUIntBE(this.#sequence[epoch]++, 2, 6);
    const body = epoch === 0 ? fragment : this.#encrypt(type, number, fragment);
    return Buffer.concat([Buffer.from([type]), VERSION, number, vector(2, body)]);
  }

  /** RFC 5288 §3: the number of the record is the part of the nonce that goes with it. */
  #encrypt(type, number, plain) {
    const cipher = createCipheriv('aes-128-gcm', this.#write.key, Buffer.concat([this.#write.salt, number]));
    cipher.setAAD(Buffer.concat([number, Buffer.from([type]), VERSION, uint16(plain.length)]));
    return Buffer.concat([number, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }
}

/** As if it came in one piece, which is how it counts in the transcript (RFC 6347 §4.2.6). */
function messageHeader(type, length, sequence) {
  const header = Buffer.alloc(MESSAGE_HEADER_BYTES);
  header.writeUInt8(type, 0);
  header.writeUIntBE(length, 1, 3);
  header.writeUInt16BE(sequence, 4);
  header.writeUIntBE(length, 9, 3);
  return header;
}

/** RFC 5246 §5. */
function prf(secret, label, seed, sizeBytes) {
  const hmac = (data) => createHmac('sha256', secret).update(data).digest();
  const labelled = Buffer.concat([Buffer.from(label), seed]);
  const blocks = [];
  for (let a = hmac(labelled); blocks.length * 32 < sizeBytes; a = hmac(a)) blocks.push(hmac(Buffer.concat([a, labelled])));
  return Buffer.concat(blocks).subarray(0, sizeBytes);
}

function extension(type, data) {
  return Buffer.concat([uint16(type), vector(2, data)]);
}

function vector(lengthBytes, data) {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(data.length, 0, lengthBytes);
  return Buffer.concat([length, data]);
}

function uint16(value) {
  return Buffer.from([value >> 8, value & 0xff]);
}
