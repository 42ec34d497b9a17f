import type { Frame } from '../../streams/index.js';

/** The clock starts above zero, so that no decode time of a re-ordered picture is negative. */
export const CLOCK_START_MS = 10_000;
const JUMP_FORWARD_MS = 3_000;
const JUMP_BACK_MS = 1_000;

/**
 * Maps the timestamps of one publication after another to one clock that runs with the wall and never goes back.
 * Zero of the clock is {@link CLOCK_START_MS} before the broadcast started.
 */
export class BroadcastClock {
  readonly #epochMs: number;
  #offsetMs = 0;
  #latestMs = 0;
  readonly #lastDtsMs = { video: -Infinity, audio: -Infinity };
  /** Some encoders count sound and pictures from different zeros; this brings a track to the other. */
  readonly #trackOffsetMs = { video: 0, audio: 0 };

  /** @param startedAtMs wall-clock time of the broadcast's start, ms since 1970. */
  constructor(startedAtMs: number) {
    this.#epochMs = startedAtMs - CLOCK_START_MS;
  }

  /** Wall-clock time of the clock's zero, ms since 1970. */
  get epochMs(): number {
    return this.#epochMs;
  }

  /** Starts a stretch: this media time is now, but not before anything that was mapped already. */
  anchor(mediaMs: number, wallMs: number): void {
    const startMs = Math.max(wallMs - this.#epochMs, this.#latestMs + 1);
    this.#offsetMs = Math.round(startMs - mediaMs);
    Object.assign(this.#lastDtsMs, { video: -Infinity, audio: -Infinity });
    Object.assign(this.#trackOffsetMs, { video: 0, audio: 0 });
  }

  /** Where everything that was mapped so far ends, ms. */
  get latestMs(): number {
    return this.#latestMs;
  }

  /** Something else has taken this time: nothing that comes is mapped before it. */
  reserve(untilMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, untilMs);
  }

  /** Where a media time lies on the clock, ms. */
  peek(mediaMs: number): number {
    return mediaMs + this.#offsetMs;
  }

  /**
   * Whether a frame's time continues neither its own track nor the other one: the encoder's clock was set. A track
   * that was only silent for a while is no jump, also when it comes back late.
   */
  isJump(frame: Frame): boolean {
    const ownMs = this.#lastDtsMs[frame.kind];
    const otherMs = this.#lastDtsMs[frame.kind === 'video' ? 'audio' : 'video'];
    if (ownMs === -Infinity) return false;
    const timeMs = frame.dtsMs + this.#offsetOf(frame);
    const isBetween = ownMs < timeMs && timeMs < otherMs;
    return !isBetween && isFar(timeMs - ownMs) && (otherMs === -Infinity || isFar(timeMs - otherMs));
  }

  /** How far a frame lies ahead of the wall clock, ms; 0 for the first of its track. */
  aheadMs(frame: Frame, wallMs: number): number {
    if (this.#lastDtsMs[frame.kind] === -Infinity) return 0;
    return frame.dtsMs + this.#offsetOf(frame) + this.#epochMs - wallMs;
  }

  /** The frame on the broadcast's clock; decode times of a track always rise. */
  map(frame: Frame): Frame {
    if (this.#lastDtsMs[frame.kind] === -Infinity) this.#alignTrack(frame);
    const offsetMs = this.#offsetOf(frame);
    const dtsMs = Math.max(frame.dtsMs + offsetMs, this.#lastDtsMs[frame.kind] + 1);
    const ptsMs = Math.max(frame.ptsMs + offsetMs, frame.kind === 'audio' ? dtsMs : 0);
    this.#lastDtsMs[frame.kind] = dtsMs;
    this.#latestMs = Math.max(this.#latestMs, dtsMs, ptsMs);
    return { ...frame, dtsMs, ptsMs };
  }

  /** A track whose first stamp lies far from the other track is taken to be simultaneous with it: it arrived so. */
  #alignTrack(frame: Frame): void {
    const otherMs = this.#lastDtsMs[frame.kind === 'video' ? 'audio' : 'video'];
    const apartMs = frame.dtsMs + this.#offsetMs - otherMs;
    if (otherMs !== -Infinity && isFar(apartMs)) this.#trackOffsetMs[frame.kind] = -apartMs;
  }

  #offsetOf(frame: Frame): number {
    return this.#offsetMs + this.#trackOffsetMs[frame.kind];
  }
}

function isFar(stepMs: number): boolean {
  return stepMs > JUMP_FORWARD_MS || stepMs < -JUMP_BACK_MS;
}
