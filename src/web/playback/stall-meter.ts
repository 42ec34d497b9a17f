/** Counts the interruptions of a playback and how long they lasted. Times are milliseconds of one monotonic clock. */
export class StallMeter {
  #count = 0;
  #pastMs = 0;
  #sinceMs: number | undefined;

  get count(): number {
    return this.#count;
  }

  /** Seconds stalled so far, a stall that still lasts included. */
  seconds(nowMs: number): number {
    const currentMs = this.#sinceMs === undefined ? 0 : nowMs - this.#sinceMs;
    return (this.#pastMs + currentMs) / 1000;
  }

  begin(nowMs: number): void {
    if (this.#sinceMs !== undefined) return;
    this.#sinceMs = nowMs;
    this.#count++;
  }

  end(nowMs: number): void {
    if (this.#sinceMs === undefined) return;
    this.#pastMs += nowMs - this.#sinceMs;
    this.#sinceMs = undefined;
  }
}
