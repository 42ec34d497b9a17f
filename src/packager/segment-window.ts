import type { Segment } from './segment.js';

/** Bitrates smooth over this many segments. */
const RATED_SEGMENTS = 30;
const SHORT_MS = 500;
/** Playlists list the parts of three target durations; a slow player asks for some that just went. */
const SEGMENTS_WITH_PARTS = 16;
/** RFC 8216bis §6.2.2: what stays listed may not be shorter than three target durations. */
const LEAST_TARGETS = 3;
const USUAL_RATES = [24, 25, 30, 50, 60, 24000 / 1001, 30000 / 1001, 60000 / 1001];

/**
 * The segments of one rendition that viewers may still fetch: those of the live playlist, those before them that can be
 * rewound to, and delisted ones kept for slow players.
 */
export class SegmentWindow {
  readonly #windowMs: number;
  readonly #dvrMs: number;
  readonly #targetMs: () => number;
  readonly #onExpired: (segment: Segment) => void;
  #listed: Segment[] = [];
  #delisted: Segment[] = [];
  /** How many of the listed ones the live playlist has left behind: it never takes one back. */
  #rewindOnly = 0;
  #longestMs = 0;
  #rates: { bps: number; durationMs: number; frames: number }[] = [];

  /**
   * @param options.targetMs the target duration, which may grow.
   * @param options.dvrMs how far viewers can rewind.
   */
  constructor(options: { windowMs: number; dvrMs: number; targetMs: () => number; onExpired: (segment: Segment) => void }) {
    this.#windowMs = options.windowMs;
    this.#dvrMs = options.dvrMs;
    this.#targetMs = options.targetMs;
    this.#onExpired = options.onExpired;
  }

  /** What the live playlist lists. */
  get listed(): readonly Segment[] {
    return this.#listed.slice(this.#rewindOnly);
  }

  /** All that can be rewound to. */
  get rewindable(): readonly Segment[] {
    return this.#listed;
  }

  get last(): Segment | undefined {
    return this.#listed.at(-1);
  }

  /** Highest and mean bitrate of late segments, bit/s (RFC 8216bis §4.4.6.2). */
  get rate(): { peakBps: number; averageBps: number } {
    const durationMs = this.#rates.reduce((sum, rate) => sum + rate.durationMs, 0);
    if (durationMs === 0) return { peakBps: 0, averageBps: 0 };
    const bits = this.#rates.reduce((sum, rate) => sum + (rate.bps * rate.durationMs) / 1000, 0);
    return { peakBps: Math.max(...this.#rates.map((rate) => rate.bps)), averageBps: (bits * 1000) / durationMs };
  }

  /** Pictures a second in late segments; a usual rate where it is one but for rounding. */
  get framesPerSec(): number {
    const durationMs = this.#rates.reduce((sum, rate) => sum + rate.durationMs, 0);
    if (durationMs === 0) return 0;
    const measured = (this.#rates.reduce((sum, rate) => sum + rate.frames, 0) * 1000) / durationMs;
    return USUAL_RATES.find((usual) => Math.abs(measured - usual) < usual * 0.0006) ?? measured;
  }

  /** A segment that still has bytes, by its number. */
  find(number: number): Segment | undefined {
    const isIt = (segment: Segment): boolean => segment.number === number;
    return this.#listed.findLast(isIt) ?? this.#delisted.findLast(isIt);
  }

  add(segment: Segment): void {
    this.#listed.push(segment);
    const old = this.#listed.at(-1 - SEGMENTS_WITH_PARTS);
    if (old !== undefined) old.parts = [];
    if (!segment.isGap) this.#measure(segment);
    this.#slide();
  }

  /** Every segment that still has bytes. */
  all(): Segment[] {
    return [...this.#delisted, ...this.#listed];
  }

  #slide(): void {
    const windowMs = Math.max(this.#windowMs, LEAST_TARGETS * this.#targetMs());
    while (this.#spanMs(this.listed) - (this.#listed[this.#rewindOnly]?.durationMs ?? 0) >= windowMs) this.#rewindOnly++;
    while (this.#spanMs(this.#listed) - (this.#listed[0]?.durationMs ?? 0) >= Math.max(windowMs, this.#dvrMs)) {
      const first = this.#listed.shift();
      this.#rewindOnly = Math.max(0, this.#rewindOnly - 1);
      if (first !== undefined) this.#delisted.push(first);
    }
    this.#longestMs = Math.max(this.#longestMs, this.#spanMs(this.#listed));
    // A delisted segment stays fetchable for its own duration and that of the longest playlist that named it (same section).
    let first = this.#delisted[0];
    while (first !== undefined && this.#spanMs(this.#delisted) - first.durationMs >= first.durationMs + this.#longestMs) {
      this.#delisted.shift();
      this.#onExpired(first);
      first = this.#delisted[0];
    }
  }

  #spanMs(segments: readonly Segment[]): number {
    return segments.reduce((sum, segment) => sum + segment.durationMs, 0);
  }

  #measure(segment: Segment): void {
    // A short last segment is cut anywhere and says little.
    if (segment.durationMs < SHORT_MS && this.#rates.length > 0) return;
    this.#rates.push({ bps: (segment.sizeBytes * 8000) / segment.durationMs, durationMs: segment.durationMs, frames: segment.frames });
    if (this.#rates.length > RATED_SEGMENTS) this.#rates.shift();
  }
}
