import type { RecordedIndex } from '../vod/recorded-index.js';
import type { VodTimeline } from '../vod/vod-timeline.js';

/** Whole segments of a show, and what was asked for. */
export interface Cut {
  timeline: VodTimeline;
  /** On the timeline's clock. */
  fromMs: number;
  untilMs: number;
}

export interface CutWish {
  /** On the broadcast's clock. */
  fromMs: number;
  durationMs: number;
  /** So much is no reason to take another segment: times of players and of segments are rounded. */
  closeMs?: number;
}

const CLOSE_MS = 50;

/**
 * The stretch of a show that a clip keeps, on a clock of its own from 0: whole segments, from the one that holds the start up
 * to the end, since each starts with a key frame. What players are not shown, such as a slate, does not count. It is shorter
 * where it reaches over the start or the end of the show, and undefined where there is nothing.
 */
export function cutTimeline(timeline: VodTimeline, { fromMs, durationMs, closeMs = CLOSE_MS }: CutWish): Cut | undefined {
  const shown = timeline.renditions[0]?.segments ?? [];
  const at = shown.findIndex((segment) => segment.startMs + segment.durationMs > fromMs + closeMs);
  const first = shown[at];
  if (first === undefined) return undefined;
  // What is asked for before the start of the show is missing; what of it is a slate comes after that.
  const leadMs = at === 0 ? fromMs - first.startMs : Math.max(0, fromMs - first.startMs);
  const untilMs = first.atMs + leadMs + durationMs;
  if (untilMs <= first.atMs + closeMs) return undefined;
  const after = shown.findIndex(({ atMs }, i) => i > at && atMs >= untilMs - closeMs);
  const end = after === -1 ? shown.length : after;
  const last = shown[end - 1] ?? first;
  const whole = {
    ...timeline,
    durationMs: last.atMs + last.durationMs - first.atMs,
    renditions: timeline.renditions.map((rendition) => ({
      ...rendition,
      segments: rendition.segments.slice(at, end).map((segment) => ({ ...segment, atMs: segment.atMs - first.atMs })),
    })),
    chaptersMs: [],
  };
  return { timeline: whole, fromMs: Math.max(0, leadMs), untilMs: Math.min(whole.durationMs, untilMs - first.atMs) };
}

/**
 * What of a show that is on can be cut: as far back as viewers can rewind, up to the last number that every rendition of
 * now has. Later ones are still being written, and another rendition would stand in for them.
 */
export function cuttableIndex(index: RecordedIndex, dvrMs: number): RecordedIndex {
  const take = index.takes.at(-1)?.number ?? 0;
  const current = index.renditions.filter(({ inits }) => inits.has(take));
  const lasts = current.map(({ segments }) => segments.at(-1)?.number ?? -1);
  const lastNumber = Math.min(...lasts);
  const ends = index.renditions.flatMap(({ segments }) => segments.at(-1) ?? []).map(({ startMs, durationMs }) => startMs + durationMs);
  const fromMs = Math.max(0, ...ends) - dvrMs;
  return {
    ...index,
    renditions: index.renditions.map((rendition) => ({
      ...rendition,
      segments: rendition.segments.filter(({ number, startMs }) => number <= lastNumber && startMs >= fromMs),
    })),
  };
}
