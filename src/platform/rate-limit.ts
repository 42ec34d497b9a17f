import { isIPv4, isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { AppError } from './errors.js';
import type { RedisConnection } from './db/redis.js';

export class RateLimited extends AppError {
  constructor(retryAfterSec: number) {
    super('rate_limited', `too many attempts: wait ${retryAfterSec} s`, { status: 429, detail: { retryAfterSec } });
  }
}

export interface LimiterOptions {
  attempts: number;
  windowSec: number;
  /** Counts for all servers; while it is away, and without it, each counts for itself. */
  shared?: { redis: RedisConnection; name: string } | undefined;
}

/** Counts attempts under a key, in this process or for all servers. */
export class Limiter {
  readonly #limiter: RateLimiterAbstract;

  constructor({ attempts, windowSec, shared }: LimiterOptions) {
    const memory = new RateLimiterMemory({ points: attempts, duration: windowSec });
    this.#limiter = shared === undefined ? memory : new RateLimiterRedis({
      storeClient: shared.redis.client, keyPrefix: `tidemark:limit:${shared.name}`, points: attempts, duration: windowSec,
      insuranceLimiter: memory, rejectIfRedisNotReady: true,
    });
  }

  /** @throws {RateLimited} when the key has used up its attempts. */
  async take(key: string): Promise<void> {
    try {
      await this.#limiter.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new RateLimited(Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)));
    }
  }
}

/** Counts attempts by client address, in this process. */
export class AddressLimiter {
  readonly #limiter: Limiter;

  constructor(options: { attempts: number; windowSec: number }) {
    this.#limiter = new Limiter(options);
  }

  /** @throws {RateLimited} when the address has used up its attempts. */
  async take(address: string | undefined): Promise<void> {
    await this.#limiter.take(addressKey(address ?? 'unknown'));
  }
}

/**
 * What one client is counted under: an IPv4 address, or the /64 of an IPv6 address, because one subscriber
 * owns all 2⁶⁴ addresses of it (RFC 6177). IPv4 written as IPv6 (`::ffff:192.0.2.1`) is IPv4.
 */
export function addressKey(address: string): string {
  const [bare = ''] = address.split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined || isIPv4(bare) || !isIPv6(bare)) return mapped ?? bare;
  return `${ipv6Groups(bare).slice(0, 4).join(':')}::/64`;
}

/** The groups before `::`, zeros in its place, the groups after it. An IPv4 tail counts as two, and is never in the first four. */
function ipv6Groups(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const afterCount = after.length + (after.at(-1)?.includes('.') ? 1 : 0);
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - afterCount) }, () => '0');
  return [...before, ...zeros, ...after].map((group) => group.replace(/^0+(?=.)/, ''));
}
