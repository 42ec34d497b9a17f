import { percentilesOf } from '../measure/percentiles.js';
import type { Percentiles } from '../measure/percentiles.js';

/** When requests for one part went out, and when their answers were whole: ms on a clock that all processes share. */
export interface PartTimes {
  sentMs: number[];
  arrivedMs: number[];
}

export interface ViewerLog {
  parts: Record<string, PartTimes>;
  /** How often an answer was not 200, by status or error code. */
  errors: Record<string, number>;
}

export interface WaitFigures {
  /** Parts that became ready. */
  parts: number;
  /** From the first answer to anybody, the witness included, to each answer to a viewer that was waiting by then. */
  delayMs: Percentiles | undefined;
  /** Requests that came when the part was there already: those viewers lagged … */
  late: number;
  /** … and these lagged so far that they never asked for the part. */
  skipped: number;
}

/** A stretch of the same clock. */
export interface Stretch {
  fromMs: number;
  toMs: number;
}

/**
 * How long after a part was ready each viewer had the playlist with it. Ready is when the first of all had it: the
 * viewers and a witness, which asks the server directly.
 */
export function waitsOf(viewers: ViewerLog, witness: ViewerLog, { count, stretch }: { count: number; stretch: Stretch }): WaitFigures {
  const delays: number[] = [];
  let [parts, late, skipped] = [0, 0, 0];
  for (const [query, { sentMs, arrivedMs }] of Object.entries(viewers.parts)) {
    const readyMs = Math.min(...arrivedMs, ...(witness.parts[query]?.arrivedMs ?? []));
    if (readyMs < stretch.fromMs || readyMs > stretch.toMs) continue;
    parts++;
    skipped += count - arrivedMs.length;
    arrivedMs.forEach((arrived, index) => {
      if ((sentMs[index] ?? 0) < readyMs) delays.push(arrived - readyMs);
      else late++;
    });
  }
  return { parts, delayMs: percentilesOf(delays), late, skipped };
}

/** How many requests went out in a stretch of time. */
export function requestsIn({ parts }: ViewerLog, { fromMs, toMs }: Stretch): number {
  return Object.values(parts).flatMap(({ sentMs }) => sentMs).filter((ms) => ms >= fromMs && ms < toMs).length;
}
