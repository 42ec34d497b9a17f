import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { LAYERS } from './feed/video-sender.js';
import type { BookedReplay } from './feed/video-sender.js';
import { unlessGone } from './unless-gone.js';

export interface ViewerEvents {
  /** Media flows. */
  connected: [];
  /** Something came from it since it was listened for the last time. */
  heard: [];
  /** It is over, and says why. */
  closed: [reason: string];
}

export interface ViewerOptions {
  transport: types.WebRtcTransport;
  consumers: types.Consumer[];
  /** Asks for the pictures since the last key frame once more; spare ones are for who has a picture already. */
  bookReplay: (options: { isSpare: boolean }) => BookedReplay | undefined;
  /** Whether there is a rung for a network that does not carry the main layer. */
  hasLowLayer: () => boolean;
}

const CONNECT_LIMIT_MS = 10_000;
/** Browsers report each second, and every player proves its consent each four to six (RFC 7675 §5.1), some of which is lost. */
const LISTEN_INTERVAL_MS = 2_000;
/** A viewer that is silent for this long is not counted; one that was killed is missed two seconds later at most. */
export const PRESENT_MS = 6_000;
const GONE_MS = 12_000;
/** A replay that was booked begins within this time, or not at all. */
const REPLAY_LIMIT_MS = 1_000;
/** Players ask for a key frame again and again until they have one. */
const REPLAY_INTERVAL_MS = 1_000;
/** mediasoup's score of a network, 0 to 10, from its receiver reports; below, the lower layer is sent. */
const POOR_SCORE = 6;
const GOOD_SCORE = 9;
const FIRST_RETURN_MS = 8_000;
const MAX_RETURN_MS = 120_000;

/** One viewer: a transport with what it consumes. */
export class Viewer extends EventEmitter<ViewerEvents> {
  readonly #options: ViewerOptions;
  readonly #video: types.Consumer | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
  #state: 'new' | 'connecting' | 'connected' | 'closed' = 'new';
  #preferred: number = LAYERS.main;
  #lastReplayMs = -Infinity;
  #returnMs = FIRST_RETURN_MS;
  #returnTimer: NodeJS.Timeout | undefined;
  #replayed: BookedReplay | undefined;
  #listening: NodeJS.Timeout | undefined;
  #receivedBytes = 0;
  #heardMs = 0;

  constructor(options: ViewerOptions) {
    super();
    this.#options = options;
    const { transport, consumers } = options;
    this.#video = consumers.find(({ kind }) => kind === 'video');
    transport.on('icestatechange', (state) => {
      if (state === 'disconnected') this.close('the network of the viewer is gone');
    });
    transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') void this.#begin();
      else if (state === 'failed' || state === 'closed') this.close('the connection of the viewer was closed');
    });
    transport.observer.on('close', () => this.close('the stream is over'));
    if (this.#video !== undefined) this.#follow(this.#video);
    this.#after(CONNECT_LIMIT_MS, () => {
      if (this.#state !== 'connected') this.close('the viewer did not connect in time');
    });
  }

  get iceParameters(): types.IceParameters {
    return this.#options.transport.iceParameters;
  }

  get iceCandidates(): types.IceCandidate[] {
    return this.#options.transport.iceCandidates;
  }

  get dtlsParameters(): types.DtlsParameters {
    return this.#options.transport.dtlsParameters;
  }

  get consumers(): { kind: 'video' | 'audio'; rtpParameters: types.RtpParameters }[] {
    return this.#options.consumers.map(({ kind, rtpParameters }) => ({ kind, rtpParameters }));
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  /** Whether it has connected, and something came from it lately. */
  get isPresent(): boolean {
    return this.isConnected && performance.now() - this.#heardMs <= PRESENT_MS;
  }

  /** The player's side of DTLS; media follows when it has connected. */
  async connect(dtlsParameters: types.DtlsParameters): Promise<void> {
    if (this.#state === 'new') this.#state = 'connecting';
    await unlessGone(this.#options.transport, () => this.#options.transport.connect({ dtlsParameters }));
  }

  restartIce(): Promise<types.IceParameters> {
    return unlessGone(this.#options.transport, () => this.#options.transport.restartIce());
  }

  close(reason = 'the viewer left'): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#returnTimer);
    clearInterval(this.#listening);
    this.#replayed?.leave();
    this.#options.transport.close();
    this.emit('closed', reason);
    this.removeAllListeners();
  }

  async #begin(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'connected';
    this.#heardMs = performance.now();
    this.#listening = setInterval(() => void this.#quietly(this.#listen()), LISTEN_INTERVAL_MS);
    this.emit('connected');
    await this.#quietly(Promise.all(this.#options.consumers.map((consumer) => consumer.resume())));
    this.#replay({ isSpare: false });
  }

  async #listen(): Promise<void> {
    const stats = await this.#options.transport.getStats();
    if (this.#state === 'closed') return;
    const receivedBytes = stats.reduce((sum, one) => sum + one.bytesReceived, 0);
    const nowMs = performance.now();
    if (receivedBytes === this.#receivedBytes) {
      if (nowMs - this.#heardMs >= GONE_MS) this.close('nothing came from the viewer any more');
      return;
    }
    this.#receivedBytes = receivedBytes;
    this.#heardMs = nowMs;
    this.emit('heard');
  }

  #follow(video: types.Consumer): void {
    video.on('layerschange', (layers) => {
      // What was missed is on its way; with the next key frame it goes on with the layer that lasts.
      if (layers === undefined) return;
      if (isReplay(layers.spatialLayer)) this.#prefer(this.#preferred);
      else this.#leaveReplay();
    });
    video.on('score', ({ score }) => this.#judge(score));
    video.on('trace', ({ type }) => {
      if (type === 'pli' || type === 'fir') this.#replay({ isSpare: true });
    });
    void this.#quietly(video.enableTraceEvent(['pli', 'fir']));
  }

  /** Not for who was sent down: its network does not carry what the main layer missed. */
  #replay(options: { isSpare: boolean }): void {
    const nowMs = performance.now();
    if (this.#video === undefined || this.#state !== 'connected' || this.#preferred !== LAYERS.main) return;
    if (nowMs - this.#lastReplayMs < REPLAY_INTERVAL_MS) return;
    this.#leaveReplay();
    this.#replayed = this.#options.bookReplay(options);
    if (this.#replayed === undefined) return;
    this.#lastReplayMs = nowMs;
    this.#prefer(this.#replayed.layer);
    this.#after(REPLAY_LIMIT_MS, () => this.#prefer(this.#preferred));
  }

  #leaveReplay(): void {
    this.#replayed?.leave();
    this.#replayed = undefined;
  }

  #judge(score: number): void {
    if (score <= POOR_SCORE && this.#preferred === LAYERS.main && this.#options.hasLowLayer()) this.#goDown();
    else if (score < GOOD_SCORE) this.#restartReturn();
  }

  #goDown(): void {
    this.#preferred = LAYERS.low;
    this.#prefer(LAYERS.low);
    this.#restartReturn();
    this.#returnMs = Math.min(MAX_RETURN_MS, this.#returnMs * 2);
  }

  /** Back to the main layer after a while without loss; each time that did not last, later. */
  #restartReturn(): void {
    if (this.#preferred === LAYERS.main) return;
    clearTimeout(this.#returnTimer);
    this.#returnTimer = setTimeout(() => {
      this.#preferred = LAYERS.main;
      this.#prefer(LAYERS.main);
    }, this.#returnMs);
  }

  #prefer(spatialLayer: number): void {
    if (this.#video === undefined || this.#video.type !== 'simulcast') return;
    void this.#quietly(this.#video.setPreferredLayers({ spatialLayer }));
  }

  /** A request to a worker fails when the viewer, or the worker, is gone meanwhile: then there is nothing to do. */
  async #quietly(work: Promise<unknown>): Promise<void> {
    await work.catch(() => undefined);
  }

  #after(delayMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    this.#timers.add(timer);
  }
}

function isReplay(layer: number): boolean {
  return layer >= LAYERS.firstReplay && layer < LAYERS.main;
}
