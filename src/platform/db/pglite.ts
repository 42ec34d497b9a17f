import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { Pool } from 'pg';
import { FolderLock, FolderLocked } from '../folder-lock.js';
import type { Log } from '../log.js';
import type { DatabaseEngine } from './database.js';
import { codeOf, DatabaseFolderInUse, DatabaseFolderUnusable } from './errors.js';

/** The one connection is lent in turn; code that asks for it while holding it gets an error instead of waiting for ever. */
const ACQUIRE_TIMEOUT_MS = 10_000;
/** File systems without unix sockets answer with one of these. */
const NO_SOCKETS = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'ENOSYS', 'EINVAL']);

interface Opened {
  pool: Pool;
  lite: PGlite;
}

/** Postgres inside this process (PGlite), in `<dataDir>/postgres`; behind pg's own pool, so that types and errors are the same. */
export class PgliteEngine implements DatabaseEngine {
  readonly name = 'embedded PGlite';
  readonly #folder: string;
  readonly #lockFile: string;
  readonly #log: Log;
  #lock: FolderLock | undefined;
  #opening: Promise<Opened> | undefined;

  constructor(options: { dataDir: string; log: Log }) {
    this.#folder = path.join(options.dataDir, 'postgres');
    this.#lockFile = path.join(options.dataDir, 'postgres.lock');
    this.#log = options.log;
  }

  async open(): Promise<Pool> {
    this.#opening ??= this.#start();
    const { pool } = await this.#opening;
    return pool;
  }

  async close(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    if (opened && !opened.pool.ending) await opened.pool.end();
    await opened?.lite.close();
    await this.#lock?.release();
    this.#lock = undefined;
  }

  async #start(): Promise<Opened> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await this.#takeLock();
      const lite = await PGlite.create({ dataDir: this.#folder });
      // The pool must never drop its connection: there is one, and it cannot be made again.
      const pool = new Pool({ ...createPgConfig(lite), idleTimeoutMillis: 0, connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS });
      pool.on('error', (error) => this.#log.error('embedded database failed', { error: error.message }));
      return { pool, lite };
    } catch (cause) {
      if (cause instanceof FolderLocked) throw new DatabaseFolderInUse(this.#folder);
      throw new DatabaseFolderUnusable(this.#folder, cause);
    }
  }

  async #takeLock(): Promise<void> {
    try {
      this.#lock = await FolderLock.take(this.#lockFile);
    } catch (error) {
      if (!NO_SOCKETS.has(codeOf(error) ?? '')) throw error;
      this.#log.warn('the file system of dataDir cannot hold a lock: make sure that only one server uses it', { folder: this.#folder });
    }
  }
}
