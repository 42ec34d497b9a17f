import type { Steering } from '../viewer.js';

/** What of a consumer is listened to, and asked for. */
export interface LayeredConsumer {
  readonly preferredLayers?: { spatialLayer: number } | undefined;
  on(event: 'score', listener: (score: { score: number }) => void): unknown;
  setPreferredLayers(layers: { spatialLayer: number }): Promise<void>;
}

/** mediasoup's score of a network, 0 to 10, from its receiver reports; below, the next lower layer is sent. */
const POOR_SCORE = 6;
const GOOD_SCORE = 9;
const FIRST_RETURN_MS = 8_000;
const MAX_RETURN_MS = 120_000;

/** Keeps a viewer who tells of nothing but losses on the layer that its network carries. */
export class LossSteering implements Steering {
  readonly #video: LayeredConsumer;
  readonly #top: number;
  #layer: number;
  #returnMs = FIRST_RETURN_MS;
  #returnTimer: NodeJS.Timeout | undefined;

  constructor(video: LayeredConsumer) {
    this.#video = video;
    this.#top = video.preferredLayers?.spatialLayer ?? 0;
    this.#layer = this.#top;
  }

  begin(): void {
    this.#video.on('score', ({ score }) => this.#judge(score));
  }

  close(): void {
    clearTimeout(this.#returnTimer);
  }

  #judge(score: number): void {
    if (score <= POOR_SCORE && this.#layer > 0) {
      this.#prefer(this.#layer - 1);
      this.#returnMs = Math.min(MAX_RETURN_MS, this.#returnMs * 2);
    } else if (score < GOOD_SCORE) {
      this.#restartReturn();
    }
  }

  #prefer(spatialLayer: number): void {
    this.#layer = spatialLayer;
    // It fails when the viewer is gone meanwhile.
    void this.#video.setPreferredLayers({ spatialLayer }).catch(() => undefined);
    this.#restartReturn();
  }

  /** One layer up after a while without loss; each time that did not last, later. */
  #restartReturn(): void {
    clearTimeout(this.#returnTimer);
    if (this.#layer >= this.#top) return;
    this.#returnTimer = setTimeout(() => this.#prefer(this.#layer + 1), this.#returnMs);
  }
}
