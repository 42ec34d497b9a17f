const FILE_HEADER_BYTES = 13;
const TAG_HEADER_BYTES = 11;
const TRAILER_BYTES = 4;
const VIDEO = 9;
const CODED_FRAMES = 1;
/** Frame type and codec, packet type, composition time. */
const AVC_HEADER_BYTES = 5;

export interface FlvFrame {
  /** Coded, headers of FLV left out. */
  sizeBytes: number;
  ptsMs: number;
}

/** Finds the coded pictures in an FLV stream as it comes. */
export class FlvFrames {
  readonly #onFrame: (frame: FlvFrame) => void;
  #waiting: Buffer = Buffer.alloc(0);
  #hasHeader = false;

  /** @param onFrame called with each coded picture, in the order of decoding. */
  constructor(onFrame: (frame: FlvFrame) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    this.#waiting = Buffer.concat([this.#waiting, chunk]);
    if (!this.#hasHeader) {
      if (this.#waiting.length < FILE_HEADER_BYTES) return;
      this.#hasHeader = true;
      this.#waiting = this.#waiting.subarray(FILE_HEADER_BYTES);
    }
    while (this.#takeTag());
  }

  #takeTag(): boolean {
    if (this.#waiting.length < TAG_HEADER_BYTES) return false;
    const sizeBytes = this.#waiting.readUIntBE(1, 3);
    const wholeBytes = TAG_HEADER_BYTES + sizeBytes + TRAILER_BYTES;
    if (this.#waiting.length < wholeBytes) return false;
    const isFrame = this.#waiting[0] === VIDEO && this.#waiting[TAG_HEADER_BYTES + 1] === CODED_FRAMES;
    if (isFrame) this.#onFrame({ sizeBytes: sizeBytes - AVC_HEADER_BYTES, ptsMs: this.#decodeMs() + this.#waiting.readIntBE(TAG_HEADER_BYTES + 2, 3) });
    this.#waiting = this.#waiting.subarray(wholeBytes);
    return true;
  }

  /** The timestamp of a tag: 24 bits, and 8 more above them. */
  #decodeMs(): number {
    return this.#waiting.readUIntBE(4, 3) + this.#waiting.readUInt8(7) * 2 ** 24;
  }
}
