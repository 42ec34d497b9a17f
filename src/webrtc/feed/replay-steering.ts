import type { types } from 'mediasoup';
import type { Steering } from '../viewer.js';
import { LAYERS } from './video-sender.js';
import type { BookedReplay } from './video-sender.js';

export interface ReplaySteeringOptions {
  video: types.Consumer;
  /** Asks for the pictures since the last key frame once more; spare ones are for who has a picture already. */
  bookReplay: (options: { isSpare: boolean }) => BookedReplay | undefined;
  /** Whether there is a rung for a network that does not carry the main layer. */
  hasLowLayer: () => boolean;
}

/** A replay that was booked begins within this time, or not at all. */
const REPLAY_LIMIT_MS = 1_000;
/** Players ask for a key frame again and again until they have one. */
const REPLAY_INTERVAL_MS = 1_000;
/** mediasoup's score of a network, 0 to 10, from its receiver reports; below, the lower layer is sent. */
const POOR_SCORE = 6;
const GOOD_SCORE = 9;
const FIRST_RETURN_MS = 8_000;
const MAX_RETURN_MS = 120_000;

/** A viewer among the layers of a {@link VideoSender}: replays, and the lower layer when its network is poor. */
export class ReplaySteering implements Steering {
  readonly #options: ReplaySteeringOptions;
  readonly #video: types.Consumer;
  readonly #timers = new Set<NodeJS.Timeout>();
  #state: 'waiting' | 'flowing' | 'closed' = 'waiting';
  #preferred: number = LAYERS.main;
  #lastReplayMs = -Infinity;
  #returnMs = FIRST_RETURN_MS;
  #returnTimer: NodeJS.Timeout | undefined;
  #replayed: BookedReplay | undefined;

  constructor(options: ReplaySteeringOptions) {
    this.#options = options;
    this.#video = options.video;
    this.#follow(options.video);
  }

  begin(): void {
    this.#state = 'flowing';
    this.#replay({ isSpare: false });
  }

  close(): void {
    this.#state = 'closed';
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#returnTimer);
    this.#replayed?.leave();
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
    if (this.#state !== 'flowing' || this.#preferred !== LAYERS.main) return;
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
    if (this.#video.type !== 'simulcast') return;
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
