import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'pg';
import { messageOf } from '../errors.js';
import type { Log } from '../log.js';
import type { DatabaseEngine } from './database.js';
import { codeOf, DatabaseRefused, DatabaseUnreachable } from './errors.js';

const POOL_SIZE = 10;
/** A query waits this long for a free connection, or for a new one. */
const ACQUIRE_TIMEOUT_MS = 10_000;
/** A transaction whose owner went quiet gives up its locks. */
const IDLE_TRANSACTION_MS = 30_000;
const RETRY_MS = 500;

/** Classes 28 (authorization), 3D and 3F (no such database, schema), 08P01 (protocol): waiting would not help. */
const REFUSED = /^(28|3D|3F|08P)/;

/** A Postgres server, by URL. */
export class PostgresEngine implements DatabaseEngine {
  readonly name: string;
  readonly #host: string;
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #connectTimeoutMs: number;
  readonly #closed = new AbortController();
  #opening: Promise<Pool> | undefined;

  constructor(options: { url: string; log: Log; connectTimeoutMs: number }) {
    this.#host = hostOf(options.url);
    this.name = `postgres at ${this.#host}`;
    this.#log = options.log;
    this.#connectTimeoutMs = options.connectTimeoutMs;
    this.#pool = new Pool({
      connectionString: options.url,
      application_name: 'tidemark',
      max: POOL_SIZE,
      connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      keepAlive: true,
    });
    this.#survive(this.#pool);
  }

  open(): Promise<Pool> {
    this.#opening ??= this.#connect();
    return this.#opening;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    if (!this.#pool.ended && !this.#pool.ending) await this.#pool.end();
  }

  async #connect(): Promise<Pool> {
    const giveUpAt = Date.now() + this.#connectTimeoutMs;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#pool.query('select 1');
        return this.#pool;
      } catch (cause) {
        if (isRefusal(cause)) throw new DatabaseRefused(this.#host, cause);
        if (this.#closed.signal.aborted || Date.now() + RETRY_MS > giveUpAt) throw new DatabaseUnreachable(this.#host, cause);
        this.#reportWait(attempt, cause);
      }
      await delay(RETRY_MS, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    }
  }

  #reportWait(attempt: number, cause: unknown): void {
    const isDue = attempt === 1 || attempt % 6 === 0;
    if (isDue) this.#log.info('waiting for Postgres', { host: this.#host, attempt, error: messageOf(cause) || codeOf(cause) });
  }

  /** A connection that breaks while nobody waits on it emits `error`; without a listener that would end the process. */
  #survive(pool: Pool): void {
    pool.on('error', (error) => this.#log.warn('idle connection to Postgres lost', { error: error.message }));
    pool.on('connect', (client) => client.on('error', (error) => {
      this.#log.debug('connection to Postgres lost', { error: error.message });
    }));
  }
}

function isRefusal(error: unknown): boolean {
  return REFUSED.test(codeOf(error) ?? '');
}

/** Host, port and database of the URL; never its user or password. */
function hostOf(url: string): string {
  const { host, pathname, searchParams } = new URL(url);
  return `${host || searchParams.get('host') || 'localhost'}${pathname}`;
}
