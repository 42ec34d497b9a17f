import type { Frame } from '../streams/index.js';

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
    this.#lastDtsMs.video = -Infinity;
    this.#lastDtsMs.audio = -Infinity;
  }

  /** Where a media time lies on the clock, ms. */
  peek(mediaMs: number): number {
    return mediaMs + this.#offsetMs;
  }

  /**
   * Whether a frame's time continues neither its own track nor the other one: the encoder's clock was set. A track
   * that was only silent for a while is no jump.
   */
  isJump(frame: Frame): boolean {
    const { video, audio } = this.#lastDtsMs;
    const known = [video, audio].filter((lastMs) => lastMs !== -Infinity);
    const timeMs = frame.dtsMs + this.#offsetMs;
    return known.length > 0 && known.every((lastMs) => timeMs - lastMs > JUMP_FORWARD_MS || timeMs - lastMs < -JUMP_BACK_MS);
  }

  /** The frame on the broadcast's clock; decode times of a track always rise. */
  map(frame: Frame): Frame {
    const dtsMs = Math.max(frame.dtsMs + this.#offsetMs, this.#lastDtsMs[frame.kind] + 1);
    const ptsMs = Math.max(frame.ptsMs + this.#offsetMs, frame.kind === 'audio' ? dtsMs : 0);
    this.#lastDtsMs[frame.kind] = dtsMs;
    this.#latestMs = Math.max(this.#latestMs, dtsMs, ptsMs);
    return { ...frame, dtsMs, ptsMs };
  }
}
