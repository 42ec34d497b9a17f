import { randomUUID } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import jwt from 'jsonwebtoken';
import { sql } from 'kysely';
import { Channels } from '../../../src/channels/index.js';
import type { Db } from '../../../src/platform/index.js';
import { openDatabase } from '../../support/accounts.js';
import { startPostgres } from '../../support/database.js';
import type { Child, Children } from '../measure/children.js';
import { freePort, listens, until } from '../measure/wait.js';

const PROGRAM = path.resolve('dist/main.js');
const READY_DEADLINE_MS = 60_000;
const SECRET = 'a secret of the benchmark, long enough';

/** A server whose chat is measured. */
export interface ChatSystem {
  name: 'tidemark' | 'raw';
  child: Child;
  port: number;
}

/** The owner of the channel `ada` and everybody else, made before the server starts: passwords would take minutes. */
export async function prepare(t: { after(work: () => unknown): unknown }, options: { folder: string; accounts: number; database: 'embedded' | 'postgres' }): Promise<{ databaseUrl: string; tokens: string[] }> {
  const databaseUrl = options.database === 'postgres' ? (await startPostgres(t, { isDurable: true })).url : '';
  const closing: (() => unknown)[] = [];
  const db = await openDatabase({ after: (work) => closing.push(work) }, { url: databaseUrl, dataDir: path.join(options.folder, 'data') });
  const tokens = await makeAccounts(db, options.accounts);
  for (const close of closing) await close();
  return { databaseUrl, tokens };
}

async function makeAccounts(db: Db, count: number): Promise<string[]> {
  const people = Array.from({ length: count }, (_, index) => ({ id: randomUUID(), session: randomUUID(), name: index === 0 ? 'ada' : `writer${index}` }));
  await db.transaction().execute(async (tx) => {
    for (const { id, session, name } of people) {
      await sql`insert into users (id, username, email, password_hash, role, created_at) values (${id}, ${name}, ${`${name}@example.org`}, '', 'user', now())`.execute(tx);
      await sql`insert into sessions (id, user_id, token_hash, rotated_at, expires_at) values (${session}, ${id}, '', now(), now() + interval '1 day')`.execute(tx);
    }
    const [owner] = people;
    if (owner !== undefined) await new Channels({ db: tx }).createFor(tx, { id: owner.id, username: owner.name });
  });
  // The owner does not write: moderators have limits of their own.
  return people.slice(1).map(({ id, session }) => jwt.sign({ sid: session }, SECRET, { algorithm: 'HS256', issuer: 'tidemark', audience: 'tidemark-api', subject: id, expiresIn: '1d' }));
}

/** The built program with its default limits, except for how fast one connection may tap. */
export async function startTidemark(run: { folder: string; databaseUrl: string; children: Children; signal: AbortSignal }): Promise<ChatSystem> {
  const [port, rtmpPort] = [await freePort(), await freePort()];
  const settings = { chat: { limits: { eventsPer10Sec: 1_000 } }, log: { level: 'warn' } };
  await mkdir(path.join(run.folder, 'config'), { recursive: true });
  await cp('config/default.yaml', path.join(run.folder, 'config', 'default.yaml'));
  await writeFile(path.join(run.folder, 'config', 'local.yaml'), JSON.stringify(settings));
  const child = await run.children.start({
    command: process.execPath,
    args: [...profiling(), PROGRAM],
    cwd: run.folder,
    env: {
      DATA_DIR: path.join(run.folder, 'data'), MEDIA_DIR: path.join(run.folder, 'media'), DATABASE_URL: run.databaseUrl, JWT_SECRET: SECRET, TRUST_PROXY: '1',
      HTTP_PORT: String(port), RTMP_PORT: String(rtmpPort), WEBRTC_PORT: '0', BIND_ADDRESS: '127.0.0.1', FFMPEG_PATH: process.env['FFMPEG_PATH'] ?? '',
    },
  });
  await until('the server answers', async () => {
    if (child.hasExited) throw new Error(`tidemark ${child.lastWords}`);
    return (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.ok ?? false;
  }, { deadlineMs: READY_DEADLINE_MS, signal: run.signal });
  return { name: 'tidemark', child, port };
}

/** CHAT_PROFILE names a folder for a CPU profile of the server, written when it ends. */
function profiling(): string[] {
  const folder = process.env['CHAT_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

export async function startRaw(run: { children: Children; signal: AbortSignal }): Promise<ChatSystem> {
  const port = await freePort();
  const child = await run.children.start({ command: process.execPath, args: ['test/bench/chat/raw-server.mjs', String(port)] });
  await until('the bare server answers', () => listens(port), { deadlineMs: READY_DEADLINE_MS, signal: run.signal });
  return { name: 'raw', child, port };
}
