import { addressKey, RateLimited } from '../../platform/index.js';

/** Each block of a CAR file is looked up and read: hundreds of files at once kept everybody else waiting for half a minute. */
const TOGETHER = 8;
const RETRY_SEC = 5;

/** How many CAR files an address is sent at the same time. */
export class CarTurns {
  readonly #taken = new Map<string, number>();

  /** Gives what ends the turn. @throws {RateLimited} */
  begin(address: string | undefined): () => void {
    const key = addressKey(address ?? 'unknown');
    const taken = this.#taken.get(key) ?? 0;
    if (taken >= TOGETHER) throw new RateLimited(RETRY_SEC);
    this.#taken.set(key, taken + 1);
    return () => this.#end(key);
  }

  #end(key: string): void {
    const left = (this.#taken.get(key) ?? 1) - 1;
    if (left === 0) this.#taken.delete(key);
    else this.#taken.set(key, left);
  }
}
