import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import { ArweaveGateway } from '../../src/archive/arweave/gateway.js';
import { Wallets } from '../../src/archive/arweave/wallets.js';
import { contentName } from '../../src/archive/cid/content-hash.js';
import { insertArchive } from '../../src/archive/consent/queries.js';
import { SigningKeys } from '../../src/archive/keys/signing-keys.js';
import { publicKeyOf } from '../../src/archive/manifest/did-key.js';
import type { Amounts } from '../../src/archive/queue/budget.js';
import { BundleMaker } from '../../src/archive/queue/bundle-maker.js';
import { BundleSteps } from '../../src/archive/queue/bundle-steps.js';
import type { PlannedFile } from '../../src/archive/queue/plan.js';
import { Planner } from '../../src/archive/queue/planner.js';
import { tables } from '../../src/archive/queue/tables.js';
import type { ArchiveState, ArchiveTables } from '../../src/archive/queue/tables.js';
import { ArchiveWorker } from '../../src/archive/queue/worker.js';
import type { Db } from '../../src/platform/index.js';
import { startArlocal } from './arlocal.js';
import type { Arlocal } from './arlocal.js';
import { FaultyGateway } from './arweave-faults.js';
import { recordingLog } from './log.js';
import type { LogLine } from './log.js';
import type { Cleanup } from './until.js';

type BundleRow = Selectable<ArchiveTables['archive_bundles']>;

export interface QueueOptions {
  db: Db;
  /** Key files. */
  wallets: string[];
  /** What wallets are told that they have, when it is not the truth. */
  balanceOf?: (address: string) => Promise<bigint> | undefined;
  /** Of the settings, winston. */
  limits?: Partial<Amounts>;
}

/** The queue before a local Arweave. What is posted goes through one proxy and what is fetched back through another; the test moves the clock. */
export interface QueueSite {
  arlocal: Arlocal;
  post: FaultyGateway;
  check: FaultyGateway;
  wallets: Wallets;
  lines: LogLine[];
  /** A show of random bytes whose hold is over. */
  show(files: { name: string; sizeBytes: number }[]): Promise<string>;
  /** Makes all happen that is due. */
  work(): Promise<void>;
  /** A block is made, and it is later: a minute, or when something is due. */
  pass(): Promise<void>;
  /** Works and passes time until the archive is in one of these states. Gives the one that it came to. */
  runUntil(id: string, ...states: ArchiveState[]): Promise<ArchiveState>;
  forwardMs(ms: number): void;
  archive(id: string): Promise<{ state: ArchiveState; reason: string | null; pathManifest: string | null }>;
  bundles(id: string): Promise<BundleRow[]>;
  receipts(id: string): Promise<{ name: string; itemId: string | null; storedAt: Date | null; fetchedFrom: string | null }[]>;
  fileOf(id: string, name: string): string;
}

const NO_LIMIT = 10n ** 30n;
/** A gateway that is slower than that did not answer. */
export const TIMEOUT_MS = 1_000;
const MINUTE_MS = 60_000;
const MAX_TURNS = 200;
const SEED = 0.5;

export async function openQueue(t: Cleanup, options: QueueOptions): Promise<QueueSite> {
  const { db } = options;
  const arlocal = await startArlocal(t);
  const [post, check] = [await FaultyGateway.open(t, arlocal.url), await FaultyGateway.open(t, arlocal.url)];
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'tidemark-forever-'));
  t.after(() => rm(mediaDir, { recursive: true, force: true }));
  t.after(() => tables(db).deleteFrom('archives').execute());
  const log = recordingLog();
  const clock = { ms: Date.UTC(2026, 0, 1) };
  const now = (): Date => new Date(clock.ms);
  const gateways = [post, check].map(({ url }) => new ArweaveGateway({ url, timeoutMs: TIMEOUT_MS }));
  const [postTo, checkWith] = gateways;
  if (postTo === undefined || checkWith === undefined) throw new Error('there are two gateways');
  const keys = new SigningKeys({ db, keySecret: 's'.repeat(32), dataDir: mediaDir, log });
  await keys.start();
  const wallets = new Wallets({ files: options.wallets, balanceOf: (address) => options.balanceOf?.(address) ?? arlocal.balanceOf(address), lowWinston: 1n, log, now: () => clock.ms });
  await wallets.start();
  t.after(() => wallets.stop());
  const signerOf = async (channelId: string) => {
    const { key, sign } = await keys.signer(channelId);
    return { publicKey: publicKeyOf(key).export({ type: 'spki', format: 'der' }).subarray(-32), sign };
  };
  const maker = new BundleMaker({ mediaDir, signerOf, openKey: (sealed, id) => keys.openArchiveKey(sealed, id) });
  const limits = { broadcast: NO_LIMIT, day: NO_LIMIT, month: NO_LIMIT, ...options.limits };
  const steps = new BundleSteps({ db, maker, network: { post: [postTo], check: [checkWith], wallets }, limits, confirmations: 2, isDryRun: false, now });
  const broadcasts = { visibilityOf: async () => 'public' as const, playlistsOf: async () => [{ name: 'master.m3u8', text: '#EXTM3U\n' }] };
  const planner = new Planner({ db, broadcasts, sealArchiveKey: (id) => keys.sealArchiveKey(id), gateway: postTo, log, now });
  const worker = new ArchiveWorker({ db, planner, steps, log, now, random: () => SEED });
  const archive = (id: string) => tables(db).selectFrom('archives').select(['state', 'reason', 'path_manifest_id as pathManifest']).where('broadcast_id', '=', id).executeTakeFirstOrThrow();
  const work = async (): Promise<void> => {
    await wallets.refresh();
    await worker.work();
  };
  const pass = async (): Promise<void> => {
    await arlocal.mine();
    clock.ms = Math.max(clock.ms + MINUTE_MS, await nextDueMs(db));
  };

  return {
    arlocal, post, check, wallets, lines: log.lines,
    show: async (files) => {
      const { id, channelId } = await insertBroadcast(db);
      // arlocal unpacks only items of owners that it has seen.
      const { publicKey } = await signerOf(channelId);
      await arlocal.mint(createHash('sha256').update(publicKey).digest('base64url'), 1n);
      const planned = await writeShow(path.join(mediaDir, id), files);
      await insertArchive(db, { broadcastId: id, channelId, slug: 'ada', tier: 'all', isEncrypted: false, holdUntil: now(), now: now() }, planned);
      return id;
    },
    work, pass, archive,
    runUntil: async (id, ...states) => {
      for (let turn = 0; turn < MAX_TURNS; turn += 1) {
        await work();
        const { state } = await archive(id);
        if (states.includes(state)) return state;
        await pass();
      }
      throw new Error(`after ${MAX_TURNS} turns the archive is ${(await archive(id)).state}: ${JSON.stringify(log.lines.slice(-3))}`);
    },
    forwardMs: (ms) => { clock.ms += ms; },
    bundles: (id) => tables(db).selectFrom('archive_bundles').selectAll().where('broadcast_id', '=', id).orderBy('number').execute(),
    receipts: (id) => tables(db).selectFrom('archive_items').select(['name', 'item_id as itemId', 'stored_at as storedAt', 'fetched_from as fetchedFrom']).where('broadcast_id', '=', id).orderBy('place').execute(),
    fileOf: (id, name) => path.join(mediaDir, id, name),
  };
}

/** When the next bundle is; the earliest time when there is none. */
async function nextDueMs(db: Db): Promise<number> {
  const bundle = await tables(db).selectFrom('archive_bundles').select('due_at').where('state', 'not in', ['stored', 'dead']).orderBy('due_at').limit(1).executeTakeFirst();
  return bundle?.due_at.getTime() ?? 0;
}

/** A broadcast of a channel of its own. */
export async function insertBroadcast(db: Db): Promise<{ id: string; channelId: string }> {
  const [id, channelId, userId] = [randomUUID(), randomUUID(), randomUUID()];
  const at = new Date();
  await sql`insert into users (id, username, email, password_hash, role, created_at) values (${userId}, ${userId}, ${`${userId}@example.org`}, '', 'user', ${at})`.execute(db);
  await sql`insert into channels (id, owner_id, slug, title, created_at) values (${channelId}, ${userId}, ${channelId}, 'Ada', ${at})`.execute(db);
  await sql`insert into broadcasts (id, channel_id, started_at) values (${id}, ${channelId}, ${at})`.execute(db);
  return { id, channelId };
}

/** Random bytes under these names, and what is planned of them. */
export async function writeShow(folder: string, files: { name: string; sizeBytes: number }[]): Promise<PlannedFile[]> {
  const planned: PlannedFile[] = [];
  for (const [number, { name, sizeBytes }] of files.entries()) {
    const bytes = randomBytes(sizeBytes);
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), bytes);
    const [rendition, isMedia] = [path.dirname(name), name.endsWith('.m4s')];
    planned.push({ name, rendition: isMedia ? rendition : null, number: isMedia ? number : null, startUs: isMedia ? number * 2_000_000 : null, durationUs: isMedia ? 2_000_000 : null, cid: contentName([bytes]).cid.toString(), sizeBytes });
  }
  return planned;
}
