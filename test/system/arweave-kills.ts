import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { readWallet } from '../../src/archive/arweave/wallet-file.js';
import { SigningKeys } from '../../src/archive/keys/signing-keys.js';
import { tables } from '../../src/archive/queue/tables.js';
import type { Db } from '../../src/platform/index.js';
import { openDatabase } from '../support/accounts.js';
import { addShow, KEY_SECRET } from '../support/archive-queue.js';
import { arlocalMissing, startArlocal } from '../support/arlocal.js';
import { FaultyGateway } from '../support/arweave-faults.js';
import { writeWalletFile } from '../support/arweave-wallet.js';
import { openPostgres, postgresMissing } from '../support/database.js';
import { recordingLog } from '../support/log.js';
import { end } from '../support/publisher.js';
import { until } from '../support/until.js';

/** Starting a worker takes most of a second: as many as were wanted (200) take minutes. */
const KILLS = Number(process.env['ARCHIVE_KILLS'] ?? 36);
const SEED = Number(process.env['ARCHIVE_SEED'] ?? 1);
/** What a worker has asked for when it is killed, in turn: before and after the answer. */
const MOMENTS = [/^GET \/price/, /^GET \/tx_anchor/, /^POST \/tx$/, /^POST \/chunk$/, /^GET \/tx\/.*\/status$/, /^GET \/chunk\//, /^GET \/tx\/.*\/status$/, /^GET \/raw\//];
/** It dies within so many ms of it. */
const MAX_DELAY_MS = 40;
/** It is killed after so many ms all the same: there may be nothing of the kind to do. */
const IDLE_MS = 2_000;
const LOOK_MS = 2;
const STORED_WITHIN_MS = 120_000;
/** Started and waiting, since starting one takes longer than its life. */
const WAITING = 2;
/** So many shows are on their way at any time. */
const SHOWS = 3;
/** Three bundles: the manifest, the media with two chunks, and what names all of it. */
const FILES = [{ name: 'audio/0.m4s', sizeBytes: 150_000 }, { name: 'audio/1.m4s', sizeBytes: 150_000 }, { name: 'manifest.car', sizeBytes: 2_000 }];
/** And each second time, in which step it is, with gateways so slow that it can be seen there. */
const STEPS = ['planned', 'signed', 'posting', 'posted', 'seeded', 'confirmed'];
const SLOW_MS = 60;
/** More than all of it costs, 6 to 7 thousandths of an AR a bundle. */
const BALANCE_WINSTON = 100n * 10n ** 12n;
/** An hour of the queue's in so many seconds. */
const SPEED = 1_200;

/** Random numbers from 0 to 1 that are the same each time (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Workers that are started and do nothing until they are let go. */
class Workers {
  readonly #options: string;
  readonly #waiting: Promise<ChildProcess>[] = [];
  readonly #t: Test;

  constructor(t: Test, options: object) {
    this.#t = t;
    this.#options = JSON.stringify(options);
  }

  async letGo(): Promise<ChildProcess> {
    while (this.#waiting.length < WAITING) this.#waiting.push(this.#start());
    const worker = await this.#waiting.shift();
    if (worker === undefined) throw new Error('there is a worker');
    worker.stdin?.write('go');
    return worker;
  }

  async #start(): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['test/support/archive-worker.mjs', this.#options], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#t.after(() => end(child));
    await once(child.stdout, 'data');
    return child;
  }
}

type Lease = { key: string; state: string };

/** Steps that a worker is in, or was in when it was killed, as the row says; not those that are known. */
async function leases(db: Db, known: Set<string>): Promise<Lease[]> {
  const rows = await tables(db).selectFrom('archive_bundles').select(['id', 'state', 'lease_until']).where('lease_until', 'is not', null).execute();
  return rows.map(({ id, state, lease_until: lease }) => ({ key: `${id} ${lease?.getTime()}`, state })).filter(({ key }) => !known.has(key));
}

t.test(`a worker that is killed ${KILLS} times loses nothing and pays nothing twice`, { skip: arlocalMissing || postgresMissing() }, async (t) => {
  const url = await openPostgres(t);
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'tidemark-kills-'));
  t.after(() => rm(mediaDir, { recursive: true, force: true }));
  const db = await openDatabase(t, { url, dataDir: mediaDir });
  const arlocal = await startArlocal(t);
  const [post, check] = [await FaultyGateway.open(t, arlocal.url), await FaultyGateway.open(t, arlocal.url)];
  const wallet = await writeWalletFile(t);
  const { address } = await readWallet(wallet);
  await arlocal.mint(address, BALANCE_WINSTON);
  const keys = new SigningKeys({ db, keySecret: KEY_SECRET, dataDir: mediaDir, log: recordingLog() });
  await keys.start();
  const workers = new Workers(t, { databaseUrl: url, mediaDir, keySecret: KEY_SECRET, wallet, postUrl: post.url, checkUrl: check.url, startMs: Date.now(), speed: SPEED });
  const random = randomNumbers(SEED);
  const unfinished = async (): Promise<number> => (await tables(db).selectFrom('archives').select('broadcast_id').where('state', 'not in', ['stored', 'failed']).execute()).length;

  // arlocal refuses while it unpacks a bundle.
  const mine = (): Promise<true> => until('a block', () => arlocal.mine().then(() => true as const, () => undefined));

  const known = new Set<string>();
  const steps = new Map(STEPS.map((step) => [step, 0]));
  const isInStep = async (step: string): Promise<boolean> => (await leases(db, known)).some(({ state }) => state === step);
  const untilStep = async (step: string): Promise<void> => {
    for (const gateway of [post, check]) gateway.spoil({ kind: 'slow', delayMs: SLOW_MS });
    for (const endMs = Date.now() + IDLE_MS; Date.now() < endMs && !await isInStep(step);) await delay(LOOK_MS);
    await delay(random() * SLOW_MS);
  };
  const untilRequest = async (what: RegExp): Promise<void> => {
    await Promise.race([post.nextRequest(what, IDLE_MS), check.nextRequest(what, IDLE_MS)]);
    await delay(random() * MAX_DELAY_MS);
  };

  for (let kill = 0; kill < KILLS; kill += 1) {
    for (let shows = await unfinished(); shows < SHOWS; shows += 1) await addShow({ db, arlocal, keys, mediaDir }, FILES, new Date());
    const worker = await workers.letGo();
    const turn = kill >> 1;
    await (kill % 2 === 0 ? untilStep(STEPS[turn % STEPS.length] ?? '') : untilRequest(MOMENTS[turn % MOMENTS.length] ?? /./));
    await end(worker, 'SIGKILL');
    for (const { key, state } of await leases(db, known)) {
      known.add(key);
      steps.set(state, (steps.get(state) ?? 0) + 1);
    }
    for (const gateway of [post, check]) gateway.heal();
    await mine();
  }
  t.comment(`killed in: ${JSON.stringify(Object.fromEntries(steps))}`);
  t.same([...steps].filter(([, times]) => times === 0), [], 'it was killed in every step');

  await workers.letGo();
  await until('everything is stored', async () => {
    await mine();
    return (await unfinished()) === 0 || undefined;
  }, STORED_WITHIN_MS);
  const bundles = await tables(db).selectFrom('archive_bundles').selectAll().execute();
  const items = await tables(db).selectFrom('archive_items').select(['name', 'stored_at', 'fetched_from']).execute();
  t.comment(`${bundles.length} bundles with ${items.length} items`);
  t.same(bundles.filter(({ state }) => state !== 'stored').map(({ state, error }) => ({ state, error })), []);
  t.same(items.filter(({ stored_at: at, fetched_from: from }) => at === null || from !== check.url), [], 'every item has its receipt');
  t.same([...post.posts.keys()].sort(), bundles.map(({ transaction_id: id }) => id).sort(), 'one transaction for each bundle, and nothing else, was ever posted');
  t.equal(await arlocal.balanceOf(address), BALANCE_WINSTON - bundles.reduce((sum, { reward_winston: reward }) => sum + BigInt(reward ?? 0), 0n), 'each was paid once');
});
