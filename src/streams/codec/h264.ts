import { BitReader, unescapeRbsp } from './bit-reader.js';
import { MediaInvalid } from '../errors.js';
import type { VideoConfig } from '../media.js';
import { checkPictureSize, readSampleAspect } from './picture.js';

const MAX_RECORD_BYTES = 4096;
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
/** Baseline, Main, Extended and High carry 8-bit 4:2:0 only. */
const EIGHT_BIT_PROFILES = new Set([66, 77, 88]);
/** Chroma samples across and down for one luma crop unit, by chroma_format_idc (ITU-T H.264 table 6-1). */
const CROP_UNITS = [[1, 1], [2, 2], [2, 1], [1, 1]] as const;

interface Sps {
  width: number;
  height: number;
  sar: { width: number; height: number };
  reorderFrames: number | undefined;
  interlaced: boolean;
  isBaselineChroma: boolean;
}

/**
 * Reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1).
 * @throws {MediaInvalid} when it is cut short or names no picture size.
 */
export function parseAvcConfig(record: Buffer): VideoConfig {
  if (record.length > MAX_RECORD_BYTES) throw new MediaInvalid(`H.264 configuration record has ${record.length} bytes; at most ${MAX_RECORD_BYTES} are taken`);
  if (record.length < 8 || record[0] !== 1) throw new MediaInvalid('H.264 configuration record is not version 1');
  const nalLengthBytes = (record.readUInt8(4) & 3) + 1;
  if (nalLengthBytes !== 4) throw new MediaInvalid(`NAL unit lengths have ${nalLengthBytes} bytes; only 4 are supported`);
  if ((record.readUInt8(5) & 31) === 0) throw new MediaInvalid('H.264 configuration record has no sequence parameter set');
  const spsLength = record.readUInt16BE(6);
  const nal = record.subarray(8, 8 + spsLength);
  if (nal.length !== spsLength || spsLength < 4) throw new MediaInvalid('H.264 sequence parameter set is cut short');
  // What the decoder obeys; a record that says something else would pass what players cannot take.
  if (!nal.subarray(1, 4).equals(record.subarray(1, 4))) throw new MediaInvalid('H.264 configuration record and parameter set name different profiles or levels');
  const sps = parseSps(nal);
  const hex = record.subarray(1, 4).toString('hex');
  return {
    kind: 'video',
    codec: 'h264',
    codecString: `avc1.${hex}`,
    width: sps.width,
    height: sps.height,
    sar: sps.sar,
    reorderFrames: sps.reorderFrames,
    interlaced: sps.interlaced,
    isBaselineChroma: sps.isBaselineChroma,
    description: Buffer.from(record), // the record is a view of much that can go
  };
}

/** Reads a sequence parameter set NAL unit (ITU-T H.264 §7.3.2.1.1). */
export function parseSps(nal: Buffer): Sps {
  const reader = new BitReader(unescapeRbsp(nal.subarray(1)));
  const profile = reader.bits(8);
  reader.skip(16); // constraint flags, level
  reader.ue(); // seq_parameter_set_id
  const chroma = readChroma(reader, profile);
  reader.ue(); // log2_max_frame_num_minus4
  skipPictureOrder(reader);
  const maxRefFrames = reader.ue();
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag
  const widthMbs = reader.ue() + 1;
  const heightMapUnits = reader.ue() + 1;
  const frameMbsOnly = reader.flag();
  if (!frameMbsOnly) reader.skip(1); // mb_adaptive_frame_field_flag
  reader.skip(1); // direct_8x8_inference_flag
  const crop = readCrop(reader, chroma.format, frameMbsOnly);
  const width = widthMbs * 16 - crop.x;
  const height = (frameMbsOnly ? 1 : 2) * heightMapUnits * 16 - crop.y;
  checkPictureSize(width, height);
  const vui = reader.flag() ? readVui(reader) : undefined;
  const neverReorders = profile === 66 || maxRefFrames === 0;
  return {
    width,
    height,
    sar: vui?.sar ?? { width: 1, height: 1 },
    reorderFrames: vui?.reorderFrames ?? (neverReorders ? 0 : undefined),
    interlaced: !frameMbsOnly,
    isBaselineChroma: chroma.isBaseline,
  };
}

function readChroma(reader: BitReader, profile: number): { format: number; isBaseline: boolean } {
  if (!HIGH_PROFILES.has(profile)) return { format: 1, isBaseline: EIGHT_BIT_PROFILES.has(profile) };
  const format = reader.ue();
  if (format > 3) throw new MediaInvalid(`chroma format is ${format}; H.264 has 0 to 3`);
  if (format === 3) reader.skip(1);
  const lumaDepth = reader.ue() + 8;
  const chromaDepth = reader.ue() + 8;
  reader.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) skipScalingLists(reader, format === 3 ? 12 : 8);
  return { format, isBaseline: format === 1 && lumaDepth === 8 && chromaDepth === 8 };
}

function skipScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!reader.flag()) continue;
    let last = 8;
    let next = 8;
    for (let i = 0; i < (list < 6 ? 16 : 64); i++) {
      if (next !== 0) next = (last + reader.se() + 256) % 256;
      last = next === 0 ? last : next;
    }
  }
}

function skipPictureOrder(reader: BitReader): void {
  const type = reader.ue();
  if (type === 0) {
    reader.ue();
  } else if (type === 1) {
    reader.skip(1);
    reader.se();
    reader.se();
    const cycle = reader.ue();
    if (cycle > 255) throw new MediaInvalid('picture order cycle is longer than 255');
    for (let i = 0; i < cycle; i++) reader.se();
  }
}

function readCrop(reader: BitReader, chromaFormat: number, frameMbsOnly: boolean): { x: number; y: number } {
  if (!reader.flag()) return { x: 0, y: 0 };
  const [unitX, unitY] = CROP_UNITS[chromaFormat] ?? [2, 2];
  const left = reader.ue();
  const right = reader.ue();
  const top = reader.ue();
  const bottom = reader.ue();
  return { x: (left + right) * unitX, y: (top + bottom) * unitY * (frameMbsOnly ? 1 : 2) };
}

function readVui(reader: BitReader): { sar: Sps['sar']; reorderFrames: number | undefined } {
  const sar = reader.flag() ? readSampleAspect(reader) : { width: 1, height: 1 };
  if (reader.flag()) reader.skip(1); // overscan
  if (reader.flag()) {
    reader.skip(4); // video_format, video_full_range_flag
    if (reader.flag()) reader.skip(24);
  }
  if (reader.flag()) {
    reader.ue();
    reader.ue();
  }
  if (reader.flag()) reader.skip(65); // units in a tick, time scale, whether the rate is fixed
  const nalHrd = reader.flag();
  if (nalHrd) skipHrd(reader);
  const vclHrd = reader.flag();
  if (vclHrd) skipHrd(reader);
  if (nalHrd || vclHrd) reader.skip(1);
  reader.skip(1); // pic_struct_present_flag
  if (!reader.flag()) return { sar, reorderFrames: undefined };
  reader.skip(1);
  for (let i = 0; i < 4; i++) reader.ue();
  return { sar, reorderFrames: reader.ue() };
}

function skipHrd(reader: BitReader): void {
  const count = reader.ue() + 1;
  if (count > 32) throw new MediaInvalid('HRD has more than 32 schedules');
  reader.skip(8);
  for (let i = 0; i < count; i++) {
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  reader.skip(20);
}
