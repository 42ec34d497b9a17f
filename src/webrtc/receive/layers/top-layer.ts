/** Looks in a row in which a layer must have sent something to count as there. */
const STEADY_LOOKS = 2;
/** For a layer that comes late: each change is a break in HLS, and encoders on a narrow network start and stop the largest. */
const TRUSTED_LOOKS = 20;
/** Encoders start with the smallest layer, and add larger ones as the network proves to carry them. */
const SETTLE_MS = 5_000;

/**
 * Finds out which of a publisher's layers is the largest: some encoders list it first, others last. Bytes tell, in looks
 * that are half a second apart.
 */
export class TopLayer {
  readonly #total: number[];
  readonly #recent: number[][];
  readonly #steady: number[];
  #startMs: number | undefined;
  #order: readonly number[] | undefined;
  #preferred: number | undefined;

  constructor(count: number) {
    this.#total = Array.from({ length: count }, () => 0);
    this.#recent = this.#total.map(() => []);
    this.#steady = this.#total.map(() => 0);
  }

  /** The layers from the smallest to the largest, as their places in the offer; undefined until that is known. */
  get order(): readonly number[] | undefined {
    return this.#order;
  }

  /** The place of the largest layer that comes steadily. */
  get preferred(): number | undefined {
    return this.#preferred;
  }

  /** @param totals bytes of each layer since the start. */
  look(totals: readonly number[], nowMs: number): void {
    totals.forEach((total, layer) => this.#count(layer, total));
    if (totals.some((total) => total > 0)) this.#startMs ??= nowMs;
    this.#order ??= this.#isSettled(nowMs) ? this.#rank() : undefined;
    if (this.#order !== undefined) this.#choose(this.#order);
  }

  #count(layer: number, total: number): void {
    const bytes = total - (this.#total[layer] ?? 0);
    this.#total[layer] = total;
    this.#recent[layer] = [...(this.#recent[layer] ?? []), bytes].slice(-STEADY_LOOKS);
    this.#steady[layer] = bytes > 0 ? (this.#steady[layer] ?? 0) + 1 : 0;
  }

  #isSettled(nowMs: number): boolean {
    const isLate = this.#startMs !== undefined && nowMs - this.#startMs >= SETTLE_MS;
    return isLate ? this.#steady.some((looks) => looks >= STEADY_LOOKS) : this.#steady.every((looks) => looks >= STEADY_LOOKS);
  }

  /** One that has not come is the largest: it is what encoders leave out. */
  #rank(): number[] {
    const weights = this.#recent.map((bytes, layer) => (this.#hasFor(layer, STEADY_LOOKS) ? bytes.reduce((sum, one) => sum + one, 0) : Infinity));
    return weights.map((_weight, layer) => layer).toSorted((a, b) => (weights[a] === weights[b] ? a - b : (weights[a] ?? 0) - (weights[b] ?? 0)));
  }

  #choose(order: readonly number[]): void {
    const descending = order.toReversed();
    const current = this.#preferred;
    const isThere = current !== undefined && this.#recent[current]?.some((bytes) => bytes > 0) === true;
    if (!isThere) {
      this.#preferred = descending.find((layer) => this.#hasFor(layer, STEADY_LOOKS)) ?? current;
      return;
    }
    const larger = descending.slice(0, descending.indexOf(current));
    this.#preferred = larger.find((layer) => this.#hasFor(layer, TRUSTED_LOOKS)) ?? current;
  }

  #hasFor(layer: number, looks: number): boolean {
    return (this.#steady[layer] ?? 0) >= looks;
  }
}
