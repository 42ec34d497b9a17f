import { AppError } from '../../platform/index.js';

/** Not what an Ogg muxer writes. */
export class OggInvalid extends AppError {
  constructor(problem: string) {
    super('ogg_invalid', problem, { expose: false });
  }
}

const CAPTURE = Buffer.from('OggS');
const HEADER_BYTES = 27;
const CONTINUED = 1;
/** A lacing value that says the packet goes on. */
const FULL_SEGMENT = 255;
const MAX_PAGE_BYTES = HEADER_BYTES + 255 + 255 * 255;

/** Takes packets out of an Ogg stream (RFC 3533) of one track as its bytes arrive. */
export class OggReader {
  readonly #onPacket: (packet: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #open: Buffer[] = [];

  constructor(options: { onPacket: (packet: Buffer) => void }) {
    this.#onPacket = options.onPacket;
  }

  /** @throws {OggInvalid} when a page does not begin where it should. */
  write(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let length = this.#pageBytes(); length !== undefined && length <= this.#rest.length; length = this.#pageBytes()) {
      this.#takePage(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
    }
    if (this.#rest.length > MAX_PAGE_BYTES) throw new OggInvalid('a page is longer than pages can be');
  }

  /** Of the page that begins here; undefined until its header is there. */
  #pageBytes(): number | undefined {
    if (this.#rest.length < HEADER_BYTES) return undefined;
    if (!this.#rest.subarray(0, 4).equals(CAPTURE)) throw new OggInvalid('no page begins here');
    const segments = this.#rest.readUInt8(26);
    if (this.#rest.length < HEADER_BYTES + segments) return undefined;
    const lacing = this.#rest.subarray(HEADER_BYTES, HEADER_BYTES + segments);
    return HEADER_BYTES + segments + lacing.reduce((sum, value) => sum + value, 0);
  }

  #takePage(page: Buffer): void {
    const segments = page.readUInt8(26);
    if ((page.readUInt8(5) & CONTINUED) === 0) this.#open = [];
    let offset = HEADER_BYTES + segments;
    for (const value of page.subarray(HEADER_BYTES, offset)) {
      this.#open.push(page.subarray(offset, offset + value));
      offset += value;
      if (value < FULL_SEGMENT) this.#finishPacket();
    }
  }

  #finishPacket(): void {
    const packet = this.#open.length === 1 ? this.#open[0] : Buffer.concat(this.#open);
    this.#open = [];
    if (packet !== undefined) this.#onPacket(packet);
  }
}
