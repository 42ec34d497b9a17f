/** A packet in its place, and whether some before it are gone for good. */
export interface OrderedPacket<T> {
  packet: T;
  isAfterLoss: boolean;
}

const SEQUENCES = 2 ** 16;
const MAX_HELD = 1_024;
/** So many in a row that are older than what was passed on come from a sender that counts anew. */
const MAX_LATE_IN_A_ROW = 64;

/** Brings packets into the order in which they were sent, and waits a while for those that are missing. */
export class PacketOrder<T extends { sequence: number }> {
  readonly #held = new Map<number, { packet: T; arrivedMs: number }>();
  readonly #maxWaitMs: number;
  #next: number | undefined;
  #lateInARow = 0;

  /** @param options.maxWaitMs for how long what is missing may still come. */
  constructor(options: { maxWaitMs: number }) {
    this.#maxWaitMs = options.maxWaitMs;
  }

  /**
   * @param nowMs a clock that only goes forward.
   * @returns what can be passed on now, in order.
   */
  push(packet: T, nowMs: number): OrderedPacket<T>[] {
    this.#next ??= packet.sequence;
    if (this.#isLate(packet, this.#next)) {
      if (++this.#lateInARow < MAX_LATE_IN_A_ROW) return [];
      this.#held.clear();
      this.#next = (packet.sequence + 1) % SEQUENCES;
      this.#lateInARow = 0;
      return [{ packet, isAfterLoss: true }];
    }
    this.#lateInARow = 0;
    this.#held.set(packet.sequence, { packet, arrivedMs: nowMs });
    const passed = this.#drain(this.#next, false);
    while (this.#mustGoOn(nowMs)) passed.push(...this.#drain(this.#firstHeld(this.#next), true));
    return passed;
  }

  #isLate({ sequence }: T, next: number): boolean {
    return distance(next, sequence) >= SEQUENCES / 2;
  }

  #drain(from: number, isAfterLoss: boolean): OrderedPacket<T>[] {
    const passed: OrderedPacket<T>[] = [];
    let next = from;
    for (let held = this.#held.get(next); held !== undefined; held = this.#held.get(next)) {
      passed.push({ packet: held.packet, isAfterLoss: isAfterLoss && passed.length === 0 });
      this.#held.delete(next);
      next = (next + 1) % SEQUENCES;
    }
    this.#next = next;
    return passed;
  }

  #mustGoOn(nowMs: number): boolean {
    if (this.#held.size === 0) return false;
    const [first] = this.#held.values();
    return this.#held.size > MAX_HELD || (first !== undefined && nowMs - first.arrivedMs > this.#maxWaitMs);
  }

  #firstHeld(next: number): number {
    const distances = [...this.#held.keys()].map((sequence) => distance(next, sequence));
    return (next + Math.min(...distances)) % SEQUENCES;
  }
}

function distance(from: number, to: number): number {
  return (to - from + SEQUENCES) % SEQUENCES;
}
