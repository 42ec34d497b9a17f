import { MediaInvalid } from '../errors.js';

const MIN_SIDE = 16;
const MAX_SIDE = 8192;
/** 4K with some room: what more costs to decode is more than one stream may take of a machine. */
const MAX_PIXELS = 4096 * 2560;
/** Sample aspect ratios by their number (ITU-T H.264 table E-1, H.265 table E.1). */
const SAR_TABLE = [
  [1, 1], [1, 1], [12, 11], [10, 11], [16, 11], [40, 33], [24, 11], [20, 11], [32, 11],
  [80, 33], [18, 11], [15, 11], [64, 33], [160, 99], [4, 3], [3, 2], [2, 1],
] as const;
const SAR_EXTENDED = 255;
/** No camera or encoder stretches pixels further; a ratio beyond it is noise. */
const MAX_SAR = 4;

/** @throws {MediaInvalid} for a size in pixels that no stream of ours may have. */
export function checkPictureSize(width: number, height: number): void {
  if (width < MIN_SIDE || height < MIN_SIDE || width > MAX_SIDE || height > MAX_SIDE) {
    throw new MediaInvalid(`picture is ${width}×${height}; each side must be ${MIN_SIDE} to ${MAX_SIDE} pixels`);
  }
  if (width * height > MAX_PIXELS) throw new MediaInvalid(`picture is ${width}×${height}; at most ${MAX_PIXELS} pixels are taken`);
}

/** The `aspect_ratio_idc` fields of H.264 and HEVC; 1:1 for what no display has. */
export function readSampleAspect(reader: { bits(count: number): number }): { width: number; height: number } {
  const id = reader.bits(8);
  const [width, height] = id === SAR_EXTENDED ? [reader.bits(16), reader.bits(16)] : (SAR_TABLE[id] ?? [1, 1]);
  const isUsable = width > 0 && height > 0 && width / height <= MAX_SAR && height / width <= MAX_SAR;
  return isUsable ? { width, height } : { width: 1, height: 1 };
}
