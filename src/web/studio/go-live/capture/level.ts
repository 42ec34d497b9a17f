/** How loud it is: the loudest sample and the power, both in dBFS (0 is the most, −100 stands for silence). */
export interface Level {
  peakDb: number;
  powerDb: number;
}

export type Loudness = 'silent' | 'quiet' | 'good' | 'loud';

const SILENCE_DB = -100;
/** Speech at a good level is around −20 dBFS; a room without anyone speaking is below −55. */
const SILENT_BELOW_DB = -55;
const QUIET_BELOW_DB = -38;
/** From here on samples are cut off. */
const LOUD_FROM_PEAK_DB = -1;
/** What a bar shows at its left end. */
const FLOOR_DB = -60;

export const NO_LEVEL: Level = { peakDb: SILENCE_DB, powerDb: SILENCE_DB };

/** The level of samples between −1 and 1. */
export function levelOf(samples: ArrayLike<number>): Level {
  let peak = 0;
  let squares = 0;
  for (let index = 0; index < samples.length; index++) {
    const sample = samples[index] ?? 0;
    peak = Math.max(peak, Math.abs(sample));
    squares += sample * sample;
  }
  return { peakDb: decibel(peak), powerDb: decibel(Math.sqrt(squares / Math.max(1, samples.length))) };
}

export function loudnessOf({ peakDb, powerDb }: Level): Loudness {
  if (peakDb >= LOUD_FROM_PEAK_DB) return 'loud';
  if (powerDb < SILENT_BELOW_DB) return 'silent';
  return powerDb < QUIET_BELOW_DB ? 'quiet' : 'good';
}

/** The louder of what is and what was, which falls by 30 dB a second: words and bars that can be read. */
export function heldLevel(before: Level, now: Level, elapsedMs: number): Level {
  const fall = (db: number) => Math.max(SILENCE_DB, db - (elapsedMs * 30) / 1000);
  return { peakDb: Math.max(now.peakDb, fall(before.peakDb)), powerDb: Math.max(now.powerDb, fall(before.powerDb)) };
}

/** How much of the bar is filled, 0 to 1. */
export function barShare({ powerDb }: Level): number {
  return Math.min(1, Math.max(0, 1 - powerDb / FLOOR_DB));
}

function decibel(amplitude: number): number {
  return amplitude <= 0 ? SILENCE_DB : Math.max(SILENCE_DB, 20 * Math.log10(amplitude));
}
