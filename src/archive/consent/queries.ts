import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../../platform/index.js';
import type { PlannedFile, Tier, TimeRange } from '../queue/plan.js';
import { insertItems } from '../queue/queries.js';
import { tables } from '../queue/tables.js';
import type { ArchiveState } from '../queue/tables.js';

/** What a channel's owner wants to be stored for ever. */
export interface StoredSettings {
  isOn: boolean;
  tier: Tier;
  isEncrypted: boolean;
  holdHours: number;
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

export interface LogLine {
  at: Date;
  actor: string;
  broadcastId: string | null;
  channelId: string;
  action: string;
  detail: string;
}

export interface Veto extends TimeRange {
  reason: string;
  actor: string;
  at: Date;
}

/** Before any of its bundles can have been signed. */
const UNPOSTED: ArchiveState[] = ['holding', 'queued', 'held', 'failed'];

export async function findSettings(db: Db, channelId: string): Promise<StoredSettings | undefined> {
  const row = await tables(db).selectFrom('archive_settings').selectAll().where('channel_id', '=', channelId).executeTakeFirst();
  return row && { isOn: row.is_on, tier: row.tier, isEncrypted: row.is_encrypted, holdHours: row.hold_hours, turnedOnAt: row.turned_on_at, turnedOnBy: row.turned_on_by };
}

export async function upsertSettings(db: Db, channelId: string, { isOn, tier, isEncrypted, holdHours, turnedOnAt, turnedOnBy }: StoredSettings): Promise<void> {
  const row = { is_on: isOn, tier, is_encrypted: isEncrypted, hold_hours: holdHours, turned_on_at: turnedOnAt, turned_on_by: turnedOnBy };
  await tables(db).insertInto('archive_settings').values({ channel_id: channelId, ...row }).onConflict((conflict) => conflict.column('channel_id').doUpdateSet(row)).execute();
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

/** Takes a range out of what is to be stored, or all of it. False when something of it was signed: then it may be on its way. */
export async function insertVeto(db: Db, broadcastId: string, veto: Veto): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const archive = await tables(tx).selectFrom('archives').select(['state', 'hold_until']).where('broadcast_id', '=', broadcastId).forUpdate().executeTakeFirst();
    const signed = await tables(tx).selectFrom('archive_bundles').select('id').where('broadcast_id', '=', broadcastId).where('transaction_id', 'is not', null).limit(1).forUpdate().executeTakeFirst();
    if (archive === undefined || !UNPOSTED.includes(archive.state) || signed !== undefined) return false;
    const { fromMs, toMs, reason, actor, at } = veto;
    await tables(tx).insertInto('archive_vetoes').values({ id: randomUUID(), broadcast_id: broadcastId, from_ms: fromMs, to_ms: toMs, reason, actor, at }).execute();
    await unplan(tx, broadcastId);
    const isWhole = fromMs === null && toMs === null;
    await tables(tx).updateTable('archives')
      .set(isWhole ? { state: 'vetoed', reason, updated_at: at } : { state: 'holding', reason: null, due_at: archive.hold_until, updated_at: at })
      .where('broadcast_id', '=', broadcastId).execute();
    await tables(tx).updateTable('archive_items').set({ is_vetoed: true }).where('broadcast_id', '=', broadcastId)
      .$if(!isWhole, (query) => query.where('number', 'is not', null))
      .$if(fromMs !== null, (query) => query.where(sql<boolean>`start_us + duration_us > ${(fromMs ?? 0) * 1_000}`))
      .$if(toMs !== null, (query) => query.where('start_us', '<', (toMs ?? 0) * 1_000)).execute();
    return true;
  });
}

/** A plan that nothing was signed of: its items are free again, what was written for it goes. */
async function unplan(tx: Db, broadcastId: string): Promise<void> {
  await tables(tx).deleteFrom('archive_bundles').where('broadcast_id', '=', broadcastId).execute();
  await tables(tx).deleteFrom('archive_items').where('broadcast_id', '=', broadcastId).where('content', 'is not', null).execute();
  await tables(tx).updateTable('archive_items').set({ item_id: null, sha256: null }).where('broadcast_id', '=', broadcastId).execute();
}

export async function listVetoes(db: Db, broadcastId: string): Promise<Veto[]> {
  const rows = await tables(db).selectFrom('archive_vetoes').selectAll().where('broadcast_id', '=', broadcastId).orderBy('at').execute();
  return rows.map(({ from_ms, to_ms, reason, actor, at }) => ({ fromMs: from_ms === null ? null : Number(from_ms), toMs: to_ms === null ? null : Number(to_ms), reason, actor, at }));
}

/** Nobody can read what was encrypted with it any more; what was not sent yet, never will be. */
export async function destroyKey(db: Db, broadcastId: string, now: Date): Promise<void> {
  await tables(db).updateTable('archives').set({ state: 'erased', reason: null, sealed_key: null, updated_at: now }).where('broadcast_id', '=', broadcastId).execute();
}

/** Everything that was proven to be stored is to be proven again. False when nothing was. */
export async function doubtArchive(db: Db, broadcastId: string, now: Date): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const doubted = await tables(tx).updateTable('archive_bundles').set({ state: 'confirmed', attempts: 0, reposts: 0, due_at: now, updated_at: now })
      .where('broadcast_id', '=', broadcastId).where('state', '=', 'stored').returning('id').execute();
    if (doubted.length === 0) return false;
    await tables(tx).updateTable('archive_items').set({ stored_at: null, fetched_from: null }).where('bundle_id', 'in', doubted.map(({ id }) => id)).execute();
    return true;
  });
}

/** Whose dead letter it is. */
export async function findDeadLetter(db: Db, bundleId: string): Promise<{ broadcastId: string; channelId: string; slug: string } | undefined> {
  return tables(db).selectFrom('archive_bundles as b').innerJoin('archives as a', 'a.broadcast_id', 'b.broadcast_id')
    .select(['a.broadcast_id as broadcastId', 'a.channel_id as channelId', 'a.slug']).where('b.id', '=', bundleId).where('b.state', '=', 'dead').executeTakeFirst();
}

/** It goes on at the step where it stopped. False when somebody was faster. */
export async function reviveBundle(db: Db, bundleId: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tables(db).updateTable('archive_bundles')
    .set((eb) => ({ state: eb.fn.coalesce('failed_state', sql<'planned'>`'planned'`), failed_state: null, attempts: 0, reposts: 0, fault: null, error: null, due_at: now, lease_until: null, updated_at: now }))
    .where('id', '=', bundleId).where('state', '=', 'dead').executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function insertLog(db: Db, { at, actor, broadcastId, channelId, action, detail }: LogLine): Promise<void> {
  await tables(db).insertInto('archive_log').values({ at, actor, broadcast_id: broadcastId, channel_id: channelId, action, detail }).execute();
}

/** The newest first. */
export async function listLog(db: Db, broadcastId: string, limit: number): Promise<LogLine[]> {
  const rows = await tables(db).selectFrom('archive_log').selectAll().where('broadcast_id', '=', broadcastId).orderBy('number', 'desc').limit(limit).execute();
  return rows.map(({ at, actor, channel_id, action, detail }) => ({ at, actor, broadcastId, channelId: channel_id, action, detail }));
}
