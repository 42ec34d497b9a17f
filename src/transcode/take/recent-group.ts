import type { Frame } from '../../streams/index.js';

const MAX_BYTES = 32 << 20;

/** The pictures since the last key frame, for a decoder that has to start in between; none where they are too many. */
export class RecentGroup {
  #frames: Frame[] = [];
  #sizeBytes = 0;

  get frames(): Frame[] {
    return this.#frames;
  }

  add(frame: Frame): void {
    if (frame.isKey) this.clear();
    if (this.#frames.length === 0 && !frame.isKey) return;
    this.#frames.push(frame);
    this.#sizeBytes += frame.payload.length;
    if (this.#sizeBytes > MAX_BYTES) this.clear();
  }

  clear(): void {
    this.#frames = [];
    this.#sizeBytes = 0;
  }
}

/** From the newest key frame on; of sound alone, the newest frame. */
export function fromLastKey(frames: Frame[]): Frame[] {
  const key = frames.findLastIndex(({ kind, isKey }) => kind === 'video' && isKey);
  return frames.slice(key === -1 ? -1 : key);
}
