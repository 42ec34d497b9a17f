/** A time as black and white blocks in the top rows of a picture, so that it survives encoding, scaling and display. */

const TIME_BITS = 32;
const CHECK_BITS = 8;
/** Blocks side by side across the picture. */
export const BLOCKS = TIME_BITS + CHECK_BITS;
/** Height of the blocks as a share of the picture's: 32 rows of 720. */
export const HEIGHT_SHARE = 32 / 720;
const BLACK = 16;
const WHITE = 235;

/** Paints a time into the luma plane of a picture. @param timeMs whole milliseconds since 1970. */
export function paint(luma: Buffer, size: { width: number; height: number }, timeMs: number): void {
  const bits = bitsOf(timeMs);
  const rows = Math.round(size.height * HEIGHT_SHARE);
  for (let block = 0; block < BLOCKS; block++) {
    const from = Math.round((block * size.width) / BLOCKS);
    const to = Math.round(((block + 1) * size.width) / BLOCKS);
    luma.fill(bits[block] === '1' ? WHITE : BLACK, from, to);
  }
  for (let row = 1; row < rows; row++) luma.copyWithin(row * size.width, 0, size.width);
}

/** The time that blocks say, ms since 1970; undefined when they were misread. @param nearMs a time less than 24 days away. */
export function timeOf(bits: string, nearMs: number): number | undefined {
  if (bits.length !== BLOCKS) return undefined;
  const low = Number.parseInt(bits.slice(0, TIME_BITS), 2);
  if (Number.parseInt(bits.slice(TIME_BITS), 2) !== checkOf(low)) return undefined;
  const span = 2 ** TIME_BITS;
  return low + Math.round((nearMs - low) / span) * span;
}

function bitsOf(timeMs: number): string {
  const low = timeMs % 2 ** TIME_BITS;
  return low.toString(2).padStart(TIME_BITS, '0') + checkOf(low).toString(2).padStart(CHECK_BITS, '0');
}

/** So chosen that a picture all black or all white says no time. */
function checkOf(low: number): number {
  return ((low ^ (low >>> 8) ^ (low >>> 16) ^ (low >>> 24)) & 0xff) ^ 0xa5;
}
