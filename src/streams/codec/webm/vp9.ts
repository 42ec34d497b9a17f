import { MediaInvalid } from '../../errors.js';
import type { VideoConfig } from '../../media.js';
import { BitReader } from '../bit-reader.js';
import { checkPictureSize } from '../picture.js';
import { vpxConfig } from './vp8.js';

const FRAME_MARKER = 2;
const SYNC_CODE = 0x498342;
const SRGB = 7;

/**
 * Reads the uncompressed header of a picture (VP9 bitstream §6.2); undefined when it is no key frame.
 * @throws {MediaInvalid} when it is cut short or contradicts the format.
 */
export function parseVp9KeyFrame(frame: Buffer): VideoConfig | undefined {
  const reader = new BitReader(frame);
  if (reader.bits(2) !== FRAME_MARKER) throw new MediaInvalid('VP9 picture has no frame marker');
  const profile = reader.bit() + 2 * reader.bit();
  if (profile === 3) reader.skip(1);
  const showsExisting = reader.flag();
  if (showsExisting || reader.flag()) return undefined; // frame_type 1: made from others
  reader.skip(2); // show_frame, error_resilient_mode
  if (reader.bits(24) !== SYNC_CODE) throw new MediaInvalid('VP9 key frame has no sync code');
  const isBaselineChroma = readColor(reader, profile);
  const width = reader.bits(16) + 1;
  const height = reader.bits(16) + 1;
  checkPictureSize(width, height);
  return vpxConfig({ codec: 'vp9', codecString: `vp09.0${profile}.10.${isBaselineChroma ? '08' : '10'}`, width, height, isBaselineChroma });
}

/** Whether it is 8-bit 4:2:0. */
function readColor(reader: BitReader, profile: number): boolean {
  const isDeep = profile >= 2;
  if (isDeep) reader.skip(1);
  const canHaveMore = profile % 2 === 1;
  if (reader.bits(3) !== SRGB) {
    reader.skip(1); // color_range
    if (canHaveMore) reader.skip(3);
  } else if (canHaveMore) {
    reader.skip(1);
  }
  return !isDeep && !canHaveMore;
}
