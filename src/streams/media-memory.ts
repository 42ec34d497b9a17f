const SLAB_BYTES = 262_144;
/** What is larger gets memory of its own: at most a quarter of a slab is left unused at its end. */
const MAX_CARVED_BYTES = SLAB_BYTES / 4;

/**
 * Memory for the bodies of one source, carved from slabs one after the other. A body is never reused; a slab is freed
 * when nothing refers to its bodies any more. Each piece of memory that JavaScript refers to brings the next garbage
 * collection nearer, whatever its size: one for each body costs more than everything else that is done with it.
 */
export class MediaMemory {
  #slab: Buffer | undefined;
  #usedBytes = 0;

  /** Memory for one body; its content is arbitrary. */
  take(sizeBytes: number): Buffer {
    if (sizeBytes > MAX_CARVED_BYTES) return Buffer.allocUnsafeSlow(sizeBytes);
    if (this.#slab === undefined || this.#usedBytes + sizeBytes > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#usedBytes = 0;
    }
    const start = this.#usedBytes;
    this.#usedBytes += sizeBytes;
    return this.#slab.subarray(start, this.#usedBytes);
  }
}
