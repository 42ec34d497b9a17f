import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import type { Db } from '../../platform/index.js';
import { insertLog } from '../log/queries.js';
import type { Fault } from '../arweave/errors.js';
import type { BundlePatch, BundleProgress } from './bundle-state.js';
import type { Amounts } from '../arweave/budget.js';
import { hostOf } from './network.js';
import type { BundleKind, PlannedFile } from './plan.js';
import { tables } from './tables.js';
import type { ArchiveState, ArchiveTables } from './tables.js';

/** Files that go as one transaction. */
export interface Bundle extends BundleProgress {
  id: string;
  broadcastId: string;
  number: number;
  kind: BundleKind;
  sizeBytes: number;
  transaction: BundleTransaction | undefined;
  nextChunk: number;
  /** Gateway that has its header; null as long as nothing of it has left. */
  postedTo: string | null;
  /** Of all gateways that ever had it. */
  postedHosts: string[];
  /** Of the server that took it: what anybody else writes about this step changes nothing. */
  leaseToken: string;
  createdAt: Date;
  /** Receipts up to then are to be proven again. */
  doubtedAt: Date | null;
}

/** What was signed for a bundle; it stays the same however often it is posted. */
export interface BundleTransaction {
  id: string;
  json: string;
  wallet: string;
  rewardWinston: bigint;
  /** Height of the chain when it was signed: 50 blocks later it cannot be mined any more. */
  anchorHeight: number;
  chunks: number;
}

/** A file of a bundle. */
export interface BundleItem {
  name: string;
  cid: string;
  sizeBytes: number;
  /** Its text, when no file on the disk has it. */
  content: string | null;
  /** Of what is posted; null before it was signed. */
  sha256: string | null;
  itemId: string | null;
  storedAt: Date | null;
}

/** Of an archive, what its bundles are made with. */
export interface ArchiveRow {
  broadcastId: string;
  channelId: string;
  slug: string;
  state: ArchiveState;
  isEncrypted: boolean;
  sealedKey: string | null;
}

const IN_FLIGHT = ['signed', 'posting', 'posted', 'seeded', 'confirmed'] as const;
/** Their wallet may not have been charged. */
const UNCHARGED = ['signed', 'posting', 'posted', 'seeded'] as const;
/** Those whose bundles may move on. */
const MOVING: ArchiveState[] = ['queued', 'storing', 'held', 'failed'];
const DAY_MS = 86_400_000;
const ROWS_TOGETHER = 500;
const MAX_TEXT = 2_000;
/** Whoever signs holds it: two servers must not spend the same budget. */
const BUDGET_LOCK = 7_428_042;

export async function findArchive(db: Db, broadcastId: string): Promise<ArchiveRow | undefined> {
  const row = await tables(db).selectFrom('archives').selectAll().where('broadcast_id', '=', broadcastId).executeTakeFirst();
  return row && { broadcastId, channelId: row.channel_id, slug: row.slug, state: row.state, isEncrypted: row.is_encrypted, sealedKey: row.sealed_key };
}

/** Those whose time to be looked through is over. */
export async function listHoldsOver(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await tables(db).selectFrom('archives').select('broadcast_id').where('state', '=', 'holding').where('due_at', '<=', now).orderBy('due_at').limit(limit).execute();
  return rows.map((row) => row.broadcast_id);
}

/** It cannot be planned now: looked at again later. */
export async function putOffPlan(db: Db, broadcastId: string, { reason, dueAt }: { reason: string; dueAt: Date }): Promise<void> {
  await tables(db).updateTable('archives').set({ reason: plainText(reason), due_at: dueAt }).where('broadcast_id', '=', broadcastId).where('state', '=', 'holding').execute();
}

/** The files that nobody vetoed and no bundle has, in their order. */
export async function listWanted(db: Db, broadcastId: string): Promise<(PlannedFile & { place: number })[]> {
  const rows = await tables(db).selectFrom('archive_items').selectAll().where('broadcast_id', '=', broadcastId).where('is_vetoed', '=', false).where('bundle_id', 'is', null).orderBy('place').execute();
  return rows.map((row) => ({ ...fileOf(row), place: row.place }));
}

export async function insertItems(db: Db, broadcastId: string, files: (PlannedFile & { place: number; content?: string; bundleId?: string })[]): Promise<void> {
  for (let at = 0; at < files.length; at += ROWS_TOGETHER) {
    await tables(db).insertInto('archive_items').values(files.slice(at, at + ROWS_TOGETHER).map((file) => ({
      broadcast_id: broadcastId, name: file.name, place: file.place, bundle_id: file.bundleId ?? null, rendition: file.rendition, number: file.number,
      start_us: file.startUs, duration_us: file.durationUs, cid: file.cid, size_bytes: file.sizeBytes, content: file.content ?? null,
    }))).execute();
  }
}

/** A bundle that is to be made of files at these places, and texts that no file has. */
export interface PlannedBundle {
  id: string;
  kind: BundleKind;
  sizeBytes: number;
  places: number[];
  texts: (PlannedFile & { place: number; content: string })[];
}

/** The bundles of an archive whose hold is over; false when it is not in that state any more, or somebody vetoed files of it meanwhile, and nothing was written. */
export async function insertPlan(db: Db, broadcastId: string, plan: {
  bundles: PlannedBundle[];
  /** How many were wanted when it was made. */
  files: number;
  sealedKey: string | null;
  estimatedWinston: bigint | undefined;
  now: Date;
}): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { now, sealedKey, estimatedWinston } = plan;
    if ((await lockArchive(tx, broadcastId)) !== 'holding' || (await countWanted(tx, broadcastId)) !== plan.files) return false;
    const first = await countBundles(tx, broadcastId);
    await tables(tx).updateTable('archives')
      .set({ state: 'queued', reason: null, sealed_key: sql`coalesce(sealed_key, ${sealedKey})`, estimated_winston: estimatedWinston?.toString() ?? null, updated_at: now })
      .where('broadcast_id', '=', broadcastId).execute();
    for (const [at, { id, kind, sizeBytes, places, texts }] of plan.bundles.entries()) {
      await tables(tx).insertInto('archive_bundles')
        .values({ id, broadcast_id: broadcastId, number: first + at, kind, state: 'planned', size_bytes: sizeBytes, due_at: now, created_at: now, updated_at: now }).execute();
      await insertItems(tx, broadcastId, texts.map((text) => ({ ...text, bundleId: id })));
      // The last one may have nothing but texts.
      if (places.length > 0) await tables(tx).updateTable('archive_items').set({ bundle_id: id }).where('broadcast_id', '=', broadcastId).where('is_vetoed', '=', false).where('place', 'in', places).execute();
    }
    await refreshLocked(tx, broadcastId, now);
    return true;
  });
}

/** Whoever changes bundles holds their archive's row first: then no two wait for each other, and its state is that of all of them. */
export async function lockArchive(tx: Db, broadcastId: string): Promise<ArchiveState | undefined> {
  return (await tables(tx).selectFrom('archives').select('state').where('broadcast_id', '=', broadcastId).forUpdate().executeTakeFirst())?.state;
}

async function countWanted(tx: Db, broadcastId: string): Promise<number> {
  const { count } = await tables(tx).selectFrom('archive_items').select(sql<string>`count(*)`.as('count'))
    .where('broadcast_id', '=', broadcastId).where('is_vetoed', '=', false).where('bundle_id', 'is', null).executeTakeFirstOrThrow();
  return Number(count);
}

/** When it is planned anew after a veto, the manifest may be on its way already. */
async function countBundles(tx: Db, broadcastId: string): Promise<number> {
  const { count } = await tables(tx).selectFrom('archive_bundles').select(sql<string>`count(*)`.as('count')).where('broadcast_id', '=', broadcastId).executeTakeFirstOrThrow();
  return Number(count);
}

/** The next bundle that has something to do: nobody else takes it before `leaseUntil`, and if this server dies somebody takes it after that. */
export async function takeBundle(db: Db, { now, leaseUntil }: { now: Date; leaseUntil: Date }): Promise<Bundle | undefined> {
  const rows = await tables(db)
    .with((cte) => cte('taken').materialized(), (cte) => cte.selectFrom('archive_bundles as b').innerJoin('archives as a', 'a.broadcast_id', 'b.broadcast_id').select('b.id')
      .where('b.state', 'not in', ['stored', 'dead']).where('b.due_at', '<=', now)
      // What was stored may be in doubt; the manifest goes on while the rest is planned anew.
      .where((eb) => eb.or([eb('a.state', 'in', MOVING), eb.and([eb('a.state', '=', 'stored'), eb('b.state', '=', 'confirmed')]), eb.and([eb('a.state', '=', 'holding'), eb('b.transaction_id', 'is not', null)])]))
      .where((eb) => eb.or([eb('b.lease_until', 'is', null), eb('b.lease_until', '<=', now)]))
      // The last one names the items of all others.
      .where((eb) => eb.not(eb.and([eb('b.kind', '=', 'last'), eb('b.state', '=', 'planned'), eb.exists(eb.selectFrom('archive_items as i').select('i.name')
        .whereRef('i.broadcast_id', '=', 'b.broadcast_id').whereRef('i.bundle_id', '!=', 'b.id').where('i.item_id', 'is', null))])))
      .orderBy('b.due_at').orderBy('b.number').limit(1).forUpdate('b').skipLocked())
    .updateTable('archive_bundles').set({ lease_until: leaseUntil, lease_token: randomUUID() })
    .where('id', 'in', (eb) => eb.selectFrom('taken').select('taken.id'))
    .returningAll().execute();
  return rows[0] && bundleOf(rows[0]);
}

/** What a step writes about its bundle, and which one it holds. */
type Taken = Pick<Bundle, 'id' | 'leaseToken'>;

/** Chunks up to here are posted; the lease is renewed. False when somebody else has it by now. */
export async function reportChunk(db: Db, { id, leaseToken }: Taken, { nextChunk, leaseUntil }: { nextChunk: number; leaseUntil: Date }): Promise<boolean> {
  const { numUpdatedRows } = await tables(db).updateTable('archive_bundles').set({ next_chunk: nextChunk, lease_until: leaseUntil }).where('id', '=', id).where('lease_token', '=', leaseToken).executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The outcome of a step, and what it makes of the archive, unless somebody else has the bundle by now. Gives it back to whoever comes next. @returns the archive's state when that changed */
export async function reportBundle(db: Db, bundle: Pick<Bundle, 'id' | 'broadcastId' | 'leaseToken'>, patch: BundlePatch, now: Date): Promise<ArchiveState | undefined> {
  const { id, broadcastId, leaseToken } = bundle;
  return db.transaction().execute(async (tx) => {
    await lockArchive(tx, broadcastId);
    const before = await tables(tx).selectFrom('archive_bundles').selectAll().where('id', '=', id).where('lease_token', '=', leaseToken).forUpdate().executeTakeFirst();
    if (before === undefined) return undefined;
    await tables(tx).updateTable('archive_bundles')
      .set({
        state: patch.state, failed_state: patch.failedState, attempts: patch.attempts, reposts: patch.reposts, fault: patch.fault, error: patch.error === null ? null : plainText(patch.error),
        due_at: new Date(now.getTime() + patch.delayMs), lease_until: null, lease_token: null, updated_at: now,
        ...(patch.nextChunk === null ? {} : { next_chunk: patch.nextChunk }),
        ...(patch.postedTo === null ? {} : { posted_to: patch.postedTo, posted_hosts: [...new Set([...before.posted_hosts, hostOf(patch.postedTo)])] }),
      })
      .where('id', '=', id).execute();
    if (patch.isLost) await voidReceipts(tx, id);
    const { transaction } = bundleOf(before);
    if (patch.isUnsigned) await forgetTransaction(tx, bundleOf(before), now);
    if (patch.state === 'stored' && transaction !== undefined) await noteTransaction(tx, { broadcastId, transaction, action: 'proven', at: now });
    return refreshLocked(tx, broadcastId, now);
  });
}

/** What was in doubt, and is not there any more: it was not proven again. */
async function voidReceipts(tx: Db, bundleId: string): Promise<void> {
  await sql`update archive_items set stored_at = null, fetched_from = null from archive_bundles
    where archive_bundles.id = ${bundleId} and archive_items.bundle_id = ${bundleId} and archive_items.stored_at <= archive_bundles.doubted_at`.execute(tx);
}

/** It will never be mined: what it would have cost is free again. The log keeps its id for whoever doubts that. */
async function forgetTransaction(tx: Db, { id, broadcastId, transaction }: Bundle, now: Date): Promise<void> {
  await tables(tx).updateTable('archive_bundles')
    .set({ transaction_id: null, transaction_json: null, wallet: null, reward_winston: null, anchor_height: null, signed_at: null, posted_to: null })
    .where('id', '=', id).execute();
  await tables(tx).updateTable('archive_items').set({ stored_at: null, fetched_from: null }).where('bundle_id', '=', id).execute();
  if (transaction !== undefined) await noteTransaction(tx, { broadcastId, transaction, action: 'forgotten', at: now });
}

/** Rows go with what they are about; which transactions are out stays known. */
async function noteTransaction(tx: Db, { broadcastId, transaction: { id, wallet, rewardWinston }, action, at }: { broadcastId: string; transaction: BundleTransaction; action: 'signed' | 'forgotten' | 'proven'; at: Date }): Promise<void> {
  const { channel_id: channelId } = await tables(tx).selectFrom('archives').select('channel_id').where('broadcast_id', '=', broadcastId).executeTakeFirstOrThrow();
  await insertLog(tx, { at, actor: 'server', broadcastId, channelId, action, detail: `${id} of ${wallet}, ${rewardWinston} winston` });
}

/** How a bundle was signed: which item has which id, and the path manifest when it has one. */
export interface Signing {
  transaction: BundleTransaction;
  items: { name: string; itemId: string; sha256: string }[];
  pathManifest: (PlannedFile & { place: number; content: string; itemId: string }) | undefined;
  sizeBytes: number;
  now: Date;
}

/**
 * Writes a signed transaction down, before anything of it leaves. `refuse` sees what is spent and promised, under a lock.
 * @returns why it was refused; undefined when it is written. False: the bundle is not waiting for it any more.
 */
export async function recordSigned(db: Db, bundle: Pick<Bundle, 'id' | 'broadcastId' | 'leaseToken'>, signing: Signing, refuse: (spent: Amounts, promised: Map<string, bigint>) => string | undefined): Promise<string | false | undefined> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${BUDGET_LOCK})`.execute(tx);
    const state = await lockArchive(tx, bundle.broadcastId);
    if (state === undefined || !MOVING.includes(state)) return false;
    const refusal = refuse(await sumSpent(tx, bundle.broadcastId, signing.now), await sumPromised(tx));
    if (refusal !== undefined) return refusal;
    const { transaction, now } = signing;
    const { numUpdatedRows } = await tables(tx).updateTable('archive_bundles')
      .set({
        state: 'signed', transaction_id: transaction.id, transaction_json: transaction.json, wallet: transaction.wallet, reward_winston: transaction.rewardWinston.toString(),
        anchor_height: transaction.anchorHeight, chunks: transaction.chunks, next_chunk: 0, size_bytes: signing.sizeBytes, signed_at: now,
        attempts: 0, fault: null, error: null, due_at: now, lease_until: null, lease_token: null, updated_at: now,
      })
      .where('id', '=', bundle.id).where('state', '=', 'planned').where('lease_token', '=', bundle.leaseToken).executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await recordItems(tx, bundle, signing);
    await noteTransaction(tx, { broadcastId: bundle.broadcastId, transaction, action: 'signed', at: now });
    await refreshLocked(tx, bundle.broadcastId, now);
    return undefined;
  });
}

async function recordItems(tx: Db, { id, broadcastId }: Pick<Bundle, 'id' | 'broadcastId'>, { items, pathManifest }: Signing): Promise<void> {
  if (pathManifest !== undefined) {
    const { itemId, ...file } = pathManifest;
    await insertItems(tx, broadcastId, [{ ...file, bundleId: id }]);
    await tables(tx).updateTable('archives').set({ path_manifest_id: itemId }).where('broadcast_id', '=', broadcastId).execute();
  }
  for (let at = 0; at < items.length; at += ROWS_TOGETHER) {
    const some = items.slice(at, at + ROWS_TOGETHER);
    await sql`update archive_items set item_id = made.item_id, sha256 = made.sha256
      from unnest(${some.map(({ name }) => name)}::text[], ${some.map(({ itemId }) => itemId)}::text[], ${some.map(({ sha256 }) => sha256)}::text[]) as made(name, item_id, sha256)
      where archive_items.broadcast_id = ${broadcastId} and archive_items.bundle_id = ${id} and archive_items.name = made.name`.execute(tx);
  }
}

/** Rewards of what was signed: of this broadcast, in 24 hours, in 30 days. */
export async function sumSpent(db: Db, broadcastId: string, now: Date): Promise<Amounts> {
  const since = (days: number): Date => new Date(now.getTime() - days * DAY_MS);
  const row = await tables(db).selectFrom('archive_bundles').select((eb) => [
    sql<string>`coalesce(sum(reward_winston) filter (where broadcast_id = ${broadcastId}), 0)`.as('broadcast'),
    sql<string>`coalesce(sum(reward_winston) filter (where signed_at > ${since(1)}), 0)`.as('day'),
    eb.fn.coalesce(sql<string>`sum(reward_winston) filter (where signed_at > ${since(30)})`, sql<string>`0`).as('month'),
  ]).executeTakeFirstOrThrow();
  return { broadcast: BigInt(row.broadcast), day: BigInt(row.day), month: BigInt(row.month) };
}

/** By wallet: rewards of what was signed, and may not be in its balance yet. A balance is asked for every minute, and mined is not at once. */
export async function sumPromised(db: Db): Promise<Map<string, bigint>> {
  const rows = await tables(db).selectFrom('archive_bundles').select(['wallet', sql<string>`sum(reward_winston)`.as('sum')]).where('wallet', 'is not', null)
    .where((eb) => eb.or([eb('state', 'in', UNCHARGED), eb.and([eb('state', '=', 'dead'), eb('failed_state', 'in', UNCHARGED)])])).groupBy('wallet').execute();
  return new Map(rows.flatMap(({ wallet, sum }) => (wallet === null ? [] : [[wallet, BigInt(sum)]])));
}

/** In the order in which they are in the bundle. */
export async function listBundleItems(db: Db, bundleId: string): Promise<BundleItem[]> {
  const rows = await tables(db).selectFrom('archive_items').selectAll().where('bundle_id', '=', bundleId).orderBy('place').execute();
  return rows.map((row) => ({ name: row.name, cid: row.cid, sizeBytes: Number(row.size_bytes), content: row.content, sha256: row.sha256, itemId: row.item_id, storedAt: row.stored_at }));
}

/** Names and ids of a broadcast's items, as far as they are known. */
export async function listItemIds(db: Db, broadcastId: string): Promise<{ name: string; id: string }[]> {
  const rows = await tables(db).selectFrom('archive_items').select(['name', 'item_id']).where('broadcast_id', '=', broadcastId).where('item_id', 'is not', null).orderBy('place').execute();
  return rows.flatMap(({ name, item_id }) => (item_id === null ? [] : [{ name, id: item_id }]));
}

/** These were fetched back, and are what was sent; the lease is renewed. False when somebody else has the bundle by now. */
export async function reportStored(db: Db, { id, leaseToken }: Taken, stored: { names: string[]; from: string }[], { at, leaseUntil }: { at: Date; leaseUntil: Date }): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { numUpdatedRows } = await tables(tx).updateTable('archive_bundles').set({ lease_until: leaseUntil, updated_at: at }).where('id', '=', id).where('lease_token', '=', leaseToken).executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    for (const { names, from } of stored) {
      if (names.length > 0) await tables(tx).updateTable('archive_items').set({ stored_at: at, fetched_from: from }).where('bundle_id', '=', id).where('name', 'in', names).execute();
    }
    return true;
  });
}

/** Brings the state of an archive whose row is locked in line with its bundles'. Gives the state when it changed. */
export async function refreshLocked(tx: Db, broadcastId: string, now: Date): Promise<ArchiveState | undefined> {
  const bundles = await tables(tx).selectFrom('archive_bundles').select(['state', 'fault', 'error']).where('broadcast_id', '=', broadcastId).orderBy('number').execute();
  const { state, reason } = archiveStateOf(bundles);
  const { numUpdatedRows } = await tables(tx).updateTable('archives').set({ state, reason, updated_at: now })
    .where('broadcast_id', '=', broadcastId).where('state', 'in', [...MOVING, 'stored'])
    .where((eb) => eb.or([eb('state', '!=', state), eb('reason', 'is distinct from', reason)])).executeTakeFirst();
  return numUpdatedRows === 1n ? state : undefined;
}

/** Of what failed the dead letters have the words: some are those of other servers. */
const FAILED_REASONS: Record<Fault, string> = {
  operator: 'something has to be put right on this server',
  remote: 'another server failed for too long',
  bug: 'a bug of this server: its log says more',
};

/** What the bundles of an archive say about the whole. */
export function archiveStateOf(bundles: Pick<Selectable<ArchiveTables['archive_bundles']>, 'state' | 'fault' | 'error'>[]): { state: ArchiveState; reason: string | null } {
  const dead = bundles.find(({ state }) => state === 'dead');
  const held = bundles.filter(({ state, fault, error }) => state !== 'dead' && fault === null && error !== null);
  if (bundles.some((bundle) => IN_FLIGHT.some((one) => one === bundle.state) && !held.includes(bundle))) return { state: 'storing', reason: null };
  if (held[0] !== undefined) return { state: 'held', reason: held[0].error };
  if (dead !== undefined) return { state: 'failed', reason: FAILED_REASONS[dead.fault ?? 'bug'] };
  if (bundles.every(({ state }) => state === 'planned')) return { state: 'queued', reason: null };
  return { state: bundles.every(({ state }) => state === 'stored') ? 'stored' : 'storing', reason: null };
}

function fileOf(row: Selectable<ArchiveTables['archive_items']>): PlannedFile {
  return {
    name: row.name, rendition: row.rendition, number: row.number, cid: row.cid, sizeBytes: Number(row.size_bytes),
    startUs: row.start_us === null ? null : Number(row.start_us), durationUs: row.duration_us === null ? null : Number(row.duration_us),
  };
}

function bundleOf(row: Selectable<ArchiveTables['archive_bundles']>): Bundle {
  return {
    id: row.id, broadcastId: row.broadcast_id, number: row.number, kind: row.kind, state: row.state, attempts: row.attempts, reposts: row.reposts,
    sizeBytes: Number(row.size_bytes), nextChunk: row.next_chunk, postedTo: row.posted_to,
    postedHosts: row.posted_hosts, leaseToken: row.lease_token ?? '', createdAt: row.created_at, doubtedAt: row.doubted_at, transaction: transactionOf(row),
  };
}

function transactionOf(row: Selectable<ArchiveTables['archive_bundles']>): BundleTransaction | undefined {
  if (row.transaction_id === null || row.transaction_json === null || row.wallet === null || row.reward_winston === null) return undefined;
  return { id: row.transaction_id, json: row.transaction_json, wallet: row.wallet, rewardWinston: BigInt(row.reward_winston), anchorHeight: Number(row.anchor_height), chunks: row.chunks };
}

/** Words of others may have anything in them; Postgres takes no NUL and no half of a surrogate pair. */
function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').slice(0, MAX_TEXT);
}
