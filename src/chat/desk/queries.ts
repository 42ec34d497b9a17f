import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Generated, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';
import type { BlockedTerm, QueueItem, UserCard } from '../events.js';

type DeskTables = {
  chat_queue: {
    id: string;
    channel_id: string;
    kind: QueueItem['kind'];
    message_id: string;
    reason: string;
    reporter_id: string | null;
    created_at: Date;
    decision: Generated<Decision | null>;
  };
  chat_terms: { id: string; channel_id: string; pattern: string; action: BlockedTerm['action']; created_at: Date };
  chat_notes: { id: string; channel_id: string; user_id: string; author_id: string | null; text: string; created_at: Date };
  users: { id: string; username: string };
};

export type Decision = 'approve' | 'deny';

/** What waits for a moderator: one message, with all who reported it. */
export interface WaitingItem {
  id: string;
  kind: QueueItem['kind'];
  messageId: string;
  reasons: string[];
  reporters: (string | null)[];
  at: Date;
}

function tables(db: Db): Kysely<DeskTables> {
  return db.withTables<DeskTables>();
}

export async function insertHeld(db: Db, held: { channelId: string; messageId: string; reason: string; at: Date }): Promise<void> {
  await tables(db).insertInto('chat_queue')
    .values({ id: randomUUID(), channel_id: held.channelId, kind: 'held', message_id: held.messageId, reason: held.reason, reporter_id: null, created_at: held.at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Once for each person. What moderators have found good before stays so, however many report it. */
export async function insertReport(db: Db, report: { channelId: string; messageId: string; reporterId: string; reason: string; at: Date }): Promise<void> {
  const approved = await tables(db).selectFrom('chat_queue').select('id')
    .where('message_id', '=', report.messageId).where('kind', '=', 'report').where('decision', '=', 'approve').limit(1).executeTakeFirst();
  await tables(db).insertInto('chat_queue')
    .values({
      id: randomUUID(), channel_id: report.channelId, kind: 'report', message_id: report.messageId, reason: report.reason, reporter_id: report.reporterId, created_at: report.at,
      decision: approved === undefined ? null : 'approve',
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** What nobody has decided, of messages that are still there: the oldest first. */
function waiting(channelId: string) {
  return sql`from chat_queue q join chat_messages m on m.id = q.message_id left join users u on u.id = q.reporter_id
    where q.channel_id = ${channelId} and q.decision is null and m.state = case q.kind when 'held' then 'held' else 'shown' end`;
}

export async function listWaiting(db: Db, channelId: string, limit: number): Promise<WaitingItem[]> {
  const { rows } = await sql<WaitingItem>`
    select q.kind, q.message_id as "messageId", min(q.created_at) as at, (array_agg(q.id::text order by q.created_at, q.id))[1] as id,
      json_agg(q.reason order by q.created_at) as reasons, json_agg(u.username order by q.created_at) as reporters
    ${waiting(channelId)} group by q.kind, q.message_id order by min(q.created_at) limit ${limit}`.execute(db);
  return rows;
}

export async function countWaiting(db: Db, channelId: string): Promise<number> {
  const { rows: [row] } = await sql<{ count: number }>`select count(distinct (q.kind, q.message_id))::integer as count ${waiting(channelId)}`.execute(db);
  return row?.count ?? 0;
}

export async function findWaiting(db: Db, channelId: string, id: string): Promise<{ kind: QueueItem['kind']; messageId: string; reason: string } | undefined> {
  return tables(db).selectFrom('chat_queue').select(['kind', 'message_id as messageId', 'reason'])
    .where('channel_id', '=', channelId).where('id', '=', id).where('decision', 'is', null).executeTakeFirst();
}

/** Of a message, for all who reported it; false when somebody was faster. */
export async function decide(db: Db, item: { kind: QueueItem['kind']; messageId: string }, decision: Decision): Promise<boolean> {
  const result = await tables(db).updateTable('chat_queue').set({ decision })
    .where('message_id', '=', item.messageId).where('kind', '=', item.kind).where('decision', 'is', null).executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** A held message waits again. */
export async function reopenHeld(db: Db, messageId: string): Promise<void> {
  await tables(db).updateTable('chat_queue').set({ decision: null }).where('message_id', '=', messageId).where('kind', '=', 'held').execute();
}

export async function listTerms(db: Db, channelId: string): Promise<BlockedTerm[]> {
  return tables(db).selectFrom('chat_terms').select(['id', 'pattern', 'action']).where('channel_id', '=', channelId).orderBy('pattern').execute();
}

export async function countTerms(db: Db, channelId: string): Promise<number> {
  const row = await tables(db).selectFrom('chat_terms').select((eb) => eb.fn.countAll().as('count')).where('channel_id', '=', channelId).executeTakeFirstOrThrow();
  return Number(row.count);
}

/** The same pattern again changes what is done about it. */
export async function upsertTerm(db: Db, term: { channelId: string; pattern: string; action: BlockedTerm['action']; at: Date }): Promise<BlockedTerm> {
  return tables(db).insertInto('chat_terms')
    .values({ id: randomUUID(), channel_id: term.channelId, pattern: term.pattern, action: term.action, created_at: term.at })
    .onConflict((conflict) => conflict.columns(['channel_id', 'pattern']).doUpdateSet({ action: term.action }))
    .returning(['id', 'pattern', 'action']).executeTakeFirstOrThrow();
}

/** Gives what it was; undefined when there was none. */
export async function deleteTerm(db: Db, channelId: string, id: string): Promise<BlockedTerm | undefined> {
  return tables(db).deleteFrom('chat_terms').where('channel_id', '=', channelId).where('id', '=', id).returning(['id', 'pattern', 'action']).executeTakeFirst();
}

/** The newest first. */
export async function listNotes(db: Db, channelId: string, userId: string): Promise<UserCard['notes']> {
  const rows = await tables(db).selectFrom('chat_notes as n').leftJoin('users', 'users.id', 'n.author_id')
    .select(['n.id', 'n.text', 'users.username as by', 'n.created_at as at'])
    .where('n.channel_id', '=', channelId).where('n.user_id', '=', userId)
    .orderBy('n.created_at', 'desc').execute();
  return rows.map(({ id, text, by, at }) => ({ id, text, by: by ?? '', at: at.toISOString() }));
}

export async function countNotes(db: Db, channelId: string, userId: string): Promise<number> {
  const row = await tables(db).selectFrom('chat_notes').select((eb) => eb.fn.countAll().as('count'))
    .where('channel_id', '=', channelId).where('user_id', '=', userId).executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function insertNote(db: Db, note: { channelId: string; userId: string; authorId: string; text: string; at: Date }): Promise<void> {
  await tables(db).insertInto('chat_notes')
    .values({ id: randomUUID(), channel_id: note.channelId, user_id: note.userId, author_id: note.authorId, text: note.text, created_at: note.at })
    .execute();
}
