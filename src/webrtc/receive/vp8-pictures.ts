import { MediaInvalid, parseVp8KeyFrame } from '../../streams/index.js';
import type { Picture, PictureReader } from './picture-assembly.js';

const EXTENDED = 0x80;
const START = 0x10;
const HAS_PICTURE_ID = 0x80;
const HAS_LAYER_INDEX = 0x40;
const HAS_LAYER = 0x30;
const LONG_ID = 0x80;

/** VP8 from RTP (RFC 7741 §4.2): what follows the descriptors, one after the other. */
export class Vp8Pictures implements PictureReader {
  #pieces: Buffer[] = [];

  add(payload: Buffer): void {
    const isStart = (payload.readUInt8(0) & START) !== 0 && (payload.readUInt8(0) & 7) === 0;
    if (isStart !== (this.#pieces.length === 0)) throw new MediaInvalid('VP8 picture does not begin with its first packet');
    this.#pieces.push(payload.subarray(descriptorBytes(payload)));
  }

  finish(): Picture | undefined {
    const payload = Buffer.concat(this.#pieces);
    if (payload.length === 0) return undefined;
    const isKey = (payload.readUInt8(0) & 1) === 0;
    return { isKey, payload, config: isKey ? parseVp8KeyFrame(payload) : undefined };
  }

  clear(): void {
    this.#pieces = [];
  }
}

function descriptorBytes(payload: Buffer): number {
  if ((payload.readUInt8(0) & EXTENDED) === 0) return 1;
  const flags = payload[1] ?? 0;
  const idBytes = (flags & HAS_PICTURE_ID) === 0 ? 0 : ((payload[2] ?? 0) & LONG_ID) === 0 ? 1 : 2;
  const bytes = 2 + idBytes + (flags & HAS_LAYER_INDEX ? 1 : 0) + (flags & HAS_LAYER ? 1 : 0);
  if (bytes > payload.length) throw new MediaInvalid('VP8 payload ends inside its descriptor');
  return bytes;
}
