import { hash, verify } from '@node-rs/argon2';
import type { Options } from '@node-rs/argon2';
import { TooBusy } from './errors.js';

/** argon2id with the OWASP minimum: 19 MiB, 2 passes, 1 lane; about 25 ms of one core. */
const ARGON2ID: Options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** One at a time: a flood of sign-ins takes one core at most, and the media path keeps the others. */
const CONCURRENCY = 1;
/** About one second of work. */
const MAX_WAITING = 40;

/** Hashes and checks passwords on Node's thread pool, a bounded number at once. */
export class PasswordHasher {
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #decoy: Promise<string> | undefined;

  /** @throws {TooBusy} when the queue is full. */
  async hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(normal(password), ARGON2ID));
  }

  /**
   * Checks a password. Without a stored hash it does the same work and says no, so that an unknown name takes as long.
   * @throws {TooBusy} when the queue is full.
   */
  async verify(storedHash: string | undefined, password: string): Promise<boolean> {
    this.#decoy ??= hash('no account has this password', ARGON2ID);
    const against = storedHash ?? (await this.#decoy);
    const isRight = await this.#inTurn(() => verify(against, normal(password)));
    return isRight && storedHash !== undefined;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= CONCURRENCY) await this.#wait();
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next(); // its place passes on
      else this.#running--;
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new TooBusy());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** The same characters from any keyboard: composed and decomposed accents are one (NIST SP 800-63B §5.1.1.2). */
function normal(password: string): string {
  return password.normalize('NFKC');
}
