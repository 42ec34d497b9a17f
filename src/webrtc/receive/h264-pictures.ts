import type { VideoConfig } from '../../streams/index.js';
import { MediaInvalid, parseAvcConfig } from '../../streams/index.js';
import type { Picture, PictureReader } from './picture-assembly.js';

const NAL = { idr: 5, sps: 7, pps: 8, delimiter: 9, filler: 12, lastPlain: 23 } as const;
const STAP_A = 24;
const FU_A = 28;
const FU_START = 0x80;
const FU_END = 0x40;
/** A sample has none of them: its configuration carries the parameter sets. */
const LEFT_OUT: ReadonlySet<number> = new Set([NAL.sps, NAL.pps, NAL.delimiter, NAL.filler]);
const MAX_UNITS = 1_024;
/** Of one kind, in one picture. */
const MAX_SETS = 16;
const LENGTH_BYTES = 4;
const HIGH = 100;
/** What follows the sets of a High record: 4:2:0, 8 bits for luma and chroma, no extensions. */
const HIGH_TAIL = Buffer.from([0xfd, 0xf8, 0xf8, 0]);

/** H.264 from RTP: single NAL units, STAP-A and FU-A (RFC 6184 §5.6 to §5.8, packetization modes 0 and 1). */
export class H264Pictures implements PictureReader {
  #units: Buffer[] = [];
  #fragments: Buffer[] | undefined;
  #sets: { sps: Buffer[]; pps: Buffer[] } = { sps: [], pps: [] };
  #config: VideoConfig | undefined;

  add(payload: Buffer): void {
    const type = typeOf(payload);
    if (type === FU_A) return this.#addFragment(payload);
    this.#refuseOpenFragment();
    if (type === STAP_A) return this.#addAggregate(payload);
    if (type === 0 || type > NAL.lastPlain) throw new MediaInvalid(`H.264 payload has type ${type}, which packetization modes 0 and 1 do not have`);
    this.#addUnit(payload);
  }

  finish(): Picture | undefined {
    this.#refuseOpenFragment();
    this.#takeSets();
    const units = this.#units.filter((unit) => !LEFT_OUT.has(typeOf(unit)));
    const isKey = units.some((unit) => typeOf(unit) === NAL.idr);
    if (!units.some((unit) => typeOf(unit) <= NAL.idr)) return undefined;
    return { isKey, payload: joinUnits(units), config: isKey ? this.#config : undefined };
  }

  clear(): void {
    this.#units = [];
    this.#fragments = undefined;
  }

  #addUnit(unit: Buffer): void {
    if (this.#units.length >= MAX_UNITS) throw new MediaInvalid(`a picture has more than ${MAX_UNITS} NAL units`);
    if (unit.length > 0) this.#units.push(unit);
  }

  #addAggregate(payload: Buffer): void {
    for (let offset = 1; offset < payload.length;) {
      const end = offset + 2 <= payload.length ? offset + 2 + payload.readUInt16BE(offset) : Infinity;
      if (end > payload.length) throw new MediaInvalid('aggregated NAL unit is longer than its packet');
      this.#addUnit(payload.subarray(offset + 2, end));
      offset = end;
    }
  }

  #addFragment(payload: Buffer): void {
    if (payload.length < 3) throw new MediaInvalid('fragment of a NAL unit is empty');
    const position = payload.readUInt8(1);
    if (position & FU_START) {
      this.#refuseOpenFragment();
      this.#fragments = [Buffer.from([(payload.readUInt8(0) & 0xe0) | (position & 31)])];
    }
    if (this.#fragments === undefined) throw new MediaInvalid('NAL unit begins in the middle');
    this.#fragments.push(payload.subarray(2));
    if ((position & FU_END) === 0) return;
    this.#addUnit(Buffer.concat(this.#fragments));
    this.#fragments = undefined;
  }

  #refuseOpenFragment(): void {
    if (this.#fragments !== undefined) throw new MediaInvalid('NAL unit has no end');
  }

  /** They come before each key frame, or once. */
  #takeSets(): void {
    const [sps, pps] = [NAL.sps, NAL.pps].map((type) => setsOf(this.#units, type));
    const next = { sps: sps?.length ? sps : this.#sets.sps, pps: pps?.length ? pps : this.#sets.pps };
    if (next.sps.length === 0 || next.pps.length === 0 || (areSame(next.sps, this.#sets.sps) && areSame(next.pps, this.#sets.pps))) {
      this.#sets = next;
      return;
    }
    this.#config = parseAvcConfig(avcRecord(next.sps, next.pps));
    this.#sets = next;
  }
}

/** An AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1) for lengths of four bytes. */
function avcRecord(sps: Buffer[], pps: Buffer[]): Buffer {
  const first = sps[0] ?? Buffer.alloc(0);
  if (first.length < LENGTH_BYTES) throw new MediaInvalid('H.264 sequence parameter set is cut short');
  const profile = first.readUInt8(1);
  return Buffer.concat([
    Buffer.from([1]), first.subarray(1, 4), Buffer.from([0xff, 0xe0 | (sps.length & 31)]), ...sps.flatMap(withLength),
    Buffer.from([pps.length & 0xff]), ...pps.flatMap(withLength),
    ...(profile === HIGH ? [HIGH_TAIL] : []),
  ]);
}

function withLength(set: Buffer): Buffer[] {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(set.length & 0xffff);
  return [length, set];
}

function joinUnits(units: Buffer[]): Buffer {
  return Buffer.concat(units.flatMap((unit) => {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(unit.length);
    return [length, unit];
  }));
}

function typeOf(unit: Buffer): number {
  return unit.readUInt8(0) & 31;
}

function setsOf(units: Buffer[], type: number): Buffer[] {
  const sets = units.filter((unit) => typeOf(unit) === type);
  if (sets.length > MAX_SETS) throw new MediaInvalid(`a picture has ${sets.length} H.264 parameter sets of a kind; at most ${MAX_SETS} are taken`);
  return distinct(sets);
}

function distinct(sets: Buffer[]): Buffer[] {
  return sets.filter((set, i) => sets.findIndex((other) => other.equals(set)) === i);
}

function areSame(some: Buffer[], others: Buffer[]): boolean {
  return some.length === others.length && some.every((set, i) => others[i]?.equals(set));
}
