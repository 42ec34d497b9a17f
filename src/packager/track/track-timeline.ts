import type { Frame } from '../../streams/index.js';
import type { Sample } from '../cmaf/fragment.js';

interface TimedSample {
  /** Decode time in ticks. */
  decodeTicks: number;
  sample: Sample;
}

/** A frame that lies further than this behind the one before starts anew from its own timestamp. */
const RESYNC_MS = 30;
const FIRST_DURATION_MS = 40;
const MAX_DURATION_MS = 10_000;

/**
 * Turns the millisecond timestamps of RTMP into exact sample times. Video lasts until the next picture. Audio frames
 * have a fixed number of samples, and are counted: their millisecond stamps only round to it.
 */
export class TrackTimeline {
  readonly timescale: number;
  readonly #frameTicks: number | undefined;
  #pending: Frame | undefined;
  #lastDurationTicks: number;
  #nextTicks: number | undefined;

  constructor(options: { timescale: number; frameTicks: number | undefined }) {
    this.timescale = options.timescale;
    this.#frameTicks = options.frameTicks;
    this.#lastDurationTicks = options.frameTicks ?? Math.round((FIRST_DURATION_MS * options.timescale) / 1000);
  }

  /** Takes a frame; gives back the sample whose duration is known by now, if any. */
  push(frame: Frame): TimedSample | undefined {
    if (this.#frameTicks !== undefined) return this.#countAudio(frame, this.#frameTicks);
    const done = this.flush(frame);
    this.#pending = frame;
    return done;
  }

  /** Gives back the waiting picture; it lasts until `next`, or as long as the one before. */
  flush(next?: Frame): TimedSample | undefined {
    const frame = this.#pending;
    if (frame === undefined) return undefined;
    this.#pending = undefined;
    const measured = next === undefined ? undefined : this.#ticks(next.dtsMs) - this.#ticks(frame.dtsMs);
    // A picture never stands for longer than this: what follows is a hole, and starts from its own time.
    const isPlausible = measured !== undefined && measured > 0 && measured <= (MAX_DURATION_MS * this.timescale) / 1000;
    if (isPlausible) this.#lastDurationTicks = measured;
    return {
      decodeTicks: this.#ticks(frame.dtsMs),
      sample: {
        durationTicks: this.#lastDurationTicks,
        compositionOffsetTicks: this.#ticks(frame.ptsMs) - this.#ticks(frame.dtsMs),
        isKey: frame.isKey,
        payload: frame.payload,
      },
    };
  }

  /** Undefined for a frame whose time other frames have taken: decode times never go back. */
  #countAudio(frame: Frame, durationTicks: number): TimedSample | undefined {
    const stamped = this.#ticks(frame.ptsMs);
    const expected = this.#nextTicks ?? stamped;
    const isNear = Math.abs(stamped - expected) <= (RESYNC_MS * this.timescale) / 1000;
    if (!isNear && stamped < expected) return undefined;
    const decodeTicks = isNear ? expected : stamped;
    this.#nextTicks = decodeTicks + durationTicks;
    return { decodeTicks, sample: { durationTicks, compositionOffsetTicks: 0, isKey: true, payload: frame.payload } };
  }

  #ticks(timeMs: number): number {
    return Math.round((timeMs * this.timescale) / 1000);
  }
}
