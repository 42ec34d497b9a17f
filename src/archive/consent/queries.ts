import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../../platform/index.js';
import type { BundleState } from '../queue/bundle-state.js';
import { CHAT_FILE } from '../queue/plan.js';
import type { PlannedFile, Tier, TimeRange } from '../queue/plan.js';
import { insertItems, lockArchive, refreshLocked } from '../queue/queries.js';
import { tables } from '../queue/tables.js';
import type { ArchiveState } from '../queue/tables.js';

/** What a channel's owner wants to be stored for ever. */
export interface StoredSettings {
  isOn: boolean;
  tier: Tier;
  isEncrypted: boolean;
  holdHours: number;
  /** What was said, too. */
  withChat: boolean;
  turnedOnAt: Date | null;
  turnedOnBy: string | null;
}

/** A broadcast whose time to be looked through begins. */
export interface NewArchive {
  broadcastId: string;
  channelId: string;
  slug: string;
  tier: Tier;
  isEncrypted: boolean;
  holdUntil: Date;
  now: Date;
}

export interface Veto extends TimeRange {
  reason: string;
  actor: string;
  at: Date;
}

/** Those of which something may still be sent. */
const UNFINISHED: ArchiveState[] = ['holding', 'queued', 'storing', 'held', 'failed'];

export async function findSettings(db: Db, channelId: string): Promise<StoredSettings | undefined> {
  const row = await tables(db).selectFrom('archive_settings').selectAll().where('channel_id', '=', channelId).executeTakeFirst();
  return row && { isOn: row.is_on, tier: row.tier, isEncrypted: row.is_encrypted, holdHours: row.hold_hours, withChat: row.with_chat, turnedOnAt: row.turned_on_at, turnedOnBy: row.turned_on_by };
}

/** Nobody else decides meanwhile. @param first what holds for a channel that never decided */
export async function decideSettings(db: Db, channelId: string, first: StoredSettings, decide: (before: StoredSettings) => StoredSettings): Promise<{ before: StoredSettings; after: StoredSettings }> {
  return db.transaction().execute(async (tx) => {
    await tables(tx).insertInto('archive_settings').values({ channel_id: channelId, ...settingsRow(first) }).onConflict((conflict) => conflict.doNothing()).execute();
    await tables(tx).selectFrom('archive_settings').select('channel_id').where('channel_id', '=', channelId).forUpdate().execute();
    const before = (await findSettings(tx, channelId)) ?? first;
    const after = decide(before);
    await tables(tx).updateTable('archive_settings').set(settingsRow(after)).where('channel_id', '=', channelId).execute();
    return { before, after };
  });
}

function settingsRow({ isOn, tier, isEncrypted, holdHours, withChat, turnedOnAt, turnedOnBy }: StoredSettings) {
  return { is_on: isOn, tier, is_encrypted: isEncrypted, hold_hours: holdHours, with_chat: withChat, turned_on_at: turnedOnAt, turned_on_by: turnedOnBy };
}

/** Channels whose shows are stored, and since when. */
export async function listChannelsOn(db: Db): Promise<{ channelId: string; since: Date }[]> {
  const rows = await tables(db).selectFrom('archive_settings').select(['channel_id', 'turned_on_at']).where('is_on', '=', true).execute();
  return rows.flatMap(({ channel_id, turned_on_at }) => (turned_on_at === null ? [] : [{ channelId: channel_id, since: turned_on_at }]));
}

/** With all of its files; false when it is there already. */
export async function insertArchive(db: Db, archive: NewArchive, files: PlannedFile[]): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { broadcastId, channelId, slug, tier, isEncrypted, holdUntil, now } = archive;
    const { numInsertedOrUpdatedRows } = await tables(tx).insertInto('archives')
      .values({ broadcast_id: broadcastId, channel_id: channelId, slug, state: 'holding', hold_until: holdUntil, tier, is_encrypted: isEncrypted, sealed_key: null, due_at: holdUntil, created_at: now, updated_at: now })
      .onConflict((conflict) => conflict.doNothing()).executeTakeFirst();
    if (numInsertedOrUpdatedRows !== 1n) return false;
    await insertItems(tx, broadcastId, files.map((file, place) => ({ ...file, place })));
    return true;
  });
}

/** Ends the time to be looked through. False when that is over already. */
export async function releaseArchive(db: Db, broadcastId: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tables(db).updateTable('archives').set({ hold_until: now, due_at: now, updated_at: now }).where('broadcast_id', '=', broadcastId).where('state', '=', 'holding').executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Takes a range out of what is to be stored, with the chat, which has what was said in it. False when more than the manifest was signed: then it may be on its way. */
export async function vetoRange(db: Db, broadcastId: string, veto: Veto): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const archive = await lockUnfinished(tx, broadcastId);
    if (archive === undefined || (await isSigned(tx, broadcastId))) return false;
    const { fromMs, toMs, at } = veto;
    await insertVeto(tx, broadcastId, veto);
    await dropUnsigned(tx, broadcastId);
    await tables(tx).updateTable('archives').set({ state: 'holding', reason: null, due_at: archive.hold_until, updated_at: at }).where('broadcast_id', '=', broadcastId).execute();
    await tables(tx).updateTable('archive_items').set({ is_vetoed: true }).where('broadcast_id', '=', broadcastId).where((eb) => eb.or([
      eb('name', '=', CHAT_FILE),
      eb.and([eb('number', 'is not', null), sql<boolean>`start_us + duration_us > ${(fromMs ?? 0) * 1_000}`, ...(toMs === null ? [] : [eb('start_us', '<', toMs * 1_000)])]),
    ])).execute();
    return true;
  });
}

/** Nothing more of it is sent. Gives the transactions that were signed, which nobody can take back; undefined when it is finished already. */
export async function vetoRest(db: Db, broadcastId: string, veto: Veto): Promise<string[] | undefined> {
  return db.transaction().execute(async (tx) => {
    if (await lockUnfinished(tx, broadcastId) === undefined) return undefined;
    await insertVeto(tx, broadcastId, veto);
    return endArchive(tx, broadcastId, { state: 'vetoed', reason: veto.reason, now: veto.at });
  });
}

async function insertVeto(tx: Db, broadcastId: string, { fromMs, toMs, reason, actor, at }: Veto): Promise<void> {
  await tables(tx).insertInto('archive_vetoes').values({ id: randomUUID(), broadcast_id: broadcastId, from_ms: fromMs, to_ms: toMs, reason, actor, at }).execute();
}

/** Of a channel: those of which something may still be sent. */
export async function listUnfinished(db: Db, channelId: string): Promise<string[]> {
  const rows = await tables(db).selectFrom('archives').select('broadcast_id').where('channel_id', '=', channelId).where('state', 'in', UNFINISHED).orderBy('broadcast_id').execute();
  return rows.map((row) => row.broadcast_id);
}

/** Its row is locked before those of its bundles, here and wherever both are. */
async function lockUnfinished(tx: Db, broadcastId: string): Promise<{ hold_until: Date } | undefined> {
  return tables(tx).selectFrom('archives').select('hold_until').where('broadcast_id', '=', broadcastId).where('state', 'in', UNFINISHED).forUpdate().executeTakeFirst();
}

async function endArchive(tx: Db, broadcastId: string, { state, reason, now }: { state: 'vetoed' | 'erased'; reason: string | null; now: Date }): Promise<string[]> {
  await dropUnsigned(tx, broadcastId);
  await tables(tx).updateTable('archives').set({ state, reason, sealed_key: state === 'erased' ? null : sql`sealed_key`, updated_at: now }).where('broadcast_id', '=', broadcastId).execute();
  await tables(tx).updateTable('archive_items').set({ is_vetoed: true }).where('broadcast_id', '=', broadcastId).where('item_id', 'is', null).execute();
  return listTransactions(tx, broadcastId);
}

/** More than the manifest, which names the whole show whatever is vetoed. */
async function isSigned(tx: Db, broadcastId: string): Promise<boolean> {
  const row = await tables(tx).selectFrom('archive_bundles').select('id').where('broadcast_id', '=', broadcastId).where('transaction_id', 'is not', null).where('kind', '!=', 'manifest').limit(1).executeTakeFirst();
  return row !== undefined;
}

async function listTransactions(tx: Db, broadcastId: string): Promise<string[]> {
  const rows = await tables(tx).selectFrom('archive_bundles').select('transaction_id').where('broadcast_id', '=', broadcastId).where('transaction_id', 'is not', null).orderBy('number').forUpdate().execute();
  return rows.flatMap(({ transaction_id }) => transaction_id ?? []);
}

/** Bundles that were not signed: their items are free again, what was written for them goes. */
async function dropUnsigned(tx: Db, broadcastId: string): Promise<void> {
  const dropped = await tables(tx).deleteFrom('archive_bundles').where('broadcast_id', '=', broadcastId).where('transaction_id', 'is', null).returning('id').execute();
  if (dropped.length === 0) return;
  await tables(tx).deleteFrom('archive_items').where('broadcast_id', '=', broadcastId).where('bundle_id', 'is', null).where('content', 'is not', null).execute();
  // Of one whose transaction was never mined the items have their ids still.
  await tables(tx).updateTable('archive_items').set({ item_id: null, sha256: null }).where('broadcast_id', '=', broadcastId).where('bundle_id', 'is', null).execute();
}

export async function listVetoes(db: Db, broadcastId: string): Promise<Veto[]> {
  const rows = await tables(db).selectFrom('archive_vetoes').selectAll().where('broadcast_id', '=', broadcastId).orderBy('at').execute();
  return rows.map(({ from_ms, to_ms, reason, actor, at }) => ({ fromMs: from_ms === null ? null : Number(from_ms), toMs: to_ms === null ? null : Number(to_ms), reason, actor, at }));
}

/** Nobody can read what was encrypted with it any more; what was not sent yet, never will be. Gives the transactions that are out. */
export async function destroyKey(db: Db, broadcastId: string, now: Date): Promise<string[]> {
  return db.transaction().execute(async (tx) => {
    await tables(tx).selectFrom('archives').select('state').where('broadcast_id', '=', broadcastId).forUpdate().execute();
    return endArchive(tx, broadcastId, { state: 'erased', reason: null, now });
  });
}

/** Everything that was proven to be stored is to be proven again; until then the old receipts stay. False when nothing was. */
export async function doubtArchive(db: Db, broadcastId: string, now: Date): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await lockArchive(tx, broadcastId);
    const { numUpdatedRows } = await tables(tx).updateTable('archive_bundles').set({ state: 'confirmed', attempts: 0, reposts: 0, doubted_at: now, due_at: now, updated_at: now })
      .where('broadcast_id', '=', broadcastId).where('state', '=', 'stored').executeTakeFirst();
    await refreshLocked(tx, broadcastId, now);
    return numUpdatedRows > 0n;
  });
}

/** Whose dead letter it is. */
export async function findDeadLetter(db: Db, bundleId: string): Promise<{ broadcastId: string; channelId: string; slug: string } | undefined> {
  return tables(db).selectFrom('archive_bundles as b').innerJoin('archives as a', 'a.broadcast_id', 'b.broadcast_id')
    .select(['a.broadcast_id as broadcastId', 'a.channel_id as channelId', 'a.slug']).where('b.id', '=', bundleId).where('b.state', '=', 'dead').executeTakeFirst();
}

/** It goes on at the step where it stopped. What was stored once is looked for again: its files may be gone here, and there all the same. False when somebody was faster. */
export async function reviveBundle(db: Db, { bundleId, broadcastId, now }: { bundleId: string; broadcastId: string; now: Date }): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await lockArchive(tx, broadcastId);
    const { numUpdatedRows } = await tables(tx).updateTable('archive_bundles')
      .set({
        state: sql<BundleState>`case when failed_state = 'posting' and doubted_at is not null then 'confirmed' else coalesce(failed_state, 'planned') end`,
        failed_state: null, attempts: 0, reposts: 0, fault: null, error: null, due_at: now, lease_until: null, updated_at: now,
      })
      .where('id', '=', bundleId).where('state', '=', 'dead').executeTakeFirst();
    await refreshLocked(tx, broadcastId, now);
    return numUpdatedRows === 1n;
  });
}
