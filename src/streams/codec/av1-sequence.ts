import { BitReader } from './bit-reader.js';
import { checkPictureSize } from './picture.js';

/** What a sequence header says of a picture. */
export interface Av1Sequence {
  profile: number;
  /** seq_level_idx of the first operating point: 8 is level 4.0. */
  level: number;
  isHighTier: boolean;
  width: number;
  height: number;
  bitDepth: number;
  isBaselineChroma: boolean;
  /** The third byte of the configuration record, but for its tier (AV1 in ISOBMFF §2.3.3). */
  colorFlags: number;
}

interface OperatingPoints {
  level: number;
  isHighTier: boolean;
}

interface Color {
  bitDepth: number;
  isMonochrome: boolean;
  subsamplingX: number;
  subsamplingY: number;
  samplePosition: number;
}

const SRGB = { primaries: 1, transfer: 13, matrix: 0 };
/** Levels above 3.3 come in two tiers. */
const LAST_LEVEL_OF_ONE_TIER = 7;
const SELECT = 2;

/**
 * Reads sequence_header_obu (AV1 §5.5).
 * @throws {MediaInvalid} when it is cut short.
 */
export function parseAv1SequenceHeader(payload: Buffer): Av1Sequence {
  const reader = new BitReader(payload);
  const profile = reader.bits(3);
  reader.skip(1); // still_picture
  const isReduced = reader.flag();
  const points = isReduced ? { level: reader.bits(5), isHighTier: false } : readOperatingPoints(reader);
  const widthBits = reader.bits(4) + 1;
  const heightBits = reader.bits(4) + 1;
  const width = reader.bits(widthBits) + 1;
  const height = reader.bits(heightBits) + 1;
  checkPictureSize(width, height);
  skipTools(reader, isReduced);
  const color = readColor(reader, profile);
  const isHigh = color.bitDepth > 8;
  return {
    profile,
    ...points,
    width,
    height,
    bitDepth: color.bitDepth,
    isBaselineChroma: !isHigh && !color.isMonochrome && color.subsamplingX === 1 && color.subsamplingY === 1,
    colorFlags: (isHigh ? 0x40 : 0) + (color.bitDepth === 12 ? 0x20 : 0) + (color.isMonochrome ? 0x10 : 0) + color.subsamplingX * 8 + color.subsamplingY * 4 + color.samplePosition,
  };
}

function readOperatingPoints(reader: BitReader): OperatingPoints {
  let delayBits: number | undefined;
  if (reader.flag()) {
    skipTiming(reader);
    delayBits = reader.flag() ? readDelayBits(reader) : undefined;
  }
  const hasDisplayDelay = reader.flag();
  const count = reader.bits(5) + 1;
  const points = Array.from({ length: count }, () => readOperatingPoint(reader, delayBits, hasDisplayDelay));
  return { level: points[0]?.level ?? 0, isHighTier: points[0]?.isHighTier ?? false };
}

function skipTiming(reader: BitReader): void {
  reader.skip(64); // num_units_in_display_tick, time_scale
  if (reader.flag()) reader.ue(); // num_ticks_per_picture_minus_1
}

function readDelayBits(reader: BitReader): number {
  const delayBits = reader.bits(5) + 1;
  reader.skip(42); // num_units_in_decoding_tick, lengths of removal and presentation times
  return delayBits;
}

function readOperatingPoint(reader: BitReader, delayBits: number | undefined, hasDisplayDelay: boolean): { level: number; isHighTier: boolean } {
  reader.skip(12); // operating_point_idc
  const level = reader.bits(5);
  const isHighTier = level > LAST_LEVEL_OF_ONE_TIER && reader.flag();
  if (delayBits !== undefined && reader.flag()) reader.skip(2 * delayBits + 1);
  if (hasDisplayDelay && reader.flag()) reader.skip(4);
  return { level, isHighTier };
}

function skipTools(reader: BitReader, isReduced: boolean): void {
  if (!isReduced && reader.flag()) reader.skip(7); // lengths of frame ids
  reader.skip(3); // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  if (!isReduced) skipInterTools(reader);
  reader.skip(3); // enable_superres, enable_cdef, enable_restoration
}

function skipInterTools(reader: BitReader): void {
  reader.skip(4); // compound prediction, warped motion, dual filter
  const hasOrderHint = reader.flag();
  if (hasOrderHint) reader.skip(2); // enable_jnt_comp, enable_ref_frame_mvs
  const screenContent = reader.flag() ? SELECT : reader.bit();
  if (screenContent > 0 && !reader.flag()) reader.skip(1); // seq_force_integer_mv
  if (hasOrderHint) reader.skip(3); // order_hint_bits_minus_1
}

/** color_config (AV1 §5.5.2). */
function readColor(reader: BitReader, profile: number): Color {
  const isHigh = reader.flag();
  const bitDepth = profile === 2 && isHigh && reader.flag() ? 12 : isHigh ? 10 : 8;
  const isMonochrome = profile !== 1 && reader.flag();
  const described = reader.flag() ? { primaries: reader.bits(8), transfer: reader.bits(8), matrix: reader.bits(8) } : undefined;
  if (isMonochrome) {
    reader.skip(1); // color_range
    return { bitDepth, isMonochrome, subsamplingX: 1, subsamplingY: 1, samplePosition: 0 };
  }
  const isSrgb = described?.primaries === SRGB.primaries && described.transfer === SRGB.transfer && described.matrix === SRGB.matrix;
  if (isSrgb) return { bitDepth, isMonochrome, subsamplingX: 0, subsamplingY: 0, samplePosition: 0 };
  reader.skip(1); // color_range
  const [subsamplingX, subsamplingY] = readSubsampling(reader, profile, bitDepth);
  return { bitDepth, isMonochrome, subsamplingX, subsamplingY, samplePosition: subsamplingX === 1 && subsamplingY === 1 ? reader.bits(2) : 0 };
}

function readSubsampling(reader: BitReader, profile: number, bitDepth: number): [number, number] {
  if (profile === 0) return [1, 1];
  if (profile === 1) return [0, 0];
  if (bitDepth < 12) return [1, 0];
  const across = reader.bit();
  return [across, across === 1 ? reader.bit() : 0];
}
