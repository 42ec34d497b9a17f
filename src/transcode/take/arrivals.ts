import type { Frame } from '../../streams/index.js';

/** Nothing for so long is more than a hiccup; with the encoders' and players' buffers, viewers wait for it a second longer. */
const STALLED_AFTER_MS = 2_500;
/** What a publisher held back comes in one go; then it is in step again, or counts from another zero. */
const CATCH_UP_MS = 2_500;
const IN_STEP_MS = 2_000;

/** When frames arrive from a connected publisher: whether it has stalled, and when one that comes back is in step again. */
export class Arrivals {
  #lastMs = 0;
  #returnedMs: number | undefined;

  /** A frame has come, or is about to. */
  note(nowMs: number): void {
    this.#lastMs = nowMs;
  }

  isStalled(nowMs: number): boolean {
    return nowMs - this.#lastMs > STALLED_AFTER_MS;
  }

  /** The publisher stalls: what it sends next is late. */
  startOver(): void {
    this.#returnedMs = undefined;
  }

  /** Whether a stalled publisher has caught up with this frame. @param lateMs how far behind the wall clock it is. */
  isInStep(frame: Frame, lateMs: number, nowMs: number): boolean {
    this.#returnedMs ??= nowMs;
    return frame.isKey && (lateMs < IN_STEP_MS || nowMs - this.#returnedMs > CATCH_UP_MS);
  }
}
