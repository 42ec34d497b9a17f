import type { IceServer } from '../../../playback/webrtc/ice-servers.js';
import { endSession, offerTo } from '../../../playback/webrtc/whep.js';
import type { Session, SessionEvents } from './live-show.js';
import { readOutbound, type Outbound } from './outbound.js';
import { AUDIO_KBPS, h264First, wantingStereo, type SendingPlan } from './plan.js';
import { ConnectionFailed } from './setback.js';

export interface WhipSessionOptions {
  url: string;
  key: string;
  video: MediaStreamTrack;
  audio: MediaStreamTrack;
  plan: SendingPlan;
  iceServers: IceServer[];
  events: SessionEvents;
}

/** From the offer to the first packet through. */
const CONNECT_WITHIN_MS = 12_000;
/** A network that changes recovers within seconds, or not at all. */
const LOST_AFTER_MS = 4_000;
const GOODBYE_WITHIN_MS = 3_000;

/** One WebRTC connection that publishes by WHIP (RFC 9725), from the offer to `close` or `drop`. */
export class WhipSession implements Session {
  readonly #url: string;
  readonly #key: string;
  readonly #events: SessionEvents;
  readonly #connection: RTCPeerConnection;
  readonly #video: RTCRtpSender;
  readonly #ended = new AbortController();
  #state: 'opening' | 'connected' | 'closed' = 'opening';
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #plan: SendingPlan;
  #sessionUrl: string | undefined;
  #offeredIceServers: IceServer[] = [];

  constructor(options: WhipSessionOptions) {
    this.#url = options.url;
    this.#key = options.key;
    this.#events = options.events;
    this.#plan = options.plan;
    this.#connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: options.iceServers });
    this.#video = this.#send(options.video);
    this.#send(options.audio);
    this.#failWithin(CONNECT_WITHIN_MS);
    this.#connection.addEventListener('connectionstatechange', () => this.#onConnectionState(), { signal: this.#ended.signal });
    void this.#open().catch((error: unknown) => this.#fail(error));
  }

  /** The servers that the answer named, for connections to come. */
  get offeredIceServers(): IceServer[] {
    return this.#offeredIceServers;
  }

  /** Sends another picture from now on, without a new connection. */
  async show(track: MediaStreamTrack, plan: SendingPlan): Promise<void> {
    this.#plan = plan;
    track.contentHint = plan.contentHint;
    await this.#video.replaceTrack(track);
    await this.#bound();
  }

  async read(): Promise<Outbound> {
    return readOutbound(await this.#connection.getStats(), performance.now());
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#finish();
    for (const sender of this.#connection.getSenders()) void sender.replaceTrack(null).catch(() => undefined);
    // A connection that is closed before the goodbye arrives looks lost, and the server waits a minute for the next one.
    await Promise.race([this.#leave(), new Promise((resolve) => setTimeout(resolve, GOODBYE_WITHIN_MS))]);
    this.#connection.close();
  }

  drop(): void {
    if (this.#state === 'closed') return;
    this.#finish();
    this.#connection.close();
  }

  #finish(): void {
    this.#state = 'closed';
    this.#ended.abort();
    clearTimeout(this.#deadline);
  }

  #send(track: MediaStreamTrack): RTCRtpSender {
    if (track.kind === 'video') track.contentHint = this.#plan.contentHint;
    const transceiver = this.#connection.addTransceiver(track, { direction: 'sendonly', streams: [new MediaStream([track])] });
    const codecs = RTCRtpSender.getCapabilities(track.kind)?.codecs ?? [];
    if (track.kind === 'video' && 'setCodecPreferences' in transceiver && codecs.length > 0) transceiver.setCodecPreferences(h264First(codecs));
    return transceiver.sender;
  }

  /** The server's addresses are in its answer, and it finds this one by itself: no candidate has to be waited for. */
  async #open(): Promise<void> {
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    const offer = this.#connection.localDescription?.sdp ?? '';
    const answer = await offerTo(this.#url, offer, this.#ended.signal, this.#key);
    this.#sessionUrl = answer.sessionUrl;
    this.#offeredIceServers = answer.iceServers;
    if (this.#ended.signal.aborted) return;
    this.#events.answered();
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: wantingStereo(answer.sdp, AUDIO_KBPS) });
    await this.#bound();
  }

  async #bound(): Promise<void> {
    const parameters = this.#video.getParameters();
    // A picture of another size is another format: HLS breaks there, and the smaller renditions are started anew.
    parameters.degradationPreference = 'maintain-resolution';
    for (const encoding of parameters.encodings) {
      encoding.maxBitrate = this.#plan.maxKbps * 1000;
      encoding.maxFramerate = 30;
    }
    // A browser that knows no bound sends what the network carries.
    await this.#video.setParameters(parameters).catch(() => undefined);
  }

  #onConnectionState(): void {
    const { connectionState } = this.#connection;
    if (connectionState === 'failed' || connectionState === 'closed') this.#fail(new ConnectionFailed());
    if (connectionState === 'disconnected') this.#failWithin(LOST_AFTER_MS);
    if (connectionState !== 'connected') return;
    clearTimeout(this.#deadline);
    if (this.#state !== 'opening') return;
    this.#state = 'connected';
    this.#events.connected();
  }

  #failWithin(ms: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#fail(new ConnectionFailed()), ms);
  }

  #fail(error: unknown): void {
    if (this.#state === 'closed') return;
    this.drop();
    this.#events.failed(error);
  }

  async #leave(): Promise<void> {
    const url = this.#sessionUrl;
    this.#sessionUrl = undefined;
    if (url !== undefined) await endSession(url, this.#key);
  }
}
