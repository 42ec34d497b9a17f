import { MediaInvalid } from '../errors.js';
import { MediaMemory } from '../media-memory.js';

export interface FlvTag {
  type: number;
  timestampMs: number;
  body: Buffer;
}

const FILE_HEADER_BYTES = 13;
const TAG_HEADER_BYTES = 11;
const TRAILER_BYTES = 4;

/** Cuts a byte stream into FLV tags (Adobe FLV 10.1 §E.3). Bodies are never written to again. */
export class FlvReader {
  readonly #onTag: (tag: FlvTag) => void;
  readonly #maxTagBytes: number;
  readonly #memory = new MediaMemory();
  #state: 'file-header' | 'tag-header' | 'body' | 'trailer' = 'file-header';
  readonly #head = Buffer.alloc(FILE_HEADER_BYTES);
  #headBytes = 0;
  #tag: FlvTag | undefined;
  #bodyBytes = 0;

  constructor(options: { onTag: (tag: FlvTag) => void; maxTagBytes: number }) {
    this.#onTag = options.onTag;
    this.#maxTagBytes = options.maxTagBytes;
  }

  /** @throws {MediaInvalid} when the bytes are not FLV. */
  write(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#state === 'body') offset = this.#takeBody(chunk, offset);
      else offset = this.#takeHead(chunk, offset);
    }
  }

  #takeHead(chunk: Buffer, offset: number): number {
    const wanted = this.#state === 'file-header' ? FILE_HEADER_BYTES : this.#state === 'tag-header' ? TAG_HEADER_BYTES : TRAILER_BYTES;
    const taken = chunk.copy(this.#head, this.#headBytes, offset, offset + wanted - this.#headBytes);
    this.#headBytes += taken;
    if (this.#headBytes < wanted) return offset + taken;
    this.#headBytes = 0;
    if (this.#state === 'file-header') this.#startFile();
    else if (this.#state === 'tag-header') this.#startTag();
    else this.#state = 'tag-header';
    return offset + taken;
  }

  #startFile(): void {
    if (this.#head.toString('latin1', 0, 3) !== 'FLV') throw new MediaInvalid('stream does not start with an FLV header');
    this.#state = 'tag-header';
  }

  #startTag(): void {
    const sizeBytes = this.#head.readUIntBE(1, 3);
    if (sizeBytes > this.#maxTagBytes) throw new MediaInvalid(`FLV tag has ${sizeBytes} bytes; at most ${this.#maxTagBytes} are taken`);
    const timestampMs = this.#head.readUIntBE(4, 3) + this.#head.readUInt8(7) * 2 ** 24;
    const type = this.#head.readUInt8(0) & 31;
    this.#tag = { type, timestampMs, body: this.#memory.take(type, sizeBytes) };
    this.#bodyBytes = 0;
    this.#state = sizeBytes === 0 ? 'trailer' : 'body';
  }

  #takeBody(chunk: Buffer, offset: number): number {
    const tag = this.#tag;
    if (!tag) throw new MediaInvalid('FLV body without a tag');
    const taken = chunk.copy(tag.body, this.#bodyBytes, offset);
    this.#bodyBytes += taken;
    if (this.#bodyBytes === tag.body.length) {
      this.#state = 'trailer';
      this.#onTag(tag);
    }
    return offset + taken;
  }
}
