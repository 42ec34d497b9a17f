interface Sample {
  atMs: number;
  bytes: number;
}

const WINDOW_MS = 8_000;
/** Before so much time nothing can be said. */
const LEAST_MS = 1_000;

/** How fast something is sent, over the last seconds. */
export class Pace {
  #samples: Sample[] = [];

  add(bytes: number, atMs: number): void {
    this.#samples.push({ atMs, bytes });
    while (this.#samples.length > 2 && atMs - (this.#samples[1]?.atMs ?? atMs) >= WINDOW_MS) this.#samples.shift();
  }

  /** After a break: what was sent before says nothing. */
  reset(): void {
    this.#samples = [];
  }

  /** Undefined until it can be said. */
  get bytesPerSec(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < LEAST_MS) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs);
  }

  /** Seconds for the rest; undefined until it can be said. */
  remainingSec(totalBytes: number): number | undefined {
    const [rate, last] = [this.bytesPerSec, this.#samples.at(-1)];
    return rate === undefined || rate <= 0 || last === undefined ? undefined : (totalBytes - last.bytes) / rate;
  }
}
