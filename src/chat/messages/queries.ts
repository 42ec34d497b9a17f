import { sql } from 'kysely';
import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';
import type { ChatAuthor, ChatMessage } from '../events.js';

type MessageState = 'shown' | 'muted' | 'held' | 'deleted';

type MessageTables = {
  chat_messages: {
    id: string;
    channel_id: string;
    /** Null for what never was in the room. */
    seq: number | null;
    /** Null for bots. */
    author_id: string | null;
    bot_id: string | null;
    author_name: string;
    author_role: ChatAuthor['role'];
    author_tier: number | null;
    nonce: string;
    text: string;
    text_key: string;
    is_action: boolean;
    reply_to: string | null;
    mentions: ColumnType<string[], string, never>;
    sent_at: Date;
    stream_at: Date;
    broadcast_id: string | null;
    state: MessageState;
    shown_at: Date | null;
    deleted_at: Generated<Date | null>;
    deleted_by: Generated<string | null>;
  };
  chat_reactions: { message_id: string; user_id: string; emoji: string };
  channels: { id: string; slug: string };
};

/** A message as it is written down. */
export interface NewMessage {
  id: string;
  channelId: string;
  author: { id: string; name: string; role: ChatAuthor['role']; tier: number | undefined; isBot: boolean };
  nonce: string;
  text: string;
  textKey: string;
  isAction: boolean;
  replyTo: string | undefined;
  mentions: string[];
  sentAt: Date;
  streamAt: Date;
  broadcastId: string | undefined;
}

/** Which messages of a room. */
export interface MessagesWish {
  channelId: string;
  /** Numbers below this one, or above; the newest when neither is given. */
  before?: number | undefined;
  after?: number | undefined;
  /** Only those that were shown before then: others wait for the delay of those who do not moderate. */
  shownBefore?: Date | undefined;
  limit: number;
}

const MAX_CHANGES = 5_000;

function tables(db: Db): Kysely<MessageTables> {
  return db.withTables<MessageTables>();
}

/** Writes messages down; `seqs` are their numbers, null for what the room does not see. */
export async function insertMessages(db: Db, messages: (NewMessage & { seq: number | null; state: MessageState })[]): Promise<void> {
  await tables(db).insertInto('chat_messages').values(messages.map((message) => ({
    id: message.id,
    channel_id: message.channelId,
    seq: message.seq,
    author_id: message.author.isBot ? null : message.author.id,
    bot_id: message.author.isBot ? message.author.id : null,
    author_name: message.author.name,
    author_role: message.author.role,
    author_tier: message.author.tier ?? null,
    nonce: message.nonce,
    text: message.text,
    text_key: message.textKey,
    is_action: message.isAction,
    reply_to: message.replyTo ?? null,
    mentions: JSON.stringify(message.mentions),
    sent_at: message.sentAt,
    stream_at: message.streamAt,
    broadcast_id: message.broadcastId ?? null,
    state: message.state,
    shown_at: message.seq === null ? null : message.sentAt,
  }))).execute();
}

/** The messages that were sent with these nonces already. */
export async function listSent(db: Db, sent: { channelId: string; authorId: string; nonce: string }[]): Promise<{ id: string; authorId: string; nonce: string }[]> {
  const [first] = sent;
  if (first === undefined) return [];
  const rows = await tables(db).selectFrom('chat_messages').select(['id', 'author_id', 'bot_id', 'nonce'])
    .where('channel_id', '=', first.channelId)
    .where('nonce', 'in', sent.map(({ nonce }) => nonce))
    .execute();
  return rows.flatMap(({ id, author_id, bot_id, nonce }) => ({ id, nonce, authorId: author_id ?? bot_id ?? '' }));
}

/** Messages that are shown, the oldest first. */
export async function listMessages(db: Db, wish: MessagesWish): Promise<ChatMessage[]> {
  const { channelId, before, after, shownBefore, limit } = wish;
  let query = selectMessages(db).where('m.channel_id', '=', channelId).where('m.state', '=', 'shown').where('m.seq', 'is not', null);
  if (before !== undefined) query = query.where('m.seq', '<', before);
  if (after !== undefined) query = query.where('m.seq', '>', after);
  if (shownBefore !== undefined) query = query.where('m.shown_at', '<=', shownBefore);
  const rows = await query.orderBy('m.seq', after === undefined ? 'desc' : 'asc').limit(limit).execute();
  return withReactions(db, (after === undefined ? rows.reverse() : rows).map(messageOf));
}

/** The newest number that somebody who sees messages late may know of. */
export async function findLastShown(db: Db, channelId: string, shownBefore: Date): Promise<number> {
  const row = await tables(db).selectFrom('chat_messages').select((eb) => eb.fn.max('seq').as('last'))
    .where('channel_id', '=', channelId).where('shown_at', '<=', shownBefore).executeTakeFirst();
  return row?.last ?? 0;
}

/** What was said during a show, in the order in which it was seen. */
export async function listOfBroadcast(db: Db, wish: { broadcastId: string; from: Date; to: Date; limit: number }): Promise<ChatMessage[]> {
  const rows = await selectMessages(db).where('m.broadcast_id', '=', wish.broadcastId).where('m.state', '=', 'shown')
    .where('m.stream_at', '>=', wish.from).where('m.stream_at', '<', wish.to)
    .orderBy('m.stream_at').orderBy('m.seq').limit(wish.limit).execute();
  return withReactions(db, rows.map(messageOf));
}

/** A message that appeared or was deleted. */
export interface Change {
  channelId: string;
  message: ChatMessage;
  isDeleted: boolean;
  at: Date;
}

/** What changed since then: for who may have missed it. The newest of it when it is too much; in the order of the rooms. */
export async function listChanges(db: Db, channelIds: string[], since: Date): Promise<Change[]> {
  if (channelIds.length === 0) return [];
  const changedAt = sql<Date>`greatest(m.shown_at, m.deleted_at)`;
  const rows = await selectMessages(db).select(['m.channel_id as channelId', 'm.state', changedAt.as('at')])
    .where('m.channel_id', 'in', channelIds).where('m.seq', 'is not', null)
    .where((eb) => eb.or([eb('m.shown_at', '>=', since), eb('m.deleted_at', '>=', since)]))
    .orderBy(changedAt, 'desc').limit(MAX_CHANGES).execute();
  return rows.map(({ channelId, state, at, ...row }) => ({ channelId, at, message: messageOf(row), isDeleted: state === 'deleted' }))
    .sort((a, b) => (a.message.seq ?? 0) - (b.message.seq ?? 0));
}

/** Any message of the channel, whatever became of it. */
export async function findMessage(db: Db, channelId: string, id: string): Promise<{ message: ChatMessage; state: MessageState } | undefined> {
  const row = await selectMessages(db).select('m.state').where('m.channel_id', '=', channelId).where('m.id', '=', id).executeTakeFirst();
  return row && { message: messageOf(row), state: row.state };
}

/** What an author wrote last in a room, seen or not; the newest first. What is being sent again is left out. */
export async function listRecent(db: Db, wish: { channelId: string; authorId: string; exceptNonce: string; limit: number }): Promise<{ key: string; sentAt: Date }[]> {
  return tables(db).selectFrom('chat_messages').select(['text_key as key', 'sent_at as sentAt'])
    .where('channel_id', '=', wish.channelId)
    .where((eb) => eb.or([eb('author_id', '=', wish.authorId), eb('bot_id', '=', wish.authorId)]))
    .where('nonce', '<>', wish.exceptNonce)
    .orderBy('sent_at', 'desc').limit(wish.limit).execute();
}

export async function isSaidSince(db: Db, channelId: string, key: string, since: Date, exceptNonce: string): Promise<boolean> {
  const row = await tables(db).selectFrom('chat_messages').select('id')
    .where('channel_id', '=', channelId).where('text_key', '=', key).where('sent_at', '>', since).where('nonce', '<>', exceptNonce).limit(1).executeTakeFirst();
  return row !== undefined;
}

/** Gives a message that was held its place in the room; false when somebody decided before. */
export async function showMessage(tx: Db, id: string, place: { seq: number; at: Date }): Promise<boolean> {
  const result = await tables(tx).updateTable('chat_messages').set({ state: 'shown', seq: place.seq, shown_at: place.at })
    .where('id', '=', id).where('state', '=', 'held').executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** What is to be deleted: one, all of an author, or all that is in the room. */
export type DeletionWish = { id: string } | { authorId: string } | { upTo: number };

/** Gives how many there were. @param deletion.by the line of the audit log that it can be undone from. */
export async function deleteMessages(db: Db, channelId: string, wish: DeletionWish, deletion: { at: Date; by: string }): Promise<number> {
  let query = tables(db).updateTable('chat_messages').set({ state: 'deleted', deleted_at: deletion.at, deleted_by: deletion.by })
    .where('channel_id', '=', channelId).where('state', 'in', ['shown', 'held', 'muted']);
  if ('id' in wish) query = query.where('id', '=', wish.id);
  else if ('authorId' in wish) query = query.where((eb) => eb.or([eb('author_id', '=', wish.authorId), eb('bot_id', '=', wish.authorId)]));
  else query = query.where('seq', '<=', wish.upTo);
  return Number((await query.executeTakeFirst()).numUpdatedRows);
}

/** Undoes a deletion; gives what is in the room again. What was never in it is held or muted as before. */
export async function restoreMessages(db: Db, channelId: string, deletedBy: string): Promise<ChatMessage[]> {
  const rows = await tables(db).updateTable('chat_messages').set({ state: 'shown', deleted_at: null, deleted_by: null })
    .where('channel_id', '=', channelId).where('deleted_by', '=', deletedBy).where('state', '=', 'deleted').where('seq', 'is not', null)
    .returning('id').execute();
  if (rows.length === 0) return [];
  const restored = await selectMessages(db).where('m.id', 'in', rows.map(({ id }) => id)).orderBy('m.seq').execute();
  return withReactions(db, restored.map(messageOf));
}

/** Somebody's last messages, for moderators: those that nobody else sees too. */
export async function listOfAuthor(db: Db, channelId: string, authorId: string, limit: number): Promise<ChatMessage[]> {
  const rows = await selectMessages(db).select('m.state').where('m.channel_id', '=', channelId).where('m.author_id', '=', authorId)
    .orderBy('m.sent_at', 'desc').limit(limit).execute();
  return rows.reverse().map(({ state, ...row }) => ({ ...messageOf(row), ...hiddenOf(state) }));
}

/** For moderators: why others do not see a message. */
export function hiddenOf(state: MessageState): Pick<ChatMessage, 'hidden'> {
  return state === 'muted' || state === 'held' ? { hidden: state } : {};
}

/** Says whether it is a message that can be reacted to, and then sets the reaction. */
export async function setReaction(db: Db, reaction: { messageId: string; userId: string; emoji: string; isOn: boolean }): Promise<boolean> {
  const { messageId, userId, emoji, isOn } = reaction;
  if (!isOn) {
    const result = await tables(db).deleteFrom('chat_reactions').where('message_id', '=', messageId).where('user_id', '=', userId).where('emoji', '=', emoji).executeTakeFirst();
    return result.numDeletedRows === 1n;
  }
  const result = await tables(db).insertInto('chat_reactions').values({ message_id: messageId, user_id: userId, emoji })
    .onConflict((conflict) => conflict.doNothing()).executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function countReactions(db: Db, messageIds: string[]): Promise<Map<string, Record<string, number>>> {
  const counts = new Map<string, Record<string, number>>();
  if (messageIds.length === 0) return counts;
  const rows = await tables(db).selectFrom('chat_reactions').select(['message_id', 'emoji', (eb) => eb.fn.countAll().as('count')])
    .where('message_id', 'in', messageIds).groupBy(['message_id', 'emoji']).execute();
  for (const { message_id, emoji, count } of rows) counts.set(message_id, { ...counts.get(message_id), [emoji]: Number(count) });
  return counts;
}

/** Old messages, when the operator does not keep them for ever. */
export async function deleteOld(db: Db, before: Date): Promise<void> {
  await tables(db).deleteFrom('chat_messages').where('sent_at', '<', before).execute();
}

async function withReactions(db: Db, messages: ChatMessage[]): Promise<ChatMessage[]> {
  const counts = await countReactions(db, messages.map(({ id }) => id));
  return messages.map((message) => {
    const reactions = counts.get(message.id);
    return reactions === undefined ? message : { ...message, reactions };
  });
}

function selectMessages(db: Db) {
  return tables(db).selectFrom('chat_messages as m')
    .innerJoin('channels', 'channels.id', 'm.channel_id')
    .leftJoin('chat_messages as replied', (join) => join.onRef('replied.id', '=', 'm.reply_to').on('replied.state', '=', 'shown'))
    .select([
      'm.id', 'm.seq', 'channels.slug as channel', 'm.author_id as authorId', 'm.bot_id as botId', 'm.author_name as authorName', 'm.author_role as role',
      'm.author_tier as tier', 'm.text', 'm.is_action as isAction', 'm.mentions', 'm.sent_at as sentAt', 'm.stream_at as streamAt', 'm.broadcast_id as broadcastId',
      'replied.id as repliedId', 'replied.author_name as repliedName', sql<string | null>`left(replied.text, 100)`.as('repliedText'),
    ]);
}

type MessageRow = Awaited<ReturnType<ReturnType<typeof selectMessages>['execute']>>[number];

function messageOf(row: MessageRow): ChatMessage {
  const { id, seq, channel, authorId, botId, authorName, role, tier, text, isAction, mentions, sentAt, streamAt, broadcastId, repliedId, repliedName, repliedText } = row;
  return {
    id, seq, channel, text, isAction, mentions,
    author: { id: authorId ?? botId ?? '', username: authorName, role, ...(tier === null ? {} : { tier }), ...(botId === null ? {} : { isBot: true }) },
    sentAt: sentAt.toISOString(),
    streamAt: streamAt.toISOString(),
    ...(broadcastId === null ? {} : { broadcastId }),
    ...(repliedId === null || repliedName === null ? {} : { replyTo: { id: repliedId, username: repliedName, text: repliedText ?? '' } }),
  };
}
