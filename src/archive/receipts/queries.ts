import { sql } from 'kysely';
import type { Db } from '../../platform/index.js';
import type { BundleState } from '../queue/bundle-state.js';
import type { Fault } from '../arweave/errors.js';
import type { Tier } from '../queue/plan.js';
import { tables } from '../queue/tables.js';
import type { ArchiveState } from '../queue/tables.js';

/** The permanent archive of a broadcast, as pages show it. */
export interface ArchiveCard {
  broadcastId: string;
  slug: string;
  state: ArchiveState;
  reason: string | null;
  holdUntil: Date;
  tier: Tier;
  isEncrypted: boolean;
  pathManifestId: string | null;
  estimatedWinston: string | null;
  createdAt: Date;
}

/** Counts of an archive. */
export interface ArchiveSums {
  files: number;
  filesStored: number;
  sizeBytes: number;
  spentWinston: string;
  deadLetters: number;
}

export interface FileRow {
  name: string;
  rendition: string | null;
  number: number | null;
  startUs: number | null;
  durationUs: number | null;
  cid: string;
  sizeBytes: number;
  isVetoed: boolean;
  itemId: string | null;
  storedAt: Date | null;
  fetchedFrom: string | null;
  /** Null before it is planned. */
  bundleState: BundleState | null;
  transactionId: string | null;
}

/** A bundle that waits for a person. */
export interface DeadBundle {
  id: string;
  broadcast: string;
  channel: string;
  step: string;
  fault: Fault;
  error: string;
  attempts: number;
  since: Date;
}

export interface QueueFacts {
  waiting: number;
  held: number;
  dead: number;
  oldestAt: Date | null;
  bytesWaiting: number;
  itemsStored: number;
  /** Items in the last ten minutes. */
  storedLately: number;
  spentWinston: string;
}

const LATELY_MS = 600_000;
/** Archives of which nothing more is sent. */
const ENDED = sql`('vetoed', 'erased')`;

export async function findCard(db: Db, broadcastId: string): Promise<ArchiveCard | undefined> {
  return selectCards(db).where('broadcast_id', '=', broadcastId).executeTakeFirst();
}

/** What changes when anything of an archive does; undefined when there is none. */
export async function readVersion(db: Db, broadcastId: string): Promise<{ state: string; decidedAt: Date; movedAt: Date | null } | undefined> {
  return tables(db).selectFrom('archives as a').select((eb) => ['a.state', 'a.updated_at as decidedAt',
    eb.selectFrom('archive_bundles as b').whereRef('b.broadcast_id', '=', 'a.broadcast_id').select(({ fn }) => fn.max('b.updated_at').as('at')).as('movedAt')])
    .where('a.broadcast_id', '=', broadcastId).executeTakeFirst();
}

/** The newest first. */
export async function listCards(db: Db, channelId: string, limit: number): Promise<ArchiveCard[]> {
  return selectCards(db).where('channel_id', '=', channelId).orderBy('created_at', 'desc').limit(limit).execute();
}

/** By broadcast. */
export async function listSums(db: Db, broadcastIds: string[]): Promise<Map<string, ArchiveSums>> {
  if (broadcastIds.length === 0) return new Map();
  const items = await tables(db).selectFrom('archive_items').where('broadcast_id', 'in', broadcastIds).groupBy('broadcast_id')
    .select(['broadcast_id', sql<string>`count(*)`.as('files'), sql<string>`count(stored_at)`.as('stored'), sql<string>`sum(size_bytes)`.as('size')])
    .where('is_vetoed', '=', false).execute();
  const bundles = await tables(db).selectFrom('archive_bundles').where('broadcast_id', 'in', broadcastIds).groupBy('broadcast_id')
    .select(['broadcast_id', sql<string>`coalesce(sum(reward_winston), 0)`.as('spent'), sql<string>`count(*) filter (where state = 'dead')`.as('dead')]).execute();
  const spent = new Map(bundles.map((row) => [row.broadcast_id, row]));
  return new Map(items.map(({ broadcast_id, files, stored, size }) => [broadcast_id, {
    files: Number(files), filesStored: Number(stored), sizeBytes: Number(size), spentWinston: spent.get(broadcast_id)?.spent ?? '0', deadLetters: Number(spent.get(broadcast_id)?.dead ?? 0),
  }]));
}

/** In their order. */
export async function listFiles(db: Db, broadcastId: string): Promise<FileRow[]> {
  const rows = await tables(db).selectFrom('archive_items as i').leftJoin('archive_bundles as b', 'b.id', 'i.bundle_id')
    .select(['i.name', 'i.rendition', 'i.number', 'i.start_us', 'i.duration_us', 'i.cid', 'i.size_bytes', 'i.is_vetoed', 'i.item_id', 'i.stored_at', 'i.fetched_from', 'b.state', 'b.transaction_id'])
    .where('i.broadcast_id', '=', broadcastId).orderBy('i.place').execute();
  return rows.map((row) => ({
    name: row.name, rendition: row.rendition, number: row.number, cid: row.cid, sizeBytes: Number(row.size_bytes), isVetoed: row.is_vetoed,
    startUs: row.start_us === null ? null : Number(row.start_us), durationUs: row.duration_us === null ? null : Number(row.duration_us),
    itemId: row.item_id, storedAt: row.stored_at, fetchedFrom: row.fetched_from, bundleState: row.state, transactionId: row.transaction_id,
  }));
}

/** The newest first; of one broadcast, or of all. */
export async function listDead(db: Db, { broadcastId, limit }: { broadcastId?: string; limit: number }): Promise<DeadBundle[]> {
  const rows = await tables(db).selectFrom('archive_bundles as b').innerJoin('archives as a', 'a.broadcast_id', 'b.broadcast_id')
    .select(['b.id', 'b.broadcast_id as broadcast', 'a.slug as channel', 'b.failed_state as step', 'b.fault', 'b.error', 'b.attempts', 'b.updated_at as since'])
    .where('b.state', '=', 'dead').where('a.state', 'not in', ['vetoed', 'erased']).$if(broadcastId !== undefined, (query) => query.where('b.broadcast_id', '=', broadcastId ?? ''))
    .orderBy('b.updated_at', 'desc').limit(limit).execute();
  return rows.map(({ step, fault, error, ...row }) => ({ ...row, step: step ?? 'planned', fault: fault ?? 'bug', error: error ?? '' }));
}

export async function readQueue(db: Db, now: Date): Promise<QueueFacts> {
  // What was signed of an archive that was ended is paid, and goes nowhere any more.
  const [waits, isHeld] = [sql`b.state not in ('stored', 'dead') and a.state not in ${ENDED}`, sql`b.state in ('planned', 'signed') and b.fault is null and b.error is not null`];
  const bundles = await tables(db).selectFrom('archive_bundles as b').innerJoin('archives as a', 'a.broadcast_id', 'b.broadcast_id').select([
    sql<string>`count(*) filter (where ${waits} and not (${isHeld}))`.as('waiting'),
    sql<string>`count(*) filter (where ${waits} and ${isHeld})`.as('held'),
    sql<string>`count(*) filter (where b.state = 'dead' and a.state not in ${ENDED})`.as('dead'),
    sql<Date | null>`min(b.created_at) filter (where ${waits})`.as('oldest'),
    sql<string>`coalesce(sum(b.size_bytes) filter (where ${waits}), 0)`.as('bytes'),
    sql<string>`coalesce(sum(b.reward_winston), 0)`.as('spent'),
  ]).executeTakeFirstOrThrow();
  const items = await tables(db).selectFrom('archive_items').select([
    sql<string>`count(stored_at)`.as('stored'),
    sql<string>`count(*) filter (where stored_at > ${new Date(now.getTime() - LATELY_MS)})`.as('lately'),
  ]).executeTakeFirstOrThrow();
  return {
    waiting: Number(bundles.waiting), held: Number(bundles.held), dead: Number(bundles.dead), oldestAt: bundles.oldest, bytesWaiting: Number(bundles.bytes),
    itemsStored: Number(items.stored), storedLately: Number(items.lately), spentWinston: bundles.spent,
  };
}

/** Broadcasts whose files are still needed: what is to be stored is not, or not all of it. */
export async function listUnstored(db: Db): Promise<string[]> {
  const rows = await tables(db).selectFrom('archives').select('broadcast_id').where('state', 'in', ['holding', 'queued', 'storing', 'held', 'failed']).execute();
  return rows.map((row) => row.broadcast_id);
}

function selectCards(db: Db) {
  return tables(db).selectFrom('archives').select([
    'broadcast_id as broadcastId', 'slug', 'state', 'reason', 'hold_until as holdUntil', 'tier', 'is_encrypted as isEncrypted',
    'path_manifest_id as pathManifestId', 'estimated_winston as estimatedWinston', 'created_at as createdAt',
  ]);
}
