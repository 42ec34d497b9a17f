import { execFileSync } from 'node:child_process';

/** A picture of one colour (or, as `testsrc2=…`, another source of FFmpeg's), made on the spot. */
export function makePicture(source: string, output: string[]): Buffer {
  const input = source.includes('=') ? source : `color=${source}:s=640x480`;
  return execFileSync(process.env['FFMPEG_PATH'] ?? 'ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', input, ...output, 'pipe:1'], { maxBuffer: 64 << 20 });
}

export const ONE_PNG = ['-frames:v', '1', '-c:v', 'png', '-f', 'image2pipe'];
export const ONE_JPEG = ['-frames:v', '1', '-c:v', 'mjpeg', '-f', 'image2pipe'];

/** The pixels of a picture, or of all pictures of a video; throws when FFmpeg cannot read it. */
export function pixelsOf(picture: Buffer): Buffer {
  return execFileSync(process.env['FFMPEG_PATH'] ?? 'ffmpeg', ['-v', 'error', '-i', 'pipe:0', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'], { input: picture, maxBuffer: 64 << 20 });
}
