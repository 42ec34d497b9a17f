import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Test } from 'tap';
import type { Cleanup } from './until.js';

const run = promisify(execFile);
const STARTED_WITHIN_MS = 20_000;
const DEBIAN_FOLDER = '/usr/lib/postgresql';

/** One of the two databases that the product runs on: `url` and `dataDir` as in the configuration. */
export interface TestDatabase {
  name: 'PGlite' | 'Postgres';
  /** A new, empty database for this test; everything of it is removed after it. */
  open(t: Test): Promise<{ url: string; dataDir: string }>;
  /** Why it cannot run here; false when it can. */
  skip: string | false;
}

/** Both databases, for suites that must behave the same on each. */
export function testDatabases(): TestDatabase[] {
  return [
    { name: 'PGlite', skip: false, open: async (t) => ({ url: '', dataDir: temporaryFolder(t) }) },
    { name: 'Postgres', skip: postgresMissing(), open: async (t) => ({ url: await openPostgres(t), dataDir: temporaryFolder(t) }) },
  ];
}

/** Reason to skip what needs a real Postgres, or false. */
export function postgresMissing(): string | false {
  if (process.env['DATABASE_URL_TEST'] || findBinaries()) return false;
  return 'Postgres is not installed, and DATABASE_URL_TEST is not set';
}

/** A new database on the server of DATABASE_URL_TEST, or on one that is started for this test; gives its URL. */
export async function openPostgres(t: Test): Promise<string> {
  const url = process.env['DATABASE_URL_TEST'];
  return url ? createDatabase(t, url) : (await startPostgres(t)).url;
}

export interface PostgresOptions {
  /** What is committed survives the machine; tests do without. */
  isDurable?: boolean;
}

/** A Postgres server of the test's own, which it may stop and start. */
export interface PostgresServer {
  url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** As a crash ends it: the children find out by themselves. */
  kill(): Promise<void>;
}

/** Starts a throw-away Postgres on a free port of 127.0.0.1. */
export async function startPostgres(t: Cleanup, options: PostgresOptions = {}): Promise<PostgresServer> {
  const server = await preparePostgres(t, options);
  await server.start();
  return server;
}

/** As startPostgres, but does not start it yet. */
export async function preparePostgres(t: Cleanup, options: PostgresOptions = {}): Promise<PostgresServer> {
  const binaries = findBinaries();
  if (!binaries) throw new Error('there is no Postgres here');
  const folder = temporaryFolder(t);
  const owner = serverUser(folder);
  await run(path.join(binaries, 'initdb'), ['-D', folder, '-U', 'tidemark', '--auth=trust', '--no-sync', '-E', 'UTF8'], owner);
  const server = serverIn({ folder, binaries, owner, port: await freePort(), ...options });
  t.after(() => server.stop());
  return server;
}

function serverIn(options: { folder: string; binaries: string; owner: { uid?: number; gid?: number }; port: number } & PostgresOptions): PostgresServer {
  const { folder, binaries, owner, port } = options;
  const url = `postgres://tidemark@127.0.0.1:${port}/postgres`;
  const settings = ['-c', `fsync=${options.isDurable ? 'on' : 'off'}`, '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`];
  let child: ReturnType<typeof spawn> | undefined;
  const finish = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    child = undefined;
  };
  return {
    url,
    // After a crash it refuses to start until the last child of the old one is gone.
    start: () => untilAnswers(url, () => {
      if (!child || child.exitCode !== null) child = spawn(path.join(binaries, 'postgres'), ['-D', folder, '-p', String(port), ...settings], { ...owner, stdio: 'ignore' });
    }),
    stop: () => finish('SIGINT'), // fast shutdown: ends its connections
    kill: () => finish('SIGKILL'),
  };
}

/** Asks the server itself; its socket opens a moment before it takes connections. */
async function untilAnswers(url: string, run: () => void): Promise<void> {
  const giveUpAt = Date.now() + STARTED_WITHIN_MS;
  for (;;) {
    run();
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function createDatabase(t: Test, serverUrl: string): Promise<string> {
  const name = `tidemark_test_${process.pid}_${Date.now()}`;
  await onServer(serverUrl, `create database ${name}`);
  t.after(() => onServer(serverUrl, `drop database ${name} with (force)`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** Debian keeps them out of PATH, one folder for each version. */
function findBinaries(): string | undefined {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => path.join(DEBIAN_FOLDER, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')];
  return folders.find((folder) => existsSync(path.join(folder, 'initdb')));
}

/** Postgres refuses to run as root: then an unprivileged user runs it and owns its folder. */
function serverUser(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const nobody = { uid: 65_534, gid: 65_534 };
  chownSync(folder, nobody.uid, nobody.gid);
  chmodSync(folder, 0o700);
  return nobody;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

function temporaryFolder(t: Cleanup): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
