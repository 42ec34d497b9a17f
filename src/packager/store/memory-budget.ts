interface Held {
  sizeBytes: number;
  canDrop: () => boolean;
  drop: () => void;
}

/** Bounds the memory that live segments of all broadcasts take: the oldest that can be read elsewhere go first. */
export class MemoryBudget {
  readonly #limitBytes: number;
  readonly #held = new Map<object, Held>();
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  add(owner: object, sizeBytes: number, item: { canDrop: () => boolean; drop: () => void }): void {
    this.#held.set(owner, { sizeBytes, ...item });
    this.#usedBytes += sizeBytes;
    this.#makeRoom();
  }

  remove(owner: object): void {
    const item = this.#held.get(owner);
    if (item === undefined) return;
    this.#held.delete(owner);
    this.#usedBytes -= item.sizeBytes;
  }

  #makeRoom(): void {
    if (this.#usedBytes <= this.#limitBytes) return;
    this.#dropWhile((item) => item.canDrop());
    // Nothing is on disk: the bound holds all the same.
    this.#dropWhile(() => true);
  }

  #dropWhile(isAllowed: (item: Held) => boolean): void {
    for (const [owner, item] of this.#held) {
      if (this.#usedBytes <= this.#limitBytes) return;
      if (!isAllowed(item)) continue;
      this.remove(owner);
      item.drop();
    }
  }
}
