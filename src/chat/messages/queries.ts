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
    /** From when on everybody sees it; moderators do at once. */
    shown_at: Date | null;
    /** The room's newest number when it came: the place of what has none. */
    after_seq: Generated<number | null>;
    /** What it was before it was deleted. */
    state_before: Generated<MessageState | null>;
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
  /** From when on others than moderators see it. */
  shownAt: Date;
  streamAt: Date;
  broadcastId: string | undefined;
}

/** Which messages of a room. */
export interface MessagesWish {
  channelId: string;
  /** Numbers below this one, or above; the newest when neither is given. */
  before?: number | undefined;
  after?: number | undefined;
  /** Only what others than moderators see by then, and what this account wrote. */
  visible?: { at: Date; to: string | undefined } | undefined;
  limit: number;
}

const MAX_CHANGES = 5_000;

/** Different reactions to one message; a reader gets all of them. */
const MAX_REACTION_KINDS = 20;

function tables(db: Db): Kysely<MessageTables> {
  return db.withTables<MessageTables>();
}

/** Writes messages down: with their numbers, or after which one they came when the room does not see them. */
export async function insertMessages(db: Db, messages: (NewMessage & ({ seq: number; state: 'shown' } | { seq: null; afterSeq: number; state: 'held' | 'muted' }))[]): Promise<void> {
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
    shown_at: message.seq === null ? null : message.shownAt,
    after_seq: message.seq === null ? message.afterSeq : null,
  }))).execute();
}

/** The messages that were sent with these nonces already. */
export async function listSent(db: Db, sent: { channelId: string; authorId: string; nonce: string }[]): Promise<{ id: string; authorId: string; nonce: string }[]> {
  const [first] = sent;
  if (first === undefined) return [];
  const rows = await tables(db).selectFrom('chat_messages').select(['id', 'author_id', 'bot_id', 'nonce'])
    .where('channel_id', '=', first.channelId)
    .where('nonce', 'in', sent.map(({ nonce }) => nonce))
    .where((eb) => eb.or([eb('author_id', 'in', sent.map(({ authorId }) => authorId)), eb('bot_id', 'in', sent.map(({ authorId }) => authorId))]))
    .execute();
  return rows.flatMap(({ id, author_id, bot_id, nonce }) => ({ id, nonce, authorId: author_id ?? bot_id ?? '' }));
}

/** Messages that are shown, the oldest first. */
export async function listMessages(db: Db, wish: MessagesWish): Promise<ChatMessage[]> {
  const { channelId, before, after, visible, limit } = wish;
  let query = selectMessages(db).where('m.channel_id', '=', channelId).where('m.state', '=', 'shown').where('m.seq', 'is not', null);
  if (before !== undefined) query = query.where('m.seq', '<', before);
  if (after !== undefined) query = query.where('m.seq', '>', after);
  if (visible !== undefined) query = query.where((eb) => eb.or([eb('m.shown_at', '<=', visible.at), ...(visible.to === undefined ? [] : [eb('m.author_id', '=', visible.to)])]));
  const rows = await query.orderBy('m.seq', after === undefined ? 'desc' : 'asc').limit(limit).execute();
  return withReactions(db, (after === undefined ? rows.reverse() : rows).map(messageOf));
}

/** What the room does not see, among these numbers: all of it for moderators, else what the author wrote. The newest, the oldest first. */
export async function listHidden(db: Db, wish: { channelId: string; authorId?: string | undefined; from: number; before: number | undefined; limit: number }): Promise<(ChatMessage & { place: number })[]> {
  const { channelId, authorId, from, before, limit } = wish;
  let query = selectMessages(db).select(['m.state', 'm.after_seq as afterSeq']).where('m.channel_id', '=', channelId)
    .where('m.state', 'in', ['muted', 'held']).where('m.after_seq', '>=', from);
  if (authorId !== undefined) query = query.where('m.author_id', '=', authorId);
  if (before !== undefined) query = query.where('m.after_seq', '<', before);
  const rows = await query.orderBy('m.sent_at', 'desc').limit(limit).execute();
  return rows.reverse().map(({ state, afterSeq, ...row }) => {
    const place = afterSeq ?? 0;
    return { ...(authorId !== undefined && state === 'muted' ? asIfShown(messageOf(row), place) : { ...messageOf(row), ...hiddenOf(state) }), place };
  });
}

/** A muted message as its author gets it: like the others, but that a number which is taken is not given twice. */
function asIfShown(message: ChatMessage, place: number): ChatMessage {
  return { ...message, seq: place };
}

/** The first number that others than moderators do not see yet. */
export async function findFirstLate(db: Db, channelId: string, at: Date): Promise<number | undefined> {
  const row = await tables(db).selectFrom('chat_messages').select((eb) => eb.fn.min('seq').as('first'))
    .where('channel_id', '=', channelId).where('shown_at', '>', at).executeTakeFirst();
  return row?.first ?? undefined;
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

/** A message, and what became of it. */
export interface FoundMessage {
  message: ChatMessage;
  state: MessageState;
  /** Null for what the room does not see. */
  shownAt: Date | null;
  /** Its number, or that of what comes next. */
  place: number;
  /** What its author gets: as if it were shown, when it is muted. */
  forAuthor: ChatMessage;
}

/** Any message of the channel. */
export async function findMessage(db: Db, channelId: string, id: string): Promise<FoundMessage | undefined> {
  return (await listFound(db, channelId, [id])).get(id);
}

/** The same for several, by id. */
export async function listFound(db: Db, channelId: string, ids: string[]): Promise<Map<string, FoundMessage>> {
  if (ids.length === 0) return new Map();
  const rows = await selectMessages(db).select(['m.state', 'm.shown_at as shownAt', 'm.after_seq as afterSeq']).where('m.channel_id', '=', channelId).where('m.id', 'in', ids).execute();
  return new Map(rows.map((row) => {
    const message = messageOf(row);
    const after = row.afterSeq ?? 0;
    return [row.id, { message, state: row.state, shownAt: row.shownAt, place: row.seq ?? after + 1, forAuthor: row.state === 'muted' ? asIfShown(message, after) : message }];
  }));
}

/** What an author wrote last in a room, seen or not; the newest first. What is being sent again is left out. */
export async function listRecent(db: Db, wish: { channelId: string; authorId: string; isBot: boolean; exceptNonce: string; limit: number }): Promise<{ key: string; sentAt: Date }[]> {
  return tables(db).selectFrom('chat_messages').select(['text_key as key', 'sent_at as sentAt'])
    .where('channel_id', '=', wish.channelId)
    .where(wish.isBot ? 'bot_id' : 'author_id', '=', wish.authorId)
    .where('nonce', '<>', wish.exceptNonce)
    .orderBy('sent_at', 'desc').limit(wish.limit).execute();
}

/** Whether the room, or the author alone, has seen this already. */
export async function isSaidSince(db: Db, said: { channelId: string; authorId: string; key: string; since: Date; exceptNonce: string }): Promise<boolean> {
  const row = await tables(db).selectFrom('chat_messages').select('id')
    .where('channel_id', '=', said.channelId).where('text_key', '=', said.key).where('sent_at', '>', said.since).where('nonce', '<>', said.exceptNonce)
    .where((eb) => eb.or([eb('seq', 'is not', null), eb('author_id', '=', said.authorId)]))
    .limit(1).executeTakeFirst();
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
  let query = tables(db).updateTable('chat_messages').set({ state: 'deleted', state_before: sql<MessageState>`state`, deleted_at: deletion.at, deleted_by: deletion.by })
    .where('channel_id', '=', channelId).where('state', 'in', ['shown', 'held', 'muted']);
  if ('id' in wish) query = query.where('id', '=', wish.id);
  else if ('authorId' in wish) query = query.where((eb) => eb.or([eb('author_id', '=', wish.authorId), eb('bot_id', '=', wish.authorId)]));
  // What is held is not in the room: it stays with the moderators.
  else query = query.where('state', '<>', 'held').where((eb) => eb(eb.fn.coalesce('seq', 'after_seq'), '<=', wish.upTo));
  return Number((await query.executeTakeFirst()).numUpdatedRows);
}

/** Undoes a deletion; gives what is in the room again, in its order. What was never in it is held or muted as before. */
export async function restoreMessages(db: Db, channelId: string, deletedBy: string): Promise<string[]> {
  const rows = await tables(db).updateTable('chat_messages').set({ state: sql<MessageState>`coalesce(state_before, 'shown')`, state_before: null, deleted_at: null, deleted_by: null })
    .where('channel_id', '=', channelId).where('deleted_by', '=', deletedBy).where('state', '=', 'deleted')
    .returning(['id', 'seq']).execute();
  return rows.flatMap(({ id, seq }) => (seq === null ? [] : [{ id, seq }])).sort((a, b) => a.seq - b.seq).map(({ id }) => id);
}

/** Those of these that are in the room, in its order, and from when on everybody sees them. */
export async function listShown(db: Db, ids: string[]): Promise<{ message: ChatMessage; shownAt: Date }[]> {
  if (ids.length === 0) return [];
  const rows = await selectMessages(db).select('m.shown_at as shownAt').where('m.id', 'in', ids).where('m.state', '=', 'shown').orderBy('m.seq').execute();
  const messages = await withReactions(db, rows.map(messageOf));
  return messages.map((message, at) => ({ message, shownAt: rows[at]?.shownAt ?? new Date(message.sentAt) }));
}

/** Somebody's last messages, for moderators: those that nobody else sees too. */
export async function listOfAuthor(db: Db, channelId: string, authorId: string, limit: number): Promise<ChatMessage[]> {
  const rows = await selectMessages(db).select('m.state').where('m.channel_id', '=', channelId).where('m.author_id', '=', authorId)
    .orderBy('m.sent_at', 'desc').limit(limit).execute();
  return rows.reverse().map(({ state, ...row }) => ({ ...messageOf(row), ...hiddenOf(state) }));
}

/** For moderators: why others do not see a message. */
export function hiddenOf(state: MessageState): Pick<ChatMessage, 'hidden'> {
  return state === 'shown' ? {} : { hidden: state };
}

/** Says whether it is a message that can be reacted to, and then sets the reaction. */
export async function setReaction(db: Db, reaction: { messageId: string; userId: string; emoji: string; isOn: boolean }): Promise<boolean> {
  const { messageId, userId, emoji, isOn } = reaction;
  if (!isOn) {
    const result = await tables(db).deleteFrom('chat_reactions').where('message_id', '=', messageId).where('user_id', '=', userId).where('emoji', '=', emoji).executeTakeFirst();
    return result.numDeletedRows === 1n;
  }
  const kinds = await tables(db).selectFrom('chat_reactions').select('emoji').distinct().where('message_id', '=', messageId).limit(MAX_REACTION_KINDS).execute();
  if (kinds.length >= MAX_REACTION_KINDS && !kinds.some((kind) => kind.emoji === emoji)) return false;
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
    .leftJoin('chat_messages as replied', (join) => join.onRef('replied.id', '=', 'm.reply_to').on((eb) => eb.or([
      eb('replied.state', '=', 'shown'),
      // Who is muted answers themselves as anybody would.
      eb.and([eb('replied.state', '=', 'muted'), eb('m.state', '=', 'muted'), eb('replied.author_id', '=', eb.ref('m.author_id'))]),
    ])))
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
