import type { Frame } from '../../streams/index.js';

/** Longer groups are not sent again: who joins waits for the next key frame instead. */
const MAX_BYTES = 6 << 20;
const MAX_FRAMES = 1_200;

/** The pictures of a rendition since its last key frame, for who joins between two. */
export class KeyGroup {
  #frames: Frame[] = [];
  #sizeBytes = 0;

  /** From a key frame on, unless it has become too large to be of use. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  add(frame: Frame): void {
    if (frame.isKey) this.clear();
    else if (this.#frames.length === 0) return;
    this.#frames.push(frame);
    this.#sizeBytes += frame.payload.length;
    if (this.#sizeBytes > MAX_BYTES || this.#frames.length > MAX_FRAMES) this.clear();
  }

  clear(): void {
    this.#frames = [];
    this.#sizeBytes = 0;
  }
}
