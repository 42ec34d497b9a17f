import { MediaInvalid } from '../errors.js';
import type { VideoConfig } from '../media.js';
import { parseAv1SequenceHeader } from './av1-sequence.js';
import { joinPieces } from './pieces.js';
import type { Piece } from './pieces.js';

const MAX_RECORD_BYTES = 4096;
const RECORD_HEADER_BYTES = 4;
/** Marker bit and version 1. */
const RECORD_START = 0x81;
const SEQUENCE_HEADER = 1;
const TEMPORAL_DELIMITER = 2;
const PADDING = 15;
const MAX_SIZE_BYTES = 8;

/** An open bitstream unit (AV1 §5.3) inside a buffer. */
interface Obu extends Piece {
  type: number;
  payloadStart: number;
}

/**
 * Reads an AV1CodecConfigurationRecord (AV1 in ISOBMFF §2.3). The description that is given back says what the sequence
 * header says.
 * @throws {MediaInvalid} when it is cut short or has no sequence header.
 */
export function parseAv1Config(record: Buffer): VideoConfig {
  if (record.length > MAX_RECORD_BYTES) throw new MediaInvalid(`AV1 configuration record has ${record.length} bytes; at most ${MAX_RECORD_BYTES} are taken`);
  if (record.length < RECORD_HEADER_BYTES || record[0] !== RECORD_START) throw new MediaInvalid('AV1 configuration record is not version 1');
  const configObus = record.subarray(RECORD_HEADER_BYTES);
  const obu = readObus(configObus).find(({ type }) => type === SEQUENCE_HEADER);
  if (obu === undefined) throw new MediaInvalid('AV1 configuration record has no sequence header');
  const sequence = parseAv1SequenceHeader(configObus.subarray(obu.payloadStart, obu.end));
  const description = Buffer.from(record);
  description.writeUInt8(sequence.profile * 32 + sequence.level, 1);
  description.writeUInt8(sequence.colorFlags + (sequence.isHighTier ? 0x80 : 0), 2);
  return {
    kind: 'video',
    codec: 'av1',
    codecString: `av01.${sequence.profile}.${twoDigits(sequence.level)}${sequence.isHighTier ? 'H' : 'M'}.${twoDigits(sequence.bitDepth)}`,
    width: sequence.width,
    height: sequence.height,
    sar: { width: 1, height: 1 },
    // A temporal unit is one shown picture, whatever is decoded for it.
    reorderFrames: 0,
    interlaced: false,
    isBaselineChroma: sequence.isBaselineChroma,
    description,
  };
}

/**
 * The temporal unit without delimiters and padding, which a sample may not have (AV1 in ISOBMFF §2.4); undefined when
 * nothing is left.
 * @throws {MediaInvalid} when a unit is longer than the bytes that are there.
 */
export function withoutDelimiters(temporalUnit: Buffer): Buffer | undefined {
  return joinPieces(temporalUnit, readObus(temporalUnit).filter(({ type }) => type !== TEMPORAL_DELIMITER && type !== PADDING));
}

function readObus(bytes: Buffer): Obu[] {
  const found: Obu[] = [];
  for (let start = 0; start < bytes.length;) {
    const obu = readObu(bytes, start);
    found.push(obu);
    start = obu.end;
  }
  return found;
}

function readObu(bytes: Buffer, start: number): Obu {
  const header = bytes.readUInt8(start);
  if (header & 0x80) throw new MediaInvalid('AV1 unit starts with the forbidden bit');
  const sizeAt = start + (header & 4 ? 2 : 1);
  const type = (header >> 3) & 15;
  // Only the last one may leave out how long it is.
  if ((header & 2) === 0) return { type, start, payloadStart: Math.min(sizeAt, bytes.length), end: bytes.length };
  const { value, end } = readLeb128(bytes, sizeAt);
  if (end + value > bytes.length) throw new MediaInvalid('AV1 unit is longer than its picture');
  return { type, start, payloadStart: end, end: end + value };
}

/** AV1 §4.10.5. */
function readLeb128(bytes: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < MAX_SIZE_BYTES; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) throw new MediaInvalid('AV1 unit ends inside its size');
    value += (byte & 0x7f) * 2 ** (7 * i);
    if ((byte & 0x80) === 0) return { value, end: start + i + 1 };
  }
  throw new MediaInvalid(`size of an AV1 unit has more than ${MAX_SIZE_BYTES} bytes`);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
