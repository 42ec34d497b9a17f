/** The start of a segment, the same for every rendition. */
export interface Boundary {
  /** Media sequence number, from 0. */
  number: number;
  startMs: number;
  take: number;
  /** Discontinuities before it since the broadcast began. */
  discontinuity: number;
}

export interface SegmentClockOptions {
  /** Wanted segment length, ms. */
  targetMs: number;
  /** Longest segment that still rounds to the target duration (RFC 8216bis §4.4.3.1), ms. */
  maxMs: number;
}

/** RFC 8216bis §4.4.3.1: a segment's duration, rounded, may not exceed the target duration. */
export const ROUNDING_MS = 499;

interface Decision {
  take: number;
  ptsMs: number;
  boundary: Boundary | undefined;
}

/** A frame that could start a segment. */
interface Candidate {
  take: number;
  ptsMs: number;
  isKeyFrame: boolean;
  /** How far away the next such frame may be. */
  nextKeyMs: number;
}

const DECISIONS_KEPT = 256;
const BOUNDARIES_KEPT = 4096;
const KEY_DISTANCES = 8;
/** Two rungs show the same picture at the same time; only rounding lies between them. */
const SAME_PICTURE_MS = 8;
const JITTER_MS = 20;
/** A segment that no key frame ends within this many target durations is ended without one. */
const MAX_OPEN_TARGETS = 3;

/**
 * Decides where segments start. Every rendition asks about its own key frames; the first to present one decides,
 * the others get the same answer, so numbers and boundaries are equal across rungs.
 */
export class SegmentClock {
  #targetMs: number;
  #maxMs: number;
  readonly #decisions: Decision[] = [];
  readonly #boundaries: Boundary[] = [];
  /** Durations of segments that end a take, by number: no boundary of their take ends them. */
  readonly #lastLengthsMs = new Map<number, number>();
  readonly #keyDistancesMs: number[] = [];
  #horizon = { take: -1, dtsMs: -Infinity };
  #expectedKeyDistanceMs = 0;
  /** The latest boundary was set without a picture: the next key frame starts a segment wherever it is. */
  #awaitsKeyFrame = false;

  constructor(options: SegmentClockOptions) {
    this.#targetMs = options.targetMs;
    this.#maxMs = options.maxMs;
  }

  /** Announces the next take and how far apart its key frames are expected. */
  startTake(expectedKeyDistanceMs: number, limits: SegmentClockOptions): void {
    this.#targetMs = limits.targetMs;
    this.#maxMs = limits.maxMs;
    this.#keyDistancesMs.length = 0;
    this.#expectedKeyDistanceMs = expectedKeyDistanceMs;
  }

  /** Goes on after a boundary of an earlier run of the server. @param durationMs how long its segment is. */
  resume(last: Boundary, durationMs: number): void {
    this.#boundaries.push(last);
    this.keepLength(last, durationMs);
  }

  get latest(): Boundary | undefined {
    return this.#boundaries.at(-1);
  }

  find(number: number): Boundary | undefined {
    const first = this.#boundaries[0];
    return first === undefined ? undefined : this.#boundaries[number - first.number];
  }

  /** Tells how long the last segment of a take is in one rendition; the longest holds for the take. */
  keepLength({ number }: Boundary, durationMs: number): void {
    this.#lastLengthsMs.set(number, Math.max(durationMs, this.#lastLengthsMs.get(number) ?? 0));
  }

  /** How long a segment is, ms: up to the next of its take, or to the end of the take, not to the start of another. */
  durationOf(boundary: Boundary): number | undefined {
    const next = this.find(boundary.number + 1);
    return next?.take === boundary.take ? next.startMs - boundary.startMs : this.#lastLengthsMs.get(boundary.number);
  }

  /** The boundary at this key frame, or undefined when the running segment goes on. */
  atKeyFrame(take: number, ptsMs: number): Boundary | undefined {
    const last = this.#decisions.at(-1);
    if (last?.take === take && ptsMs - last.ptsMs > SAME_PICTURE_MS) this.#keepDistance(ptsMs - last.ptsMs);
    const nextKeyMs = this.#awaitsKeyFrame ? Infinity : Math.max(this.#expectedKeyDistanceMs, ...this.#keyDistancesMs);
    return this.#decide({ take, ptsMs, isKeyFrame: true, nextKeyMs });
  }

  /** The same for sound that cuts for itself: each frame could start a segment, so none has to be early. */
  atAudioFrame(take: number, ptsMs: number): Boundary | undefined {
    return this.#decide({ take, ptsMs, isKeyFrame: false, nextKeyMs: 0 });
  }

  #decide({ take, ptsMs, isKeyFrame, nextKeyMs }: Candidate): Boundary | undefined {
    const known = this.#decisions.findLast((decision) => decision.take === take && Math.abs(decision.ptsMs - ptsMs) <= SAME_PICTURE_MS);
    if (known) return known.boundary;
    const last = this.#decisions.at(-1);
    if (last && (take < last.take || (take === last.take && ptsMs < last.ptsMs))) return undefined;
    const boundary = this.#shouldCut(take, ptsMs, nextKeyMs) ? this.#cut(take, ptsMs, { isKeyFrame }) : undefined;
    this.#keepDecision({ take, ptsMs, boundary });
    return boundary;
  }

  #keepDecision(decision: Decision): void {
    this.#decisions.push(decision);
    if (this.#decisions.length > DECISIONS_KEPT) this.#decisions.shift();
  }

  /** Tells how far video has come: no boundary can fall before this time any more. */
  advance(take: number, dtsMs: number): void {
    if (take > this.#horizon.take || (take === this.#horizon.take && dtsMs > this.#horizon.dtsMs)) this.#horizon = { take, dtsMs };
    const patienceMs = this.#awaitsKeyFrame ? this.#maxMs : MAX_OPEN_TARGETS * (this.#maxMs - ROUNDING_MS);
    if (this.#openMs() > patienceMs) this.endOverlong();
  }

  /** Length that no segment with a key frame at its end exceeds, ms. */
  get longestMs(): number {
    return this.#maxMs;
  }

  /** Whether the running segment is longer than the target duration: its key frame is late. */
  get isOverlong(): boolean {
    return this.#openMs() > this.#maxMs;
  }

  /** Ends the running segment where no segment may be longer, and those after it, up to where video has come. */
  endOverlong(): void {
    while (this.#openMs() >= this.#maxMs) {
      const boundary = this.#cut(this.#horizon.take, (this.latest?.startMs ?? 0) + this.#maxMs, { isKeyFrame: false });
      this.#keepDecision({ take: boundary.take, ptsMs: boundary.startMs, boundary });
    }
  }

  /** Whether every boundary up to this time is known. */
  isSettled(take: number, ptsMs: number): boolean {
    if (take !== this.#horizon.take) return take < this.#horizon.take;
    const last = this.latest;
    // Where a segment is as long as it may be and no key frame came, a boundary may still be set without one.
    const isFull = last?.take === take && ptsMs >= last.startMs + this.#maxMs;
    return ptsMs < this.#horizon.dtsMs && !isFull;
  }

  /** The latest boundary of this take at or before a time. */
  boundaryAt(take: number, ptsMs: number): Boundary | undefined {
    return this.#boundaries.findLast((boundary) => boundary.take === take && boundary.startMs <= ptsMs);
  }

  /** How much video the running segment has, ms. */
  #openMs(): number {
    const last = this.latest;
    return last?.take === this.#horizon.take ? this.#horizon.dtsMs - last.startMs : 0;
  }

  #shouldCut(take: number, ptsMs: number, nextKeyMs: number): boolean {
    const last = this.latest;
    if (last?.take !== take) return true;
    const elapsedMs = ptsMs - last.startMs;
    return elapsedMs >= this.#targetMs - JITTER_MS || elapsedMs + nextKeyMs > this.#maxMs;
  }

  #cut(take: number, startMs: number, { isKeyFrame }: { isKeyFrame: boolean }): Boundary {
    this.#awaitsKeyFrame = !isKeyFrame;
    const last = this.latest;
    const discontinuity = last === undefined ? 0 : last.discontinuity + (last.take === take ? 0 : 1);
    const boundary = { number: last === undefined ? 0 : last.number + 1, startMs, take, discontinuity };
    this.#boundaries.push(boundary);
    if (this.#boundaries.length > BOUNDARIES_KEPT) this.#lastLengthsMs.delete(this.#boundaries.shift()?.number ?? -1);
    return boundary;
  }

  #keepDistance(distanceMs: number): void {
    this.#keyDistancesMs.push(distanceMs);
    if (this.#keyDistancesMs.length > KEY_DISTANCES) this.#keyDistancesMs.shift();
  }
}
