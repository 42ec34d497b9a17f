import { MediaInvalid } from '../../errors.js';
import type { VideoConfig } from '../../media.js';
import { checkPictureSize } from '../picture.js';

const HEADER_BYTES = 10;
const START_CODE = Buffer.from([0x9d, 0x01, 0x2a]);
const SIDE_BITS = 0x3fff;

/**
 * Reads the head of a key frame (RFC 6386 §9.1).
 * @throws {MediaInvalid} when it is none, or names no picture size.
 */
export function parseVp8KeyFrame(frame: Buffer): VideoConfig {
  if (frame.length < HEADER_BYTES || !frame.subarray(3, 6).equals(START_CODE)) throw new MediaInvalid('VP8 key frame has no start code');
  const width = frame.readUInt16LE(6) & SIDE_BITS;
  const height = frame.readUInt16LE(8) & SIDE_BITS;
  checkPictureSize(width, height);
  return vpxConfig({ codec: 'vp8', codecString: 'vp8', width, height, isBaselineChroma: true });
}

/** VP8 and VP9 have no re-ordering, and need no record; the description is their size, by which formats are told apart. */
export function vpxConfig(facts: Pick<VideoConfig, 'codec' | 'codecString' | 'width' | 'height' | 'isBaselineChroma'>): VideoConfig {
  const description = Buffer.alloc(4);
  description.writeUInt16BE(facts.width, 0);
  description.writeUInt16BE(facts.height, 2);
  return { kind: 'video', ...facts, sar: { width: 1, height: 1 }, reorderFrames: 0, interlaced: false, description };
}
