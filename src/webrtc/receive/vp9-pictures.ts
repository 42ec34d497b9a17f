import { MediaInvalid, parseVp9KeyFrame } from '../../streams/index.js';
import type { Picture, PictureReader } from './picture-assembly.js';

const FLAG = { pictureId: 0x80, predicted: 0x40, layer: 0x20, flexible: 0x10, start: 0x08, structure: 0x02 } as const;
const LONG_ID = 0x80;
const MAX_REFERENCES = 3;

/** VP9 from RTP (RFC 9628 §4.2). Of spatial layers the lowest is taken: a decoder is given one picture at a time. */
export class Vp9Pictures implements PictureReader {
  #pieces: Buffer[] = [];
  #isPredicted = false;

  add(payload: Buffer): void {
    const { length, spatialLayer } = readDescriptor(payload);
    if (spatialLayer > 0) return;
    const flags = payload.readUInt8(0);
    if (((flags & FLAG.start) !== 0) !== (this.#pieces.length === 0)) throw new MediaInvalid('VP9 picture does not begin with its first packet');
    this.#isPredicted = (flags & FLAG.predicted) !== 0;
    this.#pieces.push(payload.subarray(length));
  }

  finish(): Picture | undefined {
    const payload = Buffer.concat(this.#pieces);
    if (payload.length === 0) return undefined;
    const config = this.#isPredicted ? undefined : parseVp9KeyFrame(payload);
    return { isKey: config !== undefined, payload, config };
  }

  clear(): void {
    this.#pieces = [];
  }
}

function readDescriptor(payload: Buffer): { length: number; spatialLayer: number } {
  const flags = payload.readUInt8(0);
  let at = 1;
  const next = (): number => {
    const byte = payload[at++];
    if (byte === undefined) throw new MediaInvalid('VP9 payload ends inside its descriptor');
    return byte;
  };
  if (flags & FLAG.pictureId && next() & LONG_ID) next();
  const layer = flags & FLAG.layer ? next() : 0;
  if (flags & FLAG.layer && (flags & FLAG.flexible) === 0) next(); // TL0PICIDX
  if (flags & FLAG.flexible && flags & FLAG.predicted) for (let i = 0; i < MAX_REFERENCES && next() & 1; i++);
  if (flags & FLAG.structure) at = structureEnd(next, () => at);
  if (at > payload.length) throw new MediaInvalid('VP9 payload ends inside its descriptor');
  return { length: at, spatialLayer: (layer >> 1) & 7 };
}

/** Behind the scalability structure (§4.2.1), of which nothing is needed. */
function structureEnd(next: () => number, at: () => number): number {
  const flags = next();
  if (flags & 0x10) for (let i = 0; i < ((flags >> 5) + 1) * 4; i++) next(); // widths and heights
  const pictures = flags & 0x08 ? next() : 0;
  for (let i = 0; i < pictures; i++) {
    for (let references = (next() >> 2) & 3; references > 0; references--) next();
  }
  return at();
}
