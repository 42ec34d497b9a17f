import { isIPv4 } from 'node:net';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Log } from '../platform/index.js';

const WINDOW_SEC = 60;
const LOG_INTERVAL_MS = 60_000;
const PREFIX_GROUPS = 4;
const GROUPS = 8;

/** The address as people write it: IPv4 also when it came in IPv6 clothes, no zone. */
export function plainAddress(address: string): string {
  const withoutZone = address.replace(/%.*$/, '');
  const mapped = withoutZone.replace(/^::ffff:/i, '');
  return isIPv4(mapped) ? mapped : withoutZone.toLowerCase();
}

/** What limits count by: an IPv4 address, or the /64 that an IPv6 customer has for itself. */
export function limitKey(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: Math.max(0, GROUPS - front.length - back.length) }, () => '0');
  const groups = [...front, ...zeros, ...back].map((group) => group.replace(/^0+(?=.)/, ''));
  return `${groups.slice(0, PREFIX_GROUPS).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
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
    const count = this.#byKey.get(limitKey(address)) ?? 0;
    return count >= this.#maxPerAddress ? `${this.#maxPerAddress} connections are open from this address` : undefined;
  }

  add(address: string): void {
    const key = limitKey(address);
    this.#inAll += 1;
    this.#byKey.set(key, (this.#byKey.get(key) ?? 0) + 1);
  }

  remove(address: string): void {
    const key = limitKey(address);
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
    const attempts = await this.#limiter.get(limitKey(address));
    return attempts !== null && attempts.consumedPoints >= this.#limiter.points;
  }

  async count(address: string): Promise<void> {
    await this.#limiter.penalty(limitKey(address));
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
