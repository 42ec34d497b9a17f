import type { VideoConfig } from '../../streams/index.js';
import { MediaInvalid, parseAv1Config } from '../../streams/index.js';
import type { Picture, PictureReader } from './picture-assembly.js';

const CONTINUES = 0x80;
const GOES_ON = 0x40;
const SEQUENCE_HEADER = 1;
const TEMPORAL_DELIMITER = 2;
const TILE_LIST = 8;
const PADDING = 15;
const LEFT_OUT: ReadonlySet<number> = new Set([TEMPORAL_DELIMITER, TILE_LIST, PADDING]);
const HAS_SIZE = 2;
const HAS_EXTENSION = 4;
const MAX_UNITS = 4_096;
const MAX_SIZE_BYTES = 8;
/** Version 1; profile, level and colours are read from the sequence header, which follows. */
const RECORD_START = Buffer.from([0x81, 0, 0, 0]);

/** AV1 from RTP ("RTP Payload Format For AV1" §4): units with their sizes, as a sample has them. */
export class Av1Pictures implements PictureReader {
  #units: Buffer[] = [];
  #open: Buffer[] | undefined;
  #sequenceHeader: Buffer | undefined;
  #config: VideoConfig | undefined;

  add(payload: Buffer): void {
    const header = payload.readUInt8(0);
    const elements = readElements(payload.subarray(1), (header >> 4) & 3);
    if (((header & CONTINUES) !== 0) !== (this.#open !== undefined)) throw new MediaInvalid('AV1 unit begins or ends in the middle');
    elements.forEach((element, i) => {
      const isOpen = (header & GOES_ON) !== 0 && i === elements.length - 1;
      this.#addElement(element, isOpen);
    });
  }

  finish(): Picture | undefined {
    if (this.#open !== undefined) throw new MediaInvalid('AV1 unit has no end');
    const units = this.#units.filter((unit) => !LEFT_OUT.has(typeOf(unit))).map(withSize);
    const header = units.find((unit) => typeOf(unit) === SEQUENCE_HEADER);
    if (header !== undefined) this.#takeHeader(header);
    if (units.every((unit) => typeOf(unit) === SEQUENCE_HEADER)) return undefined;
    // A sequence header comes with each key frame, and nowhere else.
    const isKey = header !== undefined;
    return { isKey, payload: Buffer.concat(units), config: isKey ? this.#config : undefined };
  }

  clear(): void {
    this.#units = [];
    this.#open = undefined;
  }

  #addElement(element: Buffer, isOpen: boolean): void {
    this.#open = [...(this.#open ?? []), element];
    if (isOpen) return;
    const unit = Buffer.concat(this.#open);
    this.#open = undefined;
    if (this.#units.length >= MAX_UNITS) throw new MediaInvalid(`a picture has more than ${MAX_UNITS} AV1 units`);
    if (unit.length > 0) this.#units.push(unit);
  }

  #takeHeader(header: Buffer): void {
    if (this.#sequenceHeader?.equals(header)) return;
    this.#config = parseAv1Config(Buffer.concat([RECORD_START, header]));
    this.#sequenceHeader = header;
  }
}

/** @param count as the aggregation header says; 0: each has its size before it. */
function readElements(bytes: Buffer, count: number): Buffer[] {
  const elements: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const isLast = count > 0 && elements.length === count - 1;
    const { value, end } = isLast ? { value: bytes.length - offset, end: offset } : readLeb128(bytes, offset);
    if (end + value > bytes.length) throw new MediaInvalid('AV1 element is longer than its packet');
    elements.push(bytes.subarray(end, end + value));
    offset = end + value;
  }
  return elements;
}

function readLeb128(bytes: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < MAX_SIZE_BYTES; i++) {
    const byte = bytes[start + i] ?? 0x80;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if ((byte & 0x80) === 0) return { value, end: start + i + 1 };
  }
  throw new MediaInvalid('AV1 element ends inside its size');
}

function leb128(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** RTP leaves sizes out; a sample needs them. */
function withSize(unit: Buffer): Buffer {
  const header = unit.readUInt8(0);
  if (header & HAS_SIZE) return unit;
  const headerBytes = header & HAS_EXTENSION ? 2 : 1;
  const body = unit.subarray(headerBytes);
  return Buffer.concat([Buffer.from([header | HAS_SIZE]), unit.subarray(1, headerBytes), leb128(body.length), body]);
}

function typeOf(unit: Buffer): number {
  return (unit.readUInt8(0) >> 3) & 15;
}
