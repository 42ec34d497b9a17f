/** Buffers of encoders and networks come this far ahead of real time, and crystals drift by far less than a hundredth. */
const MAX_AHEAD_MS = 30_000;
const MAX_DRIFT = 0.01;

/** The time of day since the start of a broadcast, which nobody sets forward or back. */
export class WallClock {
  readonly #startedAtMs: number;
  readonly #createdAtMs = performance.now();

  /** @param startedAtMs time of day at this moment, ms since 1970. */
  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }

  /** Ms since 1970. */
  get nowMs(): number {
    return this.#startedAtMs + this.#elapsedMs;
  }

  /** Whether media that is this far ahead of now runs away: segments, memory and dates would leave the viewers behind. */
  isRunaway(aheadMs: number): boolean {
    return aheadMs > MAX_AHEAD_MS + this.#elapsedMs * MAX_DRIFT;
  }

  get #elapsedMs(): number {
    return performance.now() - this.#createdAtMs;
  }
}
