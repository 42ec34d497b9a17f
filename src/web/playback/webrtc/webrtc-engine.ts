import type { Clock, Engine, EngineFigures } from '../engine.js';
import { lossShare } from './health.js';
import { rtpAgeSec } from './rtp-time.js';
import type { WebRtcSession } from './webrtc-session.js';

/** Weight of the newest picture's delay. */
const NEWEST = 0.1;

/** Shows what a WebRTC session receives. The server chooses the quality; the session's owner watches over it. */
export class WebRtcEngine implements Engine {
  readonly protocol = 'WebRTC';
  readonly renditions = [];
  readonly activeLevel = undefined;
  readonly latencies = undefined;
  readonly unplayable: string[] = [];
  readonly isHolding = false;
  readonly liveWithinSec = 12;
  readonly behindSec = undefined;
  readonly #video: HTMLVideoElement;
  readonly #session: WebRtcSession;
  readonly #clock: Clock;
  #frameRequest = 0;
  #latencySec: number | undefined;

  constructor(options: { video: HTMLVideoElement; session: WebRtcSession; clock: Clock }) {
    this.#video = options.video;
    this.#session = options.session;
    this.#clock = options.clock;
    // media-chrome then knows the picture as live, without a place to seek to.
    Reflect.set(this.#video, 'liveEdgeStart', 0);
    if ('requestVideoFrameCallback' in this.#video) this.#watchFrames();
  }

  get figures(): EngineFigures {
    const { before, now } = this.#session.inbounds ?? {};
    if (!before || !now) return { ...NOTHING_RECEIVED, latencySec: this.#delaySec };
    const frames = now.bufferedFrames - before.bufferedFrames;
    return {
      ...NOTHING_RECEIVED,
      latencySec: this.#delaySec,
      levelKbps: ((now.bytes - before.bytes) * 8) / (now.atMs - before.atMs),
      codecs: now.codecs,
      fps: now.fps,
      lossShare: lossShare(before, now),
      jitterBufferSec: frames > 0 ? (now.bufferedSec - before.bufferedSec) / frames : undefined,
    };
  }

  get dateMs(): number | undefined {
    const nowMs = this.#clock.nowMs;
    return nowMs === undefined ? undefined : nowMs - (this.#delaySec ?? 0) * 1000;
  }

  /** Whether this is the engine of that session. */
  plays(session: WebRtcSession): boolean {
    return session === this.#session;
  }

  /** Puts the picture on an element where something else played. */
  show(): void {
    this.#video.srcObject = this.#session.stream;
  }

  choose(): void {
    // The server alone chooses.
  }

  setLatency(): void {
    // There is no nearer than this.
  }

  setSupply(): void {
    // The picture stands still until there is a new one.
  }

  drop(): void {
    // The server sends another rendition by itself.
  }

  goLive(): void {
    // It plays nothing else.
  }

  placeOf(): undefined {
    // There is no playlist to ask.
  }

  resume(): void {
    // The session's owner opens another one.
  }

  recover(): void {
    // The browser asks for a key frame by itself.
  }

  close(): void {
    if ('cancelVideoFrameCallback' in this.#video) this.#video.cancelVideoFrameCallback(this.#frameRequest);
    Reflect.deleteProperty(this.#video, 'liveEdgeStart');
    this.#video.srcObject = null;
  }

  /** From the frames themselves, else from what the receiver says plays now. Stamps of a publisher's own clock tell nothing. */
  get #delaySec(): number | undefined {
    return this.#latencySec ?? this.#stampedSec ?? this.#session.inbounds?.now.delaySec;
  }

  get #stampedSec(): number | undefined {
    const { rtpTimestamp } = this.#session;
    const nowMs = this.#clock.nowMs;
    return rtpTimestamp === undefined || nowMs === undefined ? undefined : rtpAgeSec(rtpTimestamp, nowMs);
  }

  #watchFrames(): void {
    this.#frameRequest = this.#video.requestVideoFrameCallback((_nowMs, { rtpTimestamp, expectedDisplayTime }) => {
      this.#measure(rtpTimestamp, expectedDisplayTime - performance.now());
      this.#watchFrames();
    });
  }

  /** A picture is given here; it is seen `untilSeenMs` later. */
  #measure(rtpTimestamp: number | undefined, untilSeenMs: number): void {
    const nowMs = this.#clock.nowMs;
    if (rtpTimestamp === undefined || nowMs === undefined) return;
    const ageSec = rtpAgeSec(rtpTimestamp, nowMs + untilSeenMs);
    this.#latencySec = ageSec === undefined || this.#latencySec === undefined ? ageSec : this.#latencySec + (ageSec - this.#latencySec) * NEWEST;
  }
}

const NOTHING_RECEIVED: EngineFigures = {
  latencySec: undefined, targetSec: undefined, bandwidthKbps: undefined, levelKbps: undefined, codecs: undefined,
};
