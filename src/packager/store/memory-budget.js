/** Bounds the memory that live segments of all broadcasts take: the oldest that can be read elsewhere go first. */
export class MemoryBudget {
    #limitBytes;
    #held = new Map();
    #usedBytes = 0;
    constructor(limitBytes) {
        this.#limitBytes = limitBytes;
    }
    get usedBytes() {
        return this.#usedBytes;
    }
    add(owner, sizeBytes, item) {
        this.#held.set(owner, { sizeBytes, ...item });
        this.#usedBytes += sizeBytes;
        this.#makeRoom();
    }
    remove(owner) {
        const item = this.#held.get(owner);
        if (item === undefined)
            return;
        this.#held.delete(owner);
        this.#usedBytes -= item.sizeBytes;
    }
    #makeRoom() {
        if (this.#usedBytes <= this.#limitBytes)
            return;
        this.#dropWhile((item) => item.canDrop());
        // Nothing is on disk: the bound holds all the same.
        this.#dropWhile(() => true);
    }
    #dropWhile(isAllowed) {
        for (const [owner, item] of this.#held) {
            if (this.#usedBytes <= this.#limitBytes)
                return;
            if (!isAllowed(item))
                continue;
            this.remove(owner);
            item.drop();
        }
    }
}
//# sourceMappingURL=memory-budget.js.map