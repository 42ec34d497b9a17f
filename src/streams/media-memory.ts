const SLAB_BYTES = 262_144;
/** What is larger gets memory of its own: at most a quarter of a slab is left unused at its end. */
const MAX_CARVED_BYTES = SLAB_BYTES / 4;

interface Slab {
  bytes: Buffer;
  usedBytes: number;
}

/**
 * Memory for the bodies of one source, carved from slabs one after the other. A body is never reused; a slab is freed
 * when nothing refers to its bodies any more. Sound and pictures have slabs of their own: where only sound is kept,
 * each body would keep a slab full of pictures. Each piece of memory that JavaScript refers to brings the next garbage
 * collection nearer, whatever its size: one for each body costs more than everything else that is done with it.
 */
export class MediaMemory {
  readonly #slabs = new Map<number, Slab>();

  /**
   * Memory for one body; its content is arbitrary.
   * @param type FLV tag or RTMP message type; bodies of different types never share a slab.
   */
  take(type: number, sizeBytes: number): Buffer {
    if (sizeBytes > MAX_CARVED_BYTES) return Buffer.allocUnsafeSlow(sizeBytes);
    const slab = this.#slabFor(type, sizeBytes);
    const start = slab.usedBytes;
    slab.usedBytes += sizeBytes;
    return slab.bytes.subarray(start, slab.usedBytes);
  }

  #slabFor(type: number, sizeBytes: number): Slab {
    const open = this.#slabs.get(type);
    if (open !== undefined && open.usedBytes + sizeBytes <= SLAB_BYTES) return open;
    const slab = { bytes: Buffer.allocUnsafeSlow(SLAB_BYTES), usedBytes: 0 };
    this.#slabs.set(type, slab);
    return slab;
  }
}
