import { MediaInvalid } from '../errors.js';
import { parseHevcSps } from './hevc-sps.js';
import type { VideoConfig } from '../media.js';
import { joinPieces } from './pieces.js';
import type { Piece } from './pieces.js';

const MAX_RECORD_BYTES = 4096;
const RECORD_HEADER_BYTES = 23;
const NAL_LENGTH_BYTES = 4;
const VPS = 32;
const SPS = 33;
const PPS = 34;
const ACCESS_UNIT_DELIMITER = 35;
/** Every parameter set is in the record and none in the samples, as `hvc1` demands (ISO/IEC 14496-15 §8.3.3.1.2). */
const ARRAY_COMPLETE = 0x80;

/** One array of parameter sets in a record. */
interface NalArray {
  /** Where its header byte is. */
  at: number;
  type: number;
  nals: Buffer[];
}

/**
 * Reads an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1). The description that is given back says what the
 * sequence parameter set says, and that its arrays are complete.
 * @throws {MediaInvalid} when it is cut short, lacks a parameter set or names no picture size.
 */
export function parseHevcConfig(record: Buffer): VideoConfig {
  checkHeader(record);
  const arrays = readArrays(record);
  for (const type of [VPS, SPS, PPS]) {
    if (!arrays.some((array) => array.type === type && array.nals.length > 0)) throw new MediaInvalid(`HEVC configuration record has no parameter set of type ${type}`);
  }
  const nal = arrays.find((array) => array.type === SPS)?.nals[0] ?? Buffer.alloc(0);
  const sps = parseHevcSps(nal);
  const description = Buffer.from(record);
  sps.profileTierLevel.copy(description, 1);
  for (const { at, type } of arrays) if (isParameterSet(type)) description.writeUInt8(ARRAY_COMPLETE | type, at);
  return {
    kind: 'video',
    codec: 'hevc',
    codecString: codecString(sps.profileTierLevel),
    width: sps.width,
    height: sps.height,
    sar: sps.sar,
    reorderFrames: sps.reorderFrames,
    interlaced: sps.interlaced,
    isBaselineChroma: sps.isBaselineChroma,
    description,
  };
}

/**
 * The picture without parameter sets, which a sample of `hvc1` may not have; undefined when nothing is left.
 * @throws {MediaInvalid} when a NAL unit is longer than the picture.
 */
export function withoutParameterSets(picture: Buffer): Buffer | undefined {
  const pieces: Piece[] = [];
  for (let start = 0; start < picture.length;) {
    if (start + NAL_LENGTH_BYTES > picture.length) throw new MediaInvalid('HEVC picture ends inside the length of a NAL unit');
    const end = start + NAL_LENGTH_BYTES + picture.readUInt32BE(start);
    if (end > picture.length) throw new MediaInvalid('HEVC NAL unit is longer than its picture');
    const type = end === start + NAL_LENGTH_BYTES ? undefined : nalType(picture.readUInt8(start + NAL_LENGTH_BYTES));
    // A delimiter lies before the parameter sets: without it, what stays is one stretch.
    if (type !== undefined && !isParameterSet(type) && type !== ACCESS_UNIT_DELIMITER) pieces.push({ start, end });
    start = end;
  }
  return joinPieces(picture, pieces);
}

function checkHeader(record: Buffer): void {
  if (record.length > MAX_RECORD_BYTES) throw new MediaInvalid(`HEVC configuration record has ${record.length} bytes; at most ${MAX_RECORD_BYTES} are taken`);
  if (record.length < RECORD_HEADER_BYTES || record[0] !== 1) throw new MediaInvalid('HEVC configuration record is not version 1');
  const nalLengthBytes = (record.readUInt8(21) & 3) + 1;
  if (nalLengthBytes !== NAL_LENGTH_BYTES) throw new MediaInvalid(`NAL unit lengths have ${nalLengthBytes} bytes; only ${NAL_LENGTH_BYTES} are supported`);
}

function readArrays(record: Buffer): NalArray[] {
  const arrays: NalArray[] = [];
  let at = RECORD_HEADER_BYTES;
  const take = (sizeBytes: number): number => {
    at += sizeBytes;
    if (at > record.length) throw new MediaInvalid('HEVC configuration record is cut short');
    return at - sizeBytes;
  };
  for (let left = record.readUInt8(RECORD_HEADER_BYTES - 1); left > 0; left--) {
    const start = take(3);
    const count = record.readUInt16BE(start + 1);
    const nals: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      const sizeBytes = record.readUInt16BE(take(2));
      const nalAt = take(sizeBytes);
      nals.push(record.subarray(nalAt, nalAt + sizeBytes));
    }
    arrays.push({ at: start, type: record.readUInt8(start) & 63, nals });
  }
  return arrays;
}

function nalType(firstByte: number): number {
  return (firstByte >> 1) & 63;
}

function isParameterSet(type: number): boolean {
  return type === VPS || type === SPS || type === PPS;
}

/** ISO/IEC 14496-15 annex E.3: profile, compatibility in reverse bit order, tier and level, constraints. */
function codecString(profileTierLevel: Buffer): string {
  const first = profileTierLevel.readUInt8(0);
  const space = ['', 'A', 'B', 'C'][first >> 6] ?? '';
  const tier = first & 0x20 ? 'H' : 'L';
  const compatibility = reversedBits(profileTierLevel.readUInt32BE(1)).toString(16).toUpperCase();
  const constraints = [...profileTierLevel.subarray(5, 11)];
  while (constraints.at(-1) === 0) constraints.pop();
  return [`hvc1.${space}${first & 31}`, compatibility, `${tier}${profileTierLevel.readUInt8(11)}`, ...constraints.map((byte) => byte.toString(16).toUpperCase())].join('.');
}

function reversedBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((value >>> bit) & 1);
  return reversed;
}
