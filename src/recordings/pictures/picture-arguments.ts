import { SHEET, TILE } from './storyboard.js';

/** Where the new tile goes. */
export interface TileTarget {
  x: number;
  y: number;
  /** The sheet as it is; a new one is begun when undefined. */
  sheetFile: string | undefined;
}

/** The brightness of the whole picture, for telling a blank one. */
export const GREY = { width: 32, height: 18 } as const;

const LONG_SIDE = 640;
/** Sharp enough for a preview; a sheet of camera pictures has 300 KB. */
const QUALITY = ['-q:v', '4'];
/** A picture of 8K. What claims to be larger is not decoded. */
const MAX_PIXELS = 36_000_000;
const MAX_ALLOCATION_BYTES = 256 << 20;

/**
 * Decodes one key frame: grey pixels to stdout, the picture to pipe 3, the sheet with its new tile to pipe 4. Init
 * segment and part come in by stdin.
 */
export function pictureArguments(target: TileTarget): string[] {
  return [
    '-hide_banner', '-nostdin',
    '-loglevel', 'error', // stderr is kept for the report of a failure
    '-max_alloc', String(MAX_ALLOCATION_BYTES), '-max_pixels', String(MAX_PIXELS), // what an init segment claims is the publisher's word
    '-filter_complex_threads', '1', '-threads', '1', // threads would cost more than one picture, and memory each
    '-skip_frame', 'nokey', // the part may hold more pictures
    '-protocol_whitelist', 'pipe', '-f', 'mp4', '-i', 'pipe:0', // and nothing that it may point to
    ...(target.sheetFile === undefined ? [] : ['-f', 'jpeg_pipe', '-i', `file:${target.sheetFile}`]),
    '-filter_complex', filterGraph(target),
    ...jpegOutput('picture', 3),
    ...jpegOutput('sheet', 4),
    '-map', '[grey]', '-frames:v', '1', '-f', 'rawvideo', 'pipe:1',
  ];
}

function filterGraph({ x, y, sheetFile }: TileTarget): string {
  const { width, height } = TILE;
  // yuvj420p is what JPEG holds: tiles are then laid side by side without another conversion.
  return [
    `[0:v]trim=end_frame=1,setpts=0,${scaleToDisplay()},setsar=1,format=yuvj420p,split=3[picture][forTile][forGrey]`,
    `[forTile]scale=${width}:${height}:force_original_aspect_ratio=decrease,pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,setsar=1[tile]`,
    sheetFile === undefined
      ? `[tile]pad=${SHEET.columns * width}:${SHEET.rows * height}:${x}:${y}[sheet]`
      : `[1:v][tile]overlay=${x}:${y}[sheet]`,
    `[forGrey]scale=${GREY.width}:${GREY.height},format=gray[grey]`,
  ].join(';');
}

/** Square pixels, even sizes, no larger than it was. */
function scaleToDisplay(): string {
  const fit = `min(1,${LONG_SIDE}/max(iw*sar,ih))`;
  const even = (size: string): string => `'2*max(1,round(${size}*${fit}/2))'`;
  return `scale=w=${even('iw*sar')}:h=${even('ih')}`;
}

function jpegOutput(label: string, pipe: number): string[] {
  return ['-map', `[${label}]`, '-frames:v', '1', '-threads', '1', ...QUALITY, '-f', 'mjpeg', `pipe:${pipe}`];
}
