import { Kysely, Migrator, PostgresDialect } from 'kysely';
import type { Migration, Transaction } from 'kysely';
import type { Pool } from 'pg';
import type { Component } from '../component.js';
import type { Log } from '../log.js';
import { MigrationFailed } from './errors.js';
import { PgliteEngine } from './pglite.js';
import { PostgresEngine } from './postgres.js';

/**
 * The database without any table: each `queries.ts` says `db.withTables<ItsTables>()`, so that one
 * connection or transaction passes through several rooms and each sees its own tables.
 */
export type Db = Kysely<object>;
export type DbTransaction = Transaction<object>;

/** Name → change, such as `001-accounts`. Names are run in order and never change again. */
export type Migrations = Record<string, Migration>;

/** Where the rows are: a server or an embedded one. */
export interface DatabaseEngine {
  /** Shown in logs; has no secret. */
  readonly name: string;
  /** Connects; later calls give the same pool. */
  open(): Promise<Pool>;
  /** Called after the pool has ended. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** postgres://…; empty: embedded PGlite in `<dataDir>/postgres`. */
  url: string;
  dataDir: string;
  migrations: Migrations;
  log: Log;
  /** How long `start` waits for a Postgres that does not answer yet, ms. */
  connectTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 15_000;

/** Connects, brings the tables up to date, and gives Kysely. The same SQL runs on Postgres and on PGlite. */
export class Database implements Component {
  readonly db: Db;
  readonly #engine: DatabaseEngine;
  readonly #migrations: Migrations;
  readonly #log: Log;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    const { url, dataDir, log, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
    this.#engine = url === '' ? new PgliteEngine({ dataDir, log }) : new PostgresEngine({ url, log, connectTimeoutMs });
    this.#migrations = options.migrations;
    this.#log = log;
    this.db = new Kysely({ dialect: new PostgresDialect({ pool: () => this.#engine.open() }) });
  }

  /**
   * @throws {DatabaseUnreachable} or {DatabaseRefused} when Postgres cannot be used.
   * @throws {DatabaseFolderInUse} or {DatabaseFolderUnusable} when the embedded one cannot.
   * @throws {MigrationFailed} when a migration fails; it is rolled back.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Resolves when the database answers; for health checks. */
  async check(): Promise<void> {
    const pool = await this.#engine.open();
    await pool.query('select 1');
  }

  async #start(): Promise<void> {
    await this.#engine.open();
    this.#log.info('database connected', { engine: this.#engine.name });
    await this.#migrate();
  }

  async #stop(): Promise<void> {
    try {
      await this.db.destroy();
    } finally {
      await this.#engine.close();
    }
  }

  /** Kysely holds a lock in the database meanwhile: of two nodes that start at once, one waits for the other. */
  async #migrate(): Promise<void> {
    const migrator = new Migrator({ db: this.db, provider: { getMigrations: async () => this.#migrations } });
    const { error, results = [] } = await migrator.migrateToLatest();
    if (error !== undefined) throw new MigrationFailed(error);
    for (const { migrationName } of results) this.#log.info('database migrated', { migration: migrationName });
  }
}
