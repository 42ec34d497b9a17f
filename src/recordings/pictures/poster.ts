/** A picture that was kept because it may become the poster. */
export interface Candidate {
  /** Whole ms of the broadcast's clock. */
  atMs: number;
  /** Shows next to nothing: black, or one colour. */
  isBlank: boolean;
}

/** Where in a broadcast its poster is looked for. */
const POSTER_SHARE = 0.1;
/** The kept ones lie so much farther apart each time: near enough to any tenth, and 40 of them in a day. */
const SPACING = 1.25;
/** Of 255. A fade, a black frame with noise, a plain wall: below. A dim room with a face: above. */
const MIN_BRIGHTNESS = 16;
const MIN_SPREAD = 6;

/** Whether a picture is kept beside those that were. */
export function isWorthKeeping(kept: Candidate[], picture: Candidate): boolean {
  const [first, last] = [kept[0], kept.at(-1)];
  if (first === undefined || last === undefined) return true;
  if (picture.isBlank) return false;
  return last.isBlank || picture.atMs - first.atMs >= SPACING * (last.atMs - first.atMs);
}

/** Of those kept, the one nearest to a tenth of the broadcast so far; a blank one only when there is no other. */
export function choosePoster(kept: Candidate[], nowMs: number): Candidate | undefined {
  const startMs = kept[0]?.atMs ?? 0;
  const wantedMs = startMs + POSTER_SHARE * (nowMs - startMs);
  const distance = (one: Candidate): number => Math.abs(one.atMs - wantedMs);
  return [...kept].sort((a, b) => Number(a.isBlank) - Number(b.isBlank) || distance(a) - distance(b))[0];
}

/** @param grey the brightness of the picture's pixels, a byte each. */
export function isBlank(grey: Buffer): boolean {
  const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
  const spread = Math.sqrt(grey.reduce((sum, value) => sum + (value - mean) ** 2, 0) / grey.length);
  return mean < MIN_BRIGHTNESS || spread < MIN_SPREAD;
}
