import type { types } from 'mediasoup';
import { TopLayer } from './top-layer.js';

export interface LayeredPictureOptions {
  producer: types.Producer;
  /** Brings one layer into this process; paused until the largest is known. */
  consumer: types.Consumer;
  /** The largest layer is known, and asked for. */
  onSettled: () => void;
  /** Something came, of whichever layer. @param sizeBytes since the last time. */
  onBytes: (sizeBytes: number) => void;
}

/** A picture that comes in layers: keeps to the largest that comes steadily. */
export class LayeredPicture {
  readonly #options: LayeredPictureOptions;
  readonly #rids: readonly string[];
  readonly #top: TopLayer;
  #totalBytes = 0;
  #asked: number | undefined;
  #referenceSsrc: number | undefined;

  constructor(options: LayeredPictureOptions) {
    this.#options = options;
    this.#rids = (options.producer.rtpParameters.encodings ?? []).flatMap(({ rid }) => rid ?? []);
    this.#top = new TopLayer(this.#rids.length);
  }

  /** The layers from the smallest to the largest, as their places in the offer. */
  get order(): readonly number[] | undefined {
    return this.#top.order;
  }

  /** Each layer has a clock of its own, and mediasoup brings all to that of the first one. */
  isReference(ssrc: number): boolean {
    return ssrc === this.#referenceSsrc;
  }

  /** To be called twice a second. */
  async look(nowMs: number): Promise<void> {
    const { producer, onBytes } = this.#options;
    const stats = await producer.getStats();
    const streams = this.#rids.map((rid) => stats.find((one) => one.type === 'inbound-rtp' && one.rid === rid));
    const totals = streams.map((stream) => stream?.byteCount ?? 0);
    const totalBytes = totals.reduce((sum, bytes) => sum + bytes, 0);
    if (totalBytes > this.#totalBytes) onBytes(totalBytes - this.#totalBytes);
    this.#totalBytes = totalBytes;
    this.#top.look(totals, nowMs);
    await this.#ask(streams.map((stream) => stream?.ssrc));
  }

  async #ask(ssrcs: (number | undefined)[]): Promise<void> {
    const { consumer, onSettled } = this.#options;
    const { preferred } = this.#top;
    if (preferred === undefined || preferred === this.#asked) return;
    const isFirst = this.#asked === undefined;
    this.#asked = preferred;
    this.#referenceSsrc ??= ssrcs[preferred];
    await consumer.setPreferredLayers({ spatialLayer: preferred });
    if (isFirst) onSettled();
  }
}
