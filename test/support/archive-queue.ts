import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import { ArweaveGateway } from '../../src/archive/arweave/gateway.js';
import { Wallets } from '../../src/archive/arweave/wallets.js';
import { contentName } from '../../src/archive/cid/content-hash.js';
import type { ArweaveConfig } from '../../src/archive/config.js';
import type { Consent } from '../../src/archive/consent/consent.js';
import { insertArchive } from '../../src/archive/consent/queries.js';
import { SigningKeys } from '../../src/archive/keys/signing-keys.js';
import { keyBytesOf } from '../../src/archive/manifest/did-bytes.js';
import { PermanentArchive } from '../../src/archive/permanent-archive.js';
import type { PlannedFile } from '../../src/archive/queue/plan.js';
import { tables } from '../../src/archive/queue/tables.js';
import type { ArchiveState, ArchiveTables } from '../../src/archive/queue/tables.js';
import type { Db } from '../../src/platform/index.js';
import { startArlocal } from './arlocal.js';
import type { Arlocal } from './arlocal.js';
import { FaultyGateway } from './arweave-faults.js';
import { recordingLog } from './log.js';
import type { LogLine } from './log.js';
import type { Cleanup } from './until.js';

type BundleRow = Selectable<ArchiveTables['archive_bundles']>;

export interface ShowFile {
  name: string;
  sizeBytes: number;
}

export interface QueueOptions {
  db: Db;
  /** Key files. */
  wallets: string[];
  /** What wallets are told that they have, when it is not the truth. */
  balanceOf?: (address: string) => Promise<bigint> | undefined;
  /** A thousand when left out. */
  broadcastBudgetAr?: number;
}

/** The queue before a local Arweave. What is posted goes through one proxy and what is fetched back through another; the test moves the clock. */
export interface QueueSite {
  arlocal: Arlocal;
  post: FaultyGateway;
  check: FaultyGateway;
  wallets: Wallets;
  consent: Consent;
  lines: LogLine[];
  /** A show of random bytes whose hold is over. */
  show(files: ShowFile[]): Promise<string>;
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

/** A gateway that is slower than that did not answer. */
export const TIMEOUT_MS = 1_000;
const MINUTE_MS = 60_000;
const SEGMENT_US = 2_000_000;
const MAX_TURNS = 200;
export const KEY_SECRET = 's'.repeat(32);
/** What every show here has for one. */
export const PLAYLIST = '#EXTM3U\n';
const CONFIG: ArweaveConfig = {
  walletFiles: [], gatewayUrls: [], checkGatewayUrls: [], confirmations: 2, dryRun: false,
  broadcastBudgetAr: 1_000, dayBudgetAr: 1_000, monthBudgetAr: 1_000, lowBalanceAr: 0,
};

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
  const [postTo, checkWith] = [post, check].map(({ url }) => new ArweaveGateway({ url, timeoutMs: TIMEOUT_MS }));
  if (postTo === undefined || checkWith === undefined) throw new Error('there are two gateways');
  const keys = new SigningKeys({ db, keySecret: KEY_SECRET, dataDir: mediaDir, log });
  await keys.start();
  const wallets = new Wallets({ files: options.wallets, balanceOf: (address) => options.balanceOf?.(address) ?? arlocal.balanceOf(address), lowWinston: 0n, log, now: () => clock.ms });
  await wallets.start();
  t.after(() => wallets.stop());
  const network = { post: [postTo], check: [checkWith], wallets, start: () => wallets.start(), stop: () => wallets.stop() };
  const queue = new PermanentArchive({
    db, mediaDir, keys, network, log, now,
    config: { ...CONFIG, ...(options.broadcastBudgetAr === undefined ? {} : { broadcastBudgetAr: options.broadcastBudgetAr }) },
    manifests: { find: async () => undefined },
    broadcasts: {
      visibilityOf: async () => 'public', playlistsOf: async () => [{ name: 'master.m3u8', text: PLAYLIST }],
      factsOf: async () => ({ renditions: [], slates: [] }), listEnded: async () => [], findCard: async () => undefined,
    },
    pins: { pinsOf: async () => [], nodes: async () => [] },
    random: () => 0.5,
  });
  const archive = (id: string) => tables(db).selectFrom('archives').select(['state', 'reason', 'path_manifest_id as pathManifest']).where('broadcast_id', '=', id).executeTakeFirstOrThrow();
  const work = async (): Promise<void> => {
    await wallets.refresh();
    await queue.work();
  };
  const pass = async (): Promise<void> => {
    await arlocal.mine();
    clock.ms = Math.max(clock.ms + MINUTE_MS, await nextDueMs(db));
  };

  return {
    arlocal, post, check, wallets, consent: queue.consent, lines: log.lines,
    show: (files) => addShow({ db, arlocal, keys, mediaDir }, files, now()),
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

/** A show of random bytes, of a channel of its own, that is to be archived from some time on. */
export async function addShow({ db, arlocal, keys, mediaDir }: { db: Db; arlocal: Arlocal; keys: SigningKeys; mediaDir: string }, files: ShowFile[], holdUntil: Date): Promise<string> {
  const { id, channelId } = await insertBroadcast(db);
  // arlocal unpacks only items of owners that it has seen.
  const publicKey = keyBytesOf((await keys.signer(channelId)).key);
  await arlocal.mint(createHash('sha256').update(publicKey).digest('base64url'), 1n);
  const planned = await writeShow(path.join(mediaDir, id), files);
  await insertArchive(db, { broadcastId: id, channelId, slug: 'ada', tier: 'all', isEncrypted: false, holdUntil, now: holdUntil }, planned);
  return id;
}

async function insertBroadcast(db: Db): Promise<{ id: string; channelId: string }> {
  const [id, channelId, userId] = [randomUUID(), randomUUID(), randomUUID()];
  const at = new Date();
  await sql`insert into users (id, username, email, password_hash, role, created_at) values (${userId}, ${userId}, ${`${userId}@example.org`}, '', 'user', ${at})`.execute(db);
  await sql`insert into channels (id, owner_id, slug, title, created_at) values (${channelId}, ${userId}, ${channelId}, 'Ada', ${at})`.execute(db);
  await sql`insert into broadcasts (id, channel_id, started_at) values (${id}, ${channelId}, ${at})`.execute(db);
  return { id, channelId };
}

/** Writes the files, and says what is planned of them. */
async function writeShow(folder: string, files: ShowFile[]): Promise<PlannedFile[]> {
  const planned: PlannedFile[] = [];
  for (const [number, { name, sizeBytes }] of files.entries()) {
    const bytes = randomBytes(sizeBytes);
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), bytes);
    const file = { name, cid: contentName([bytes]).cid.toString(), sizeBytes };
    const place = { rendition: path.dirname(name), number, startUs: number * SEGMENT_US, durationUs: SEGMENT_US };
    planned.push({ ...file, ...(name.endsWith('.m4s') ? place : { rendition: null, number: null, startUs: null, durationUs: null }) });
  }
  return planned;
}
