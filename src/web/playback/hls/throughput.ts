const LOADS_KEPT = 6;
/** After a doubt, so long without another one before more is believed again; then step by step. */
const CALM_MS = 10_000;
const STEP_EVERY_MS = 5_000;
const STEP = 1.5;

/**
 * How fast the last few pieces of media came, and when to believe that more than hls.js does. It weighs what it
 * measured by how long that took, so after fast minutes it takes many slow parts to fall, and the other way round.
 */
export class Throughput {
  #loads: { sizeBytes: number; transferMs: number }[] = [];
  #nextStepAtMs = Infinity;

  /** @param load.transferMs from its first byte to its last. */
  add(load: { sizeBytes: number; transferMs: number }): void {
    this.#loads = [...this.#loads, load].slice(-LOADS_KEPT);
  }

  /** Undefined before anything came; infinite when it came in no time. */
  get kbps(): number | undefined {
    if (this.#loads.length === 0) return undefined;
    const sum = (pick: (load: { sizeBytes: number; transferMs: number }) => number) => this.#loads.reduce((total, load) => total + pick(load), 0);
    return (sum(({ sizeBytes }) => sizeBytes) * 8) / sum(({ transferMs }) => transferMs);
  }

  /** A better estimate when playback ran dry or nearly so, kbps; undefined when the given one is not too high. */
  doubt(estimateKbps: number, nowMs: number): number | undefined {
    this.#nextStepAtMs = nowMs + CALM_MS;
    const { kbps = Infinity } = this;
    return kbps > 0 && kbps < estimateKbps ? kbps : undefined;
  }

  /** A higher estimate some time after a doubt, kbps; undefined when it is not time or not faster. */
  trustAgain(estimateKbps: number, nowMs: number): number | undefined {
    if (nowMs < this.#nextStepAtMs || (this.kbps ?? 0) < estimateKbps * STEP) return undefined;
    this.#nextStepAtMs = nowMs + STEP_EVERY_MS;
    return estimateKbps * STEP;
  }
}
