/** Counts what happened within the last so many milliseconds. */
export class RecentEvents {
  readonly #windowMs: number;
  #timesMs: number[] = [];

  constructor(options: { windowMs: number }) {
    this.#windowMs = options.windowMs;
  }

  get count(): number {
    const sinceMs = performance.now() - this.#windowMs;
    this.#timesMs = this.#timesMs.filter((timeMs) => timeMs > sinceMs);
    return this.#timesMs.length;
  }

  add(): void {
    this.#timesMs.push(performance.now());
  }
}
