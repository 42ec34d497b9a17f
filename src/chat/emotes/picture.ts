import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { messageOf } from '../../platform/index.js';
import { EmoteRefused } from '../errors.js';

/** What is uploaded becomes this, whatever it was. */
export interface EmotePicture {
  /** WebP. */
  bytes: Buffer;
  isAnimated: boolean;
}

/** Twice the height of a line on the sharpest screens. */
const MAX_SIDE = 112;
const MAX_FRAMES = 120;
/** Of one frame, and of all: what the decoder holds and works through. */
const MAX_FRAME_PIXELS = 2_048 * 2_048;
const MAX_PIXELS = 32_000_000;
const MAX_OUTPUT_BYTES = 512 << 10;
const TIMEOUT_SEC = 10;

type Format = 'png' | 'jpeg' | 'webp' | 'gif';

/**
 * A small WebP of a PNG, JPEG, WebP or GIF. Nothing of the upload is kept but pixels: what hides behind or beside them goes.
 * @throws {EmoteRefused}
 */
export async function makeEmotePicture(upload: Buffer): Promise<EmotePicture> {
  const format = formatOf(upload);
  if (format === undefined) throw new EmoteRefused('type', 'this is no PNG, JPEG, WebP or GIF picture');
  if (format === 'gif' && !hasTrailer(upload)) throw new EmoteRefused('damaged', 'this picture is damaged: its end is missing');
  const { isAnimated } = await checkHead(upload, format);
  const bytes = await shrink(upload);
  if (bytes.length > MAX_OUTPUT_BYTES) throw new EmoteRefused('size', `as an emote this has ${Math.ceil(bytes.length / 1024)} KiB, and 512 KiB is the most: take fewer frames`);
  return { bytes, isAnimated };
}

/** By its first bytes: nothing else reaches a decoder. */
function formatOf(upload: Buffer): Format | undefined {
  const text = upload.toString('latin1', 0, 12);
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (/^GIF8[79]a/.test(text)) return 'gif';
  return text.startsWith('RIFF') && text.endsWith('WEBP') ? 'webp' : undefined;
}

/** The decoder takes the whole frames of a GIF that was cut off for all (GIF89a §27); some programs add zeros. */
function hasTrailer(gif: Buffer): boolean {
  return gif.findLast((byte) => byte !== 0) === 0x3b;
}

/** What the picture says of itself, before a pixel is decoded. */
async function checkHead(upload: Buffer, format: Format): Promise<{ isAnimated: boolean }> {
  const { format: found, width = 0, height = 0, pages = 1, pageHeight = height } = await decoding(() => open(upload).metadata());
  if (found !== format) throw new EmoteRefused('damaged', 'this picture is not what it begins as');
  if (pages > MAX_FRAMES) throw new EmoteRefused('size', `this picture has ${pages} frames, and ${MAX_FRAMES} is the most`);
  if (width * pageHeight > MAX_FRAME_PIXELS) throw new EmoteRefused('size', `this picture has ${width} × ${pageHeight} pixels, and 2048 × 2048 is the most`);
  if (width * pageHeight * pages > MAX_PIXELS) throw new EmoteRefused('size', 'all frames of this picture together have too many pixels: make it smaller or shorter');
  return { isAnimated: pages > 1 };
}

function shrink(upload: Buffer): Promise<Buffer> {
  return decoding(() => open(upload)
    .autoOrient()
    .resize({ width: MAX_SIDE, height: MAX_SIDE, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80, effort: 4 })
    .timeout({ seconds: TIMEOUT_SEC })
    .toBuffer());
}

function open(upload: Buffer): Sharp {
  return sharp(upload, { animated: true, failOn: 'warning', limitInputPixels: MAX_FRAME_PIXELS * MAX_FRAMES });
}

async function decoding<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isLate = /timeout/i.test(messageOf(cause));
    throw new EmoteRefused('damaged', isLate ? 'this picture takes too long to decode' : 'this picture is damaged: it cannot be decoded', { cause });
  }
}
