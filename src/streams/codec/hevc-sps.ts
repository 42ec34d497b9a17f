import { BitReader, unescapeRbsp } from './bit-reader.js';
import { MediaInvalid } from '../errors.js';
import { checkPictureSize, readSampleAspect } from './picture.js';

/** What a sequence parameter set says of a picture. */
export interface HevcSps {
  /** The 12 bytes of general profile, tier and level (ITU-T H.265 §7.3.3), as the configuration record has them too. */
  profileTierLevel: Buffer;
  width: number;
  height: number;
  sar: { width: number; height: number };
  reorderFrames: number;
  interlaced: boolean;
  isBaselineChroma: boolean;
}

const NAL_HEADER_BYTES = 2;
const PTL_START = 1;
const PTL_BYTES = 12;
/** Chroma samples across and down for one luma sample, by chroma_format_idc (ITU-T H.265 table 6-1). */
const SUBSAMPLING = [[1, 1], [2, 2], [2, 1], [1, 1]] as const;
const MAX_REFERENCE_SETS = 64;
const MAX_PICTURES_IN_SET = 16;
const MAX_LONG_TERM = 32;
const MAX_REORDER = 15;
const MIN_POC_BITS = 4;
const MAX_POC_BITS = 16;

/**
 * Reads a sequence parameter set NAL unit (ITU-T H.265 §7.3.2.2), up to its usability information.
 * @throws {MediaInvalid} when it is cut short or contradicts the specification.
 */
export function parseHevcSps(nal: Buffer): HevcSps {
  const rbsp = unescapeRbsp(nal.subarray(NAL_HEADER_BYTES));
  const reader = new BitReader(rbsp);
  reader.skip(4); // sps_video_parameter_set_id
  const subLayers = reader.bits(3);
  reader.skip(1); // sps_temporal_id_nesting_flag
  const isInterlacedSource = readProfileTierLevel(reader, subLayers);
  reader.ue(); // sps_seq_parameter_set_id
  const { width, height, isBaselineChroma } = readPicture(reader);
  const pocBits = bounded(reader.ue() + MIN_POC_BITS, MAX_POC_BITS, 'bits of picture order count');
  const reorderFrames = readReordering(reader, subLayers);
  skipCodingTools(reader);
  skipReferenceSets(reader, pocBits);
  reader.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
  const vui = reader.flag() ? readVui(reader) : undefined;
  return {
    profileTierLevel: rbsp.subarray(PTL_START, PTL_START + PTL_BYTES),
    width,
    height,
    sar: vui?.sar ?? { width: 1, height: 1 },
    reorderFrames,
    interlaced: isInterlacedSource || (vui?.isFieldSequence ?? false),
    isBaselineChroma,
  };
}

/** Returns whether the pictures are declared to be interlaced, and nothing else. */
function readProfileTierLevel(reader: BitReader, subLayers: number): boolean {
  reader.skip(40);
  const isProgressive = reader.flag();
  const isInterlaced = reader.flag();
  reader.skip(54);
  const present = Array.from({ length: subLayers }, () => ({ profile: reader.flag(), level: reader.flag() }));
  if (subLayers > 0) reader.skip(2 * (8 - subLayers));
  for (const { profile, level } of present) reader.skip((profile ? 88 : 0) + (level ? 8 : 0));
  return isInterlaced && !isProgressive;
}

function readPicture(reader: BitReader): Pick<HevcSps, 'width' | 'height' | 'isBaselineChroma'> {
  const format = reader.ue();
  const [unitX, unitY] = SUBSAMPLING[format] ?? [];
  if (unitX === undefined || unitY === undefined) throw new MediaInvalid(`chroma format is ${format}; HEVC has 0 to 3`);
  if (format === 3) reader.skip(1); // separate_colour_plane_flag
  const size = { width: reader.ue(), height: reader.ue() };
  if (reader.flag()) {
    size.width -= unitX * (reader.ue() + reader.ue());
    size.height -= unitY * (reader.ue() + reader.ue());
  }
  checkPictureSize(size.width, size.height);
  const lumaDepth = reader.ue() + 8;
  const chromaDepth = reader.ue() + 8;
  return { ...size, isBaselineChroma: format === 1 && lumaDepth === 8 && chromaDepth === 8 };
}

/** How many pictures may be shown later than they are decoded, of the highest sub-layer. */
function readReordering(reader: BitReader, subLayers: number): number {
  const count = reader.flag() ? subLayers + 1 : 1;
  let reorderFrames = 0;
  for (let i = 0; i < count; i++) {
    reader.ue(); // sps_max_dec_pic_buffering_minus1
    reorderFrames = reader.ue();
    reader.ue(); // sps_max_latency_increase_plus1
  }
  if (reorderFrames > MAX_REORDER) throw new MediaInvalid(`${reorderFrames} pictures may be reordered; HEVC has at most ${MAX_REORDER}`);
  return reorderFrames;
}

function skipCodingTools(reader: BitReader): void {
  for (let i = 0; i < 6; i++) reader.ue(); // sizes of coding and transform blocks, depths of transform trees
  if (reader.flag() && reader.flag()) skipScalingLists(reader);
  reader.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (!reader.flag()) return;
  reader.skip(8); // depths of PCM samples
  reader.ue();
  reader.ue();
  reader.skip(1); // pcm_loop_filter_disabled_flag
}

function skipScalingLists(reader: BitReader): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < (size === 3 ? 2 : 6); matrix++) {
      if (!reader.flag()) {
        reader.ue();
        continue;
      }
      const coefficients = Math.min(64, 16 << (2 * size)) + (size > 1 ? 1 : 0);
      for (let i = 0; i < coefficients; i++) reader.se();
    }
  }
}

function skipReferenceSets(reader: BitReader, pocBits: number): void {
  const count = bounded(reader.ue(), MAX_REFERENCE_SETS, 'short-term reference sets');
  let pictures = 0;
  for (let i = 0; i < count; i++) pictures = skipReferenceSet(reader, i, pictures);
  if (!reader.flag()) return;
  const longTerm = bounded(reader.ue(), MAX_LONG_TERM, 'long-term reference pictures');
  for (let i = 0; i < longTerm; i++) reader.skip(pocBits + 1);
}

/** st_ref_pic_set (ITU-T H.265 §7.3.7); returns how many pictures the set has. */
function skipReferenceSet(reader: BitReader, index: number, picturesBefore: number): number {
  if (index > 0 && reader.flag()) {
    reader.skip(1); // delta_rps_sign
    reader.ue(); // abs_delta_rps_minus1
    let pictures = 0;
    for (let i = 0; i <= picturesBefore; i++) if (reader.flag() || reader.flag()) pictures++;
    return bounded(pictures, MAX_PICTURES_IN_SET, 'pictures in a reference set');
  }
  const pictures = bounded(reader.ue(), MAX_PICTURES_IN_SET, 'earlier reference pictures') + bounded(reader.ue(), MAX_PICTURES_IN_SET, 'later reference pictures');
  for (let i = 0; i < pictures; i++) {
    reader.ue();
    reader.skip(1);
  }
  return bounded(pictures, MAX_PICTURES_IN_SET, 'pictures in a reference set');
}

function bounded(count: number, most: number, what: string): number {
  if (count > most) throw new MediaInvalid(`${count} ${what}; HEVC has at most ${most}`);
  return count;
}

/** vui_parameters (ITU-T H.265 §E.2.1), up to field_seq_flag. */
function readVui(reader: BitReader): { sar: HevcSps['sar']; isFieldSequence: boolean } {
  const sar = reader.flag() ? readSampleAspect(reader) : { width: 1, height: 1 };
  if (reader.flag()) reader.skip(1); // overscan_appropriate_flag
  if (reader.flag()) {
    reader.skip(4); // video_format, video_full_range_flag
    if (reader.flag()) reader.skip(24);
  }
  if (reader.flag()) {
    reader.ue();
    reader.ue();
  }
  reader.skip(1); // neutral_chroma_indication_flag
  return { sar, isFieldSequence: reader.flag() };
}
