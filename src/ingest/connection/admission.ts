import { isIPv4 } from 'node:net';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { addressKey } from '../../platform/index.js';
import type { Log } from '../../platform/index.js';

const WINDOW_SEC = 60;
const LOG_INTERVAL_MS = 60_000;

/** The address as people write it: IPv4 also when it came in IPv6 clothes, no zone. */
export function plainAddress(address: string): string {
  const withoutZone = address.replace(/%.*$/, '');
  const mapped = withoutZone.replace(/^::ffff:/i, '');
  return isIPv4(mapped) ? mapped : withoutZone.toLowerCase();
}

/** Open connections, in all and by address. */
export class ConnectionCounts {
  readonly #maxInAll: number;
  readonly #maxPerAddress: number;
  readonly #byKey = new Map<string, number>();
  #inAll = 0;

  constructor(options: { maxInAll: number; maxPerAddress: number }) {
    this.#maxInAll = options.maxInAll;
    this.#maxPerAddress = options.maxPerAddress;
  }

  get inAll(): number {
    return this.#inAll;
  }

  /** Why one more connection may not be opened; undefined when it may. */
  findRefusal(address: string): string | undefined {
    if (this.#inAll >= this.#maxInAll) return `${this.#maxInAll} connections are open`;
    const count = this.#byKey.get(addressKey(address)) ?? 0;
    return count >= this.#maxPerAddress ? `${this.#maxPerAddress} connections are open from this address` : undefined;
  }

  add(address: string): void {
    const key = addressKey(address);
    this.#inAll += 1;
    this.#byKey.set(key, (this.#byKey.get(key) ?? 0) + 1);
  }

  remove(address: string): void {
    const key = addressKey(address);
    const count = (this.#byKey.get(key) ?? 0) - 1;
    this.#inAll -= 1;
    if (count > 0) this.#byKey.set(key, count);
    else this.#byKey.delete(key);
  }
}

/** Counts wrong stream keys by address over a minute. */
export class WrongKeys {
  readonly #limiter: RateLimiterMemory;

  constructor(options: { perMinute: number }) {
    this.#limiter = new RateLimiterMemory({ points: options.perMinute, duration: WINDOW_SEC });
  }

  /** True when the address has no attempt left in this minute. */
  async isBlocked(address: string): Promise<boolean> {
    const attempts = await this.#limiter.get(addressKey(address));
    return attempts !== null && attempts.consumedPoints >= this.#limiter.points;
  }

  async count(address: string): Promise<void> {
    await this.#limiter.penalty(addressKey(address));
  }
}

/** Logs refusals once a minute with their number, since those who are refused come back at once. */
export class RefusalLog {
  readonly #log: Log;
  readonly #byReason = new Map<string, { count: number; nextLogMs: number }>();

  constructor(options: { log: Log }) {
    this.#log = options.log;
  }

  note(address: string, reason: string): void {
    const entry = this.#byReason.get(reason) ?? { count: 0, nextLogMs: 0 };
    this.#byReason.set(reason, entry);
    entry.count += 1;
    if (Date.now() < entry.nextLogMs) return;
    this.#log.warn('connections refused', { reason, address, count: entry.count });
    entry.nextLogMs = Date.now() + LOG_INTERVAL_MS;
    entry.count = 0;
  }
}
