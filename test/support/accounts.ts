import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import type { Test } from 'tap';
import { z } from 'zod';
import { Accounts, accountsMigrations, accountsRoutes } from '../../src/accounts/index.js';
import { Channels, channelsMigrations, channelsRoutes, SlatePictures, StreamKeys } from '../../src/channels/index.js';
import { createHttpApp, Database, HttpServer } from '../../src/platform/index.js';
import type { Db } from '../../src/platform/index.js';
import { archiveMigrations } from '../../src/archive/index.js';
import { chatMigrations } from '../../src/chat/index.js';
import { uploadsMigrations } from '../../src/ingest/index.js';
import { recordingsMigrations } from '../../src/recordings/index.js';
import { streamsMigrations } from '../../src/streams/index.js';
import { apiClient } from './api-client.js';
import type { Answer } from './api-client.js';
import { recordingLog } from './log.js';
import type { Cleanup } from './until.js';

export const ADA = { username: 'ada', email: 'Ada@Example.org', password: 'ocean of storms' };
export const BOB = { username: 'bob', email: 'bob@example.org', password: 'sea of serenity' };

const signInSchema = z.strictObject({
  user: z.strictObject({ id: z.uuid(), username: z.string(), email: z.string(), role: z.enum(['admin', 'user']) }),
  accessToken: z.string(),
  expiresInSec: z.number(),
});

/** The body of a register, login or refresh answer. */
export function signInOf(answer: Answer): z.infer<typeof signInSchema> {
  return signInSchema.parse(answer.body);
}

/** The refresh cookie that an answer sets, as a browser would send it back; undefined when it sets none. */
export function cookieOf(answer: Answer): string | undefined {
  return answer.headers.getSetCookie()[0]?.split(';')[0];
}

/** A migrated database with the tables of accounts, channels, broadcasts and recordings. */
export async function openDatabase(t: Cleanup, place: { url: string; dataDir: string }): Promise<Db> {
  const migrations = { ...accountsMigrations, ...channelsMigrations, ...streamsMigrations, ...recordingsMigrations, ...chatMigrations, ...uploadsMigrations, ...archiveMigrations };
  const database = new Database({ ...place, migrations, log: recordingLog() });
  t.after(() => database.stop());
  await database.start();
  return database.db;
}

export interface AccountsServerOptions {
  db: Db;
  registration?: 'open' | 'closed';
  attemptsPer15Min?: number;
  jwtSecret?: string;
  dataDir?: string;
  trustProxy?: number;
  /** Runs after the channel is made, in the transaction of the account. */
  onRegistered?: () => Promise<void>;
}

/** Accounts and channels behind real HTTP, on an empty database, with a clock that the test moves. */
export async function serveAccounts(t: Test, options: AccountsServerOptions) {
  const { db, registration = 'open', attemptsPer15Min = 1000, jwtSecret = '', trustProxy = 0 } = options;
  await sql`delete from users`.execute(db);
  const clock = { now: new Date() };
  const log = recordingLog();
  const channels = new Channels({ db });
  const streamKeys = new StreamKeys({ db, log, now: () => clock.now });
  const slates = new SlatePictures({ folder: path.join(temporaryFolder(t), 'slates'), defaultImage: path.resolve('config/slate.png'), ffmpegPath: process.env['FFMPEG_PATH'] ?? 'ffmpeg', log });
  const config = { registration, attemptsPer15Min, jwtSecret, accessTokenMin: 15, refreshTokenDays: 30 };
  const accounts = new Accounts({
    db, config, log,
    dataDir: options.dataDir ?? temporaryFolder(t),
    now: () => clock.now,
    onRegistered: async (tx, user) => {
      await channels.createFor(tx, user);
      await options.onRegistered?.();
    },
  });
  t.after(() => slates.stop());
  await slates.start();
  await accounts.start();
  const routes = [
    { path: '/api/v1', handler: accountsRoutes({ accounts, config }) },
    { path: '/api/v1', handler: channelsRoutes({ channels, streamKeys, slates, callers: accounts }) },
  ];
  const server = new HttpServer({ handler: createHttpApp({ trustProxy, routes, log }), bindAddress: '127.0.0.1', port: 0, log });
  t.after(() => server.stop());
  await server.start();
  const url = `http://127.0.0.1:${server.port}`;
  const api = apiClient(`${url}/api/v1`);
  return { api, url, accounts, channels, streamKeys, slates, clock, log };
}

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
