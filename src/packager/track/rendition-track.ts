import type { AudioConfig, Frame, VideoConfig } from '../../streams/index.js';
import { fragment } from '../cmaf/fragment.js';
import type { Sample } from '../cmaf/fragment.js';
import { timescaleOf } from '../cmaf/init.js';
import type { Boundary, SegmentClock } from './segment-clock.js';
import { SHORTEST_SHARE } from '../segment.js';
import type { Part } from '../segment.js';
import { TrackTimeline } from './track-timeline.js';

/** A finished segment, before it has a place. */
export interface PackedSegment {
  boundary: Boundary;
  durationMs: number;
  frames: number;
  parts: Part[];
}

export interface RenditionTrackOptions {
  kind: 'video' | 'audio';
  clock: SegmentClock;
  partMs: number;
  /** A part that will be in its segment whatever comes. */
  onPart: (boundary: Boundary, part: Part) => void;
  onSegment: (segment: PackedSegment) => void;
}

interface OpenSegment {
  boundary: Boundary;
  parts: Part[];
  ticks: number;
  sizeBytes: number;
}

interface OpenPart {
  decodeTicks: number;
  samples: Sample[];
  ticks: number;
}

/** Audio waits for the video that decides its boundaries, this long at most: longer than a hung encoder is left alive. */
const MAX_HELD_MS = 6_500;
const ROUNDED_MS = 0.5;
/** Milliseconds of RTMP round a steady rate to lengths that differ by one. */
const STEADY_MS = 2;
/** What a segment that misses its key frame may hold of memory. */
const MAX_OVERLONG_BYTES = 32 << 20;

/** Packs the frames of one rendition into parts and segments along the segment clock. */
export class RenditionTrack {
  readonly #kind: 'video' | 'audio';
  readonly #clock: SegmentClock;
  readonly #partMs: number;
  readonly #onPart: RenditionTrackOptions['onPart'];
  readonly #onSegment: RenditionTrackOptions['onSegment'];
  #take = -1;
  /** Whether this track's own frames decide the boundaries: video, or audio without video. */
  #leads: boolean;
  #timeline: TrackTimeline | undefined;
  #segment: OpenSegment | undefined;
  #part: OpenPart | undefined;
  #lastTicks = 0;
  #held: Frame[] = [];
  #sequence = 0;

  constructor(options: RenditionTrackOptions) {
    this.#kind = options.kind;
    this.#clock = options.clock;
    this.#partMs = options.partMs;
    this.#onPart = options.onPart;
    this.#onSegment = options.onSegment;
    this.#leads = options.kind === 'video';
  }

  /** Starts the track's part of a take; what is open of the take before is closed. */
  startTake(take: number, config: VideoConfig | AudioConfig, options: { leads: boolean }): void {
    this.finishTake();
    this.#take = take;
    this.#leads = options.leads;
    this.#timeline = new TrackTimeline({ timescale: timescaleOf(config), frameTicks: config.kind === 'audio' ? config.frameSamples : undefined });
  }

  push(frame: Frame): void {
    if (!this.#leads) {
      this.#held.push(frame);
      this.release();
      return;
    }
    this.#pack(frame);
    if (this.#kind === 'audio') return;
    this.#clock.advance(this.#take, frame.dtsMs);
    if ((this.#segment?.sizeBytes ?? 0) > MAX_OVERLONG_BYTES && this.#clock.isOverlong) this.#clock.endOverlong();
  }

  /** Packs held audio whose boundaries are settled. */
  release(): void {
    const last = this.#held.at(-1);
    if (last === undefined) return;
    const overdueMs = last.ptsMs - MAX_HELD_MS;
    let count = 0;
    for (const frame of this.#held) {
      if (!this.#clock.isSettled(this.#take, frame.ptsMs) && frame.ptsMs > overdueMs) break;
      count++;
    }
    for (const frame of this.#held.splice(0, count)) {
      // Overdue audio has no video behind it any more: it cuts for itself, so that listeners go on.
      if (!this.#clock.isSettled(this.#take, frame.ptsMs)) this.#clock.atAudioFrame(this.#take, frame.ptsMs);
      this.#pack(frame);
    }
  }

  /** Packs what is left and closes the open segment: the take is over for this track. */
  finishTake(): void {
    for (const frame of this.#held.splice(0)) this.#pack(frame);
    this.#finishSegment();
    this.#timeline = undefined;
  }

  /** Closes a segment that was left open before this number: the rest of it would come too late. */
  closeBefore(number: number): void {
    if (this.#segment !== undefined && this.#segment.boundary.number < number) this.#finishSegment();
  }

  #finishSegment(): void {
    this.#takeSample(this.#timeline?.flush());
    this.#closeSegment();
  }

  #pack(frame: Frame): void {
    const start = this.#boundaryFor(frame);
    if (start !== undefined && start !== this.#segment?.boundary) {
      this.#takeSample(this.#timeline?.flush(frame));
      this.#closeSegment();
      this.#segment = { boundary: start, parts: [], ticks: 0, sizeBytes: 0 };
    }
    if (this.#hasMissedBoundary(frame)) this.#finishSegment();
    // Before the first boundary, or after a missed one, there is nothing to decode from.
    if (this.#segment === undefined) return;
    this.#takeSample(this.#timeline?.push(frame));
  }

  /** A rung whose key frame was lost must not run on into the segment that the others have begun. */
  #hasMissedBoundary(frame: Frame): boolean {
    if (this.#kind === 'audio' || this.#segment === undefined) return false;
    const next = this.#clock.find(this.#segment.boundary.number + 1);
    return next !== undefined && next.take === this.#take && frame.ptsMs > next.startMs;
  }

  #boundaryFor(frame: Frame): Boundary | undefined {
    if (this.#kind === 'audio') {
      if (this.#leads) this.#clock.atAudioFrame(this.#take, frame.ptsMs);
      return this.#clock.boundaryAt(this.#take, frame.ptsMs);
    }
    if (frame.isKey) return this.#clock.atKeyFrame(this.#take, frame.ptsMs);
    return undefined;
  }

  #takeSample(timed: { decodeTicks: number; sample: Sample } | undefined): void {
    const segment = this.#segment;
    if (timed === undefined || segment === undefined) return;
    const { decodeTicks, sample } = timed;
    // A part has one decode time: what does not follow on without a gap starts the next one.
    const followsOn = this.#part !== undefined && decodeTicks === this.#part.decodeTicks + this.#part.ticks;
    if (!followsOn || (!this.#fits(sample.durationTicks) && this.#isLongEnough())) this.#closePart();
    this.#part ??= { decodeTicks, samples: [], ticks: 0 };
    this.#part.samples.push(sample);
    this.#part.ticks += sample.durationTicks;
    segment.ticks += sample.durationTicks;
    segment.sizeBytes += sample.payload.length;
    const isSteady = Math.abs(sample.durationTicks - this.#lastTicks) * 1000 <= STEADY_MS * this.#timescale;
    this.#lastTicks = sample.durationTicks;
    // Uneven pictures: the next one may still fit.
    if (!this.#fits(sample.durationTicks) && (isSteady || this.#isLongEnough())) this.#closePart();
  }

  /** Whether the open part has room for a sample of this length. */
  #fits(durationTicks: number): boolean {
    return this.#msOf((this.#part?.ticks ?? 0) + durationTicks) <= this.#partMs;
  }

  /** Whether the open part may end without breaking the rule for the shortest one. */
  #isLongEnough(): boolean {
    return this.#msOf(this.#part?.ticks ?? 0) >= SHORTEST_SHARE * this.#partMs;
  }

  #msOf(ticks: number): number {
    return (ticks * 1000) / this.#timescale;
  }

  get #timescale(): number {
    return this.#timeline?.timescale ?? 1;
  }

  #closePart(): void {
    const { segment, part } = { segment: this.#segment, part: this.#part };
    this.#part = undefined;
    const first = part?.samples[0];
    if (segment === undefined || part === undefined || first === undefined) return;
    const buffers = fragment(this.#sequence++, part.decodeTicks, part.samples);
    const packed: Part = {
      startMs: this.#msOf(part.decodeTicks),
      durationMs: this.#msOf(part.ticks),
      frames: part.samples.length,
      isIndependent: first.isKey,
      sizeBytes: buffers.reduce((sum, buffer) => sum + buffer.length, 0),
      buffers,
    };
    segment.parts.push(packed);
    // What players have been told of may not be taken back.
    if (!this.#isLate(segment.boundary, packed)) this.#onPart(segment.boundary, packed);
  }

  #closeSegment(): void {
    this.#closePart();
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment === undefined || segment.parts.length === 0) return;
    const parts = this.#partsInside(segment);
    this.#onSegment({ boundary: segment.boundary, durationMs: this.#durationMs(segment), frames: parts.reduce((sum, part) => sum + part.frames, 0), parts });
  }

  /** Without the pictures after a boundary that no key frame made: they belong to segments that this track has not. */
  #partsInside({ boundary, parts }: OpenSegment): Part[] {
    const next = this.#clock.find(boundary.number + 1);
    if (this.#kind === 'audio' || next?.take !== boundary.take) return parts;
    const isLonger = next.startMs - boundary.startMs > this.#clock.longestMs;
    return parts.filter((part, i) => i === 0 || (part.startMs < next.startMs && (isLonger || !this.#isLate(boundary, part))));
  }

  /** Whether a part goes beyond what a segment can hold, and may still be dropped. */
  #isLate(boundary: Boundary, { startMs, durationMs }: Part): boolean {
    return this.#kind === 'video' && startMs + durationMs > boundary.startMs + this.#clock.longestMs + ROUNDED_MS;
  }

  /** Up to the next boundary, so that the playlists of all rungs keep one time; the last of a take as long as it is. */
  #durationMs({ boundary, ticks }: OpenSegment): number {
    const next = this.#clock.find(boundary.number + 1);
    if (next?.take === boundary.take) return next.startMs - boundary.startMs;
    const durationMs = this.#msOf(ticks);
    this.#clock.keepLength(boundary, durationMs);
    return durationMs;
  }
}
