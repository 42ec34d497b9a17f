/** Failures in a row after which somebody is left alone. */
const TOLERATED = 3;
const BASE_MS = 15_000;
const MAX_MS = 600_000;

/** Leaves alone who fails again and again, for longer each time. */
export class CircuitBreaker {
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
  #openUntilMs = 0;
  #error: string | undefined;

  constructor(options: { now: () => number; random: () => number }) {
    this.#now = options.now;
    this.#random = options.random;
  }

  /** Whether it may be asked now. */
  get isClosed(): boolean {
    return this.#now() >= this.#openUntilMs;
  }

  /** Of the last answer, when it was none. */
  get error(): string | undefined {
    return this.#error;
  }

  succeed(): void {
    this.#failures = 0;
    this.#error = undefined;
  }

  /** @param isDown there was no answer at all: it is left alone at once */
  fail(error: string, { isDown = false } = {}): void {
    this.#error = error;
    this.#failures = Math.max(this.#failures + 1, isDown ? TOLERATED : 0);
    if (this.#failures >= TOLERATED) this.#openUntilMs = this.#now() + backoffMs(this.#failures - TOLERATED, this.#random(), { baseMs: BASE_MS, maxMs: MAX_MS });
  }
}

/** Twice as long each time. @param random 0 to 1: three quarters to five quarters of it, so that not all come back at once */
export function backoffMs(failures: number, random: number, { baseMs, maxMs }: { baseMs: number; maxMs: number }): number {
  return Math.round(Math.min(baseMs * 2 ** failures, maxMs) * (0.75 + random / 2));
}
