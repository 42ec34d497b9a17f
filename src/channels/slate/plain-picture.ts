import { Process } from '../../platform/index.js';
import { PictureDamaged, PictureNotUsable, PictureTypeUnknown } from '../errors.js';
import type { PictureHead } from './picture-head.js';
import { readPictureHead } from './picture-head.js';

/** Pixels of each side. Smaller ones would be a blur on a screen. */
const MIN_SIDE = 90;
const MAX_SIDE = 4096;
/** As much as a stream in full HD can show. */
const LONG_SIDE = 1920;
/** The slate's colour, behind what is transparent. */
const GROUND = { red: 6, green: 21, blue: 28 };
/** A picture of nothing but noise has 11 MB. */
const MAX_OUTPUT_BYTES = 16 << 20;
const TIMEOUT_MS = 10_000;
/** What is live comes first. */
const NICENESS = 10;

/** What may become a slate. @throws {PictureTypeUnknown} {PictureNotUsable} */
export function checkPicture(bytes: Buffer): PictureHead {
  const head = readPictureHead(bytes);
  if (head === undefined) throw new PictureTypeUnknown();
  const { width, height, isAnimated } = head;
  if (isAnimated) throw new PictureNotUsable('it is an animation, and has to stand still');
  if (width === 0 || height === 0) throw new PictureDamaged();
  const isFit = Math.min(width, height) >= MIN_SIDE && Math.max(width, height) <= MAX_SIDE;
  if (!isFit) throw new PictureNotUsable(`it has ${width} × ${height} pixels, and each side needs ${MIN_SIDE} to ${MAX_SIDE}`);
  return head;
}

/** Decodes one picture from stdin and gives it to stdout as a PNG with nothing but pixels. */
export function plainPictureArguments(format: PictureHead['format']): string[] {
  const fit = `min(1,${LONG_SIDE}/max(iw,ih))`;
  const { red, green, blue } = GROUND;
  const filters = [
    `[0:v]scale=w='iw*${fit}':h='ih*${fit}',setsar=1,format=rgba,split[picture][under]`,
    `[under]lutrgb=r=${red}:g=${green}:b=${blue}:a=255[ground]`,
    '[ground][picture]overlay=format=rgb,sidedata=mode=delete,format=rgb24[plain]', // side data: EXIF, colour profiles
  ];
  return [
    '-hide_banner', '-nostdin',
    '-loglevel', 'error', // stderr is kept for the log
    '-max_alloc', String(256 << 20), '-max_pixels', String(MAX_SIDE * MAX_SIDE), // whatever a second head inside may claim
    '-filter_complex_threads', '1', '-threads', '1',
    '-err_detect', 'explode', '-xerror', // half a picture is none
    '-protocol_whitelist', 'pipe', '-f', `${format}_pipe`, '-i', 'pipe:0', // and nothing that it may point to
    '-filter_complex', filters.join(';'),
    '-map', '[plain]', '-frames:v', '1',
    '-map_metadata', '-1', // where and by whom it was taken is nobody's business
    '-threads', '1', '-c:v', 'png', '-f', 'image2pipe', 'pipe:1',
  ];
}

/**
 * Someone's picture as a PNG that this server has written itself: one picture, no larger than it is shown.
 * @throws {PictureDamaged} when FFmpeg cannot read it, or not in time.
 * @throws {ProcessNotStarted} when there is no FFmpeg.
 */
export async function makePlainPicture(bytes: Buffer, options: { format: PictureHead['format']; ffmpegPath: string; signal: AbortSignal }): Promise<Buffer> {
  const child = await Process.start({ command: options.ffmpegPath, args: plainPictureArguments(options.format), stdout: true, niceness: NICENESS });
  const png = child.collect(child.stdout, MAX_OUTPUT_BYTES);
  child.stdin.end(bytes);
  const { code, stderr } = await child.exitedWithin({ timeoutMs: TIMEOUT_MS, signal: options.signal });
  // FFmpeg also ends with 0 when it found nothing to decode.
  if (code !== 0 || png.length === 0) throw new PictureDamaged({ cause: stderr.join(' | ') });
  return Buffer.concat(png);
}
