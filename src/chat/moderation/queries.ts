import { sql } from 'kysely';
import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';
import type { AuditEntry, Sanction, SanctionKind } from '../events.js';

type ModerationTables = {
  chat_sanctions: {
    id: string;
    channel_id: string;
    user_id: string;
    kind: SanctionKind;
    reason: string;
    actor_id: string | null;
    /** Of a bot, which is no account. */
    bot_name: string | null;
    created_at: Date;
    until: Date | null;
    lifted_at: Generated<Date | null>;
    lifted_by: Generated<string | null>;
  };
  chat_audit: {
    id: string;
    channel_id: string;
    actor_id: string | null;
    act: string;
    target_id: string | null;
    message_id: string | null;
    reason: string;
    detail: ColumnType<Record<string, unknown>, string, never>;
    created_at: Date;
    undone_at: Generated<Date | null>;
    undone_by: Generated<string | null>;
    bot_name: string | null;
  };
  users: { id: string; username: string };
  chat_bots: { id: string; name: string };
};

/** One line of the audit log, as it is written. */
export interface NewAct {
  id: string;
  channelId: string;
  actorId: string;
  act: string;
  targetId?: string | undefined;
  messageId?: string | undefined;
  reason: string;
  detail: Record<string, unknown>;
  at: Date;
}

/** One that is read, with what its undoing needs. */
export interface StoredAct extends NewAct {
  target: string | undefined;
  isUndone: boolean;
}

/** What can be taken back; the rest says so. */
export const UNDOABLE = new Set(['delete-message', 'deny-message', 'delete-user-messages', 'clear-chat', 'ban-user', 'timeout-user', 'mute-user', 'set-modes', 'set-role']);

const MAX_TARGETS = 1_000;

function tables(db: Db): Kysely<ModerationTables> {
  return db.withTables<ModerationTables>();
}

export async function insertSanction(db: Db, sanction: { id: string; channelId: string; userId: string; kind: SanctionKind; reason: string; actorId: string; at: Date; until: Date | null }): Promise<void> {
  const { id, channelId, userId, kind, reason, actorId, at, until } = sanction;
  await tables(db).insertInto('chat_sanctions')
    .values({ id, channel_id: channelId, user_id: userId, kind, reason, ...actorOf(db, actorId), created_at: at, until })
    .execute();
}

/** Who acts is an account, or a bot, whose name is kept. */
function actorOf(db: Db, id: string) {
  return { actor_id: accountOf(db, id), bot_name: tables(db).selectFrom('chat_bots').select('name').where('id', '=', id) };
}

/** Null for a bot. */
function accountOf(db: Db, id: string | null) {
  return tables(db).selectFrom('users').select('id').where('id', '=', id);
}

/** Ends what is in force of these kinds; says how many there were. */
export async function liftSanctions(db: Db, lift: { channelId: string; userId: string; kinds: SanctionKind[]; by: string | null; at: Date }): Promise<number> {
  const result = await tables(db).updateTable('chat_sanctions').set({ lifted_at: lift.at, lifted_by: accountOf(db, lift.by) })
    .where('channel_id', '=', lift.channelId).where('user_id', '=', lift.userId).where('kind', 'in', lift.kinds)
    .where('lifted_at', 'is', null).where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', lift.at)]))
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Ends the one that was made at this moment, if nothing has ended it. */
export async function liftSanctionMadeAt(db: Db, lift: { channelId: string; userId: string; kind: SanctionKind; madeAt: Date; by: string; at: Date }): Promise<void> {
  await tables(db).updateTable('chat_sanctions').set({ lifted_at: lift.at, lifted_by: lift.by })
    .where('channel_id', '=', lift.channelId).where('user_id', '=', lift.userId).where('kind', '=', lift.kind)
    .where('created_at', '=', lift.madeAt).where('lifted_at', 'is', null).execute();
}

/** Of a channel or of one person in it, the newest first. */
export async function listSanctions(db: Db, wish: { channelId: string; userId?: string; activeAt?: Date; limit: number }): Promise<(Sanction & { username: string })[]> {
  let query = tables(db).selectFrom('chat_sanctions as s')
    .innerJoin('users as target', 'target.id', 's.user_id')
    .leftJoin('users as actor', 'actor.id', 's.actor_id')
    .leftJoin('users as lifter', 'lifter.id', 's.lifted_by')
    .select(['s.id', 's.kind', 's.reason', 's.created_at', 's.until', 's.lifted_at', 'target.username', 's.bot_name as botName', 'actor.username as actorName', 'lifter.username as lifterName'])
    .where('s.channel_id', '=', wish.channelId);
  const { userId, activeAt } = wish;
  if (userId !== undefined) query = query.where('s.user_id', '=', userId);
  if (activeAt !== undefined) query = query.where('s.lifted_at', 'is', null).where((eb) => eb.or([eb('s.until', 'is', null), eb('s.until', '>', activeAt)]));
  const rows = await query.orderBy('s.created_at', 'desc').limit(wish.limit).execute();
  return rows.map(({ id, kind, reason, created_at, until, lifted_at, username, actorName, botName, lifterName }) => ({
    id, kind, reason, username, by: actorName ?? botName ?? '', at: created_at.toISOString(),
    ...(until === null ? {} : { until: until.toISOString() }),
    ...(lifted_at === null ? {} : { lifted: { by: lifterName ?? '', at: lifted_at.toISOString() } }),
  }));
}

export async function insertAct(db: Db, act: NewAct): Promise<void> {
  await tables(db).insertInto('chat_audit').values({
    id: act.id, channel_id: act.channelId, ...actorOf(db, act.actorId), act: act.act, target_id: act.targetId ?? null, message_id: act.messageId ?? null,
    reason: act.reason, detail: JSON.stringify(act.detail), created_at: act.at,
  }).execute();
}

export async function findAct(db: Db, channelId: string, id: string): Promise<StoredAct | undefined> {
  const row = await selectActs(db).where('a.channel_id', '=', channelId).where('a.id', '=', id).executeTakeFirst();
  return row && {
    id, channelId, actorId: row.actor_id ?? '', act: row.act, targetId: row.target_id ?? undefined, target: row.target ?? undefined,
    messageId: row.message_id ?? undefined, reason: row.reason, detail: row.detail, at: row.created_at, isUndone: row.undone_at !== null,
  };
}

/** Marks it as undone; false when somebody was faster. */
export async function markUndone(db: Db, id: string, undone: { by: string; at: Date }): Promise<boolean> {
  const result = await tables(db).updateTable('chat_audit').set({ undone_at: undone.at, undone_by: undone.by })
    .where('id', '=', id).where('undone_at', 'is', null).executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The newest first; those before a line, when one is given. */
export async function listActs(db: Db, wish: { channelId: string; before?: string | undefined; limit: number }): Promise<AuditEntry[]> {
  const { before } = wish;
  let query = selectActs(db).where('a.channel_id', '=', wish.channelId);
  if (before !== undefined) {
    query = query.where(sql<boolean>`(a.created_at, a.id) < (select created_at, id from chat_audit where id = ${before})`);
  }
  const rows = await query.orderBy('a.created_at', 'desc').orderBy('a.id', 'desc').limit(wish.limit).execute();
  return rows.map(entryOf);
}

/** As moderators see it. */
export async function getEntry(db: Db, id: string): Promise<AuditEntry> {
  return entryOf(await selectActs(db).where('a.id', '=', id).executeTakeFirstOrThrow());
}

/** Whom moderators acted on since then. */
export async function listTargets(db: Db, channelIds: string[], since: Date): Promise<{ channelId: string; userId: string }[]> {
  if (channelIds.length === 0) return [];
  const rows = await tables(db).selectFrom('chat_audit').select(['channel_id', 'target_id']).distinct()
    .where('channel_id', 'in', channelIds).where('created_at', '>=', since).where('target_id', 'is not', null).limit(MAX_TARGETS).execute();
  return rows.flatMap(({ channel_id, target_id }) => (target_id === null ? [] : [{ channelId: channel_id, userId: target_id }]));
}

function selectActs(db: Db) {
  return tables(db).selectFrom('chat_audit as a')
    .leftJoin('users as actor', 'actor.id', 'a.actor_id')
    .leftJoin('users as target', 'target.id', 'a.target_id')
    .leftJoin('users as undoer', 'undoer.id', 'a.undone_by')
    .select([
      'a.id', 'a.act', 'a.actor_id', 'a.target_id', 'a.message_id', 'a.reason', 'a.detail', 'a.created_at', 'a.undone_at', 'a.bot_name as botName',
      'actor.username as actor', 'target.username as target', 'undoer.username as undoer',
    ]);
}

type ActRow = Awaited<ReturnType<ReturnType<typeof selectActs>['execute']>>[number];

function entryOf(row: ActRow): AuditEntry {
  const { id, act, actor, botName, target, message_id, reason, detail, created_at, undone_at, undoer } = row;
  return {
    id, act, reason, detail,
    actor: actor ?? botName ?? '',
    at: created_at.toISOString(),
    canUndo: undone_at === null && UNDOABLE.has(act),
    ...(target === null ? {} : { target }),
    ...(message_id === null ? {} : { messageId: message_id }),
    ...(undone_at === null ? {} : { undone: { by: undoer ?? '', at: undone_at.toISOString() } }),
  };
}
