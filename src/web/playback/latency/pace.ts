/** Slower than this is heard as a limp, faster as a hurry. */
const SLOWEST = 0.95;
const FASTEST = 1.08;
/** There is no hurry to fall back while this much is buffered, seconds, and slowness that lasts is felt. */
const CALM_BUFFER_SEC = 1.5;
const SLOWEST_WHEN_CALM = 0.98;
/** Change of speed for each second of distance to the target. */
const GAIN_PER_SEC = 0.2;
/** Smallest deviation worth a correction, and the one at which it is over, seconds. */
const BEGIN_SEC = 0.12;
const END_SEC = 0.04;
/** Speeds are multiples of this; one tick changes the speed by one of them, which nobody hears. */
const STEP = 0.01;
/** Further behind the target than this, speed is no help: catching up would take minutes. */
export const CATCH_UP_SEC = 5;

export interface PaceInput {
  /** Distance to the live edge, seconds. */
  latencySec: number;
  targetSec: number;
  /** What is buffered ahead, seconds. */
  bufferSec: number;
  /** Speed now. */
  rate: number;
}

/**
 * The speed of the next quarter second, so that playback drifts to its target: 0.95 to 1.08, in steps of 0.01.
 * It hurries only on what is buffered already: the edge of a silent publisher is an estimate that runs away.
 */
export function nextRate(input: PaceInput): number {
  const wanted = wantedRate(input);
  const step = Math.max(-STEP, Math.min(STEP, wanted - input.rate));
  return rounded(input.rate + step);
}

function wantedRate({ latencySec, targetSec, bufferSec, rate }: PaceInput): number {
  const gapSec = latencySec - targetSec;
  if (Math.abs(gapSec) < (rate === 1 ? BEGIN_SEC : END_SEC) || gapSec > CATCH_UP_SEC) return 1;
  if (gapSec > 0 && bufferSec < targetSec / 2) return 1;
  const change = Math.sign(gapSec) * Math.max(STEP, Math.abs(gapSec) * GAIN_PER_SEC);
  const slowest = bufferSec > CALM_BUFFER_SEC ? SLOWEST_WHEN_CALM : SLOWEST;
  return rounded(Math.max(slowest, Math.min(FASTEST, 1 + change)));
}

function rounded(rate: number): number {
  return Number(rate.toFixed(2));
}
