import { randomUUID } from 'node:crypto';
import type { Db } from '../../platform/index.js';
import { ChatMessageUnknown } from '../errors.js';
import type { ChatMessage } from '../events.js';
import type { Standing } from '../people/standing.js';
import { isModerator } from '../people/standing.js';
import { listUsernames } from '../people/queries.js';
import { effectiveModes } from '../room/modes.js';
import { getRoom } from '../room/queries.js';
import type { RoomRow } from '../room/queries.js';
import { cleanText } from '../text/clean-text.js';
import { mentionsOf, readAction } from '../text/read-text.js';
import type { Term } from '../text/terms.js';
import { textKey } from '../text/text-key.js';
import { judge } from './judge.js';
import type { Verdict } from './judge.js';
import { MessageLog } from './message-log.js';
import type { MessageOutbox, Written } from './message-log.js';
import { findFirstLate, findMessage, isSaidSince, listHidden, listMessages, listOfBroadcast, listRecent } from './queries.js';
import type { FoundMessage, NewMessage } from './queries.js';
import { Turns } from './turns.js';

export interface MessagesOptions {
  db: Db;
  /** Codes of a channel's emotes. */
  emoteCodes: (channelId: string) => Promise<ReadonlySet<string>>;
  /** What a channel's moderators blocked. */
  terms: (channelId: string) => Promise<{ term: Term; action: 'hold' | 'block' }[]>;
  /** The show that is on air. */
  broadcastId: (channelId: string) => string | undefined;
  outbox: MessageOutbox;
  now?: () => Date;
}

/** What somebody sends. */
export interface Draft {
  text: string;
  /** The client's own: the same one again is the same message. */
  nonce: string;
  replyTo?: string | undefined;
  /** What the author was seeing. */
  streamAt?: Date | undefined;
}

/** What became of it. */
export interface Posted extends Written {
  verdict: Verdict;
  /** Others than moderators see it so much later, ms. */
  delayMs: number;
}

const HISTORY = 100;
/** Held and muted messages beside a page of history. */
const MAX_HIDDEN = 100;
const RECENT = 5;
const MAX_OF_MOMENT = 5_000;
const UNIQUE_WITHIN_MS = 600_000;
/** A viewer who is further behind the show than this has rewound, and speaks of what was then. */
const STREAM_AT_WITHIN_MS = 30_000;

/** What is said in the rooms. */
export class Messages {
  readonly #options: MessagesOptions;
  readonly #db: Db;
  readonly #log: MessageLog;
  /** Of each author in a room: what is sent at the same time does not slip past slow mode together. */
  readonly #turns = new Turns();
  readonly #now: () => Date;

  constructor(options: MessagesOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#log = new MessageLog({ db: options.db, outbox: options.outbox });
    this.#now = options.now ?? (() => new Date());
  }

  /** Judges and writes down what somebody says; resolves when it is in the database. @throws like `judge`, {ChatMessageUnknown} */
  async post(channelId: string, standing: Standing, draft: Draft): Promise<Posted> {
    return this.#turns.take(`${channelId} ${standing.user.id}`, () => this.#post(channelId, standing, draft));
  }

  async #post(channelId: string, standing: Standing, draft: Draft): Promise<Posted> {
    const now = this.#now();
    const { text, isAction } = readAction(cleanText(draft.text));
    const key = textKey(text);
    const room = await getRoom(this.#db, channelId);
    const verdict = await this.#judge({ channelId, standing, text, key, room, now, nonce: draft.nonce });
    const replied = await this.#repliedTo(channelId, standing.user.id, draft.replyTo);
    const shownAt = shownFrom(standing, room, replied, now);
    const message: NewMessage = {
      id: randomUUID(),
      channelId,
      author: { id: standing.user.id, name: standing.user.username, role: standing.role, tier: standing.tier, isBot: standing.isBot ?? false },
      nonce: draft.nonce,
      text,
      textKey: key,
      isAction,
      replyTo: draft.replyTo,
      mentions: await listUsernames(this.#db, mentionsOf(text)),
      sentAt: now,
      shownAt,
      streamAt: streamAt(draft.streamAt, now),
      broadcastId: this.#options.broadcastId(channelId),
    };
    const written = verdict.name === 'show' ? await this.#log.append(message) : await this.#log.keep(message, verdict.name === 'hold' ? 'held' : 'muted');
    return { ...written, verdict, delayMs: Math.max(0, (written.shownAt ?? shownAt).getTime() - now.getTime()) };
  }

  /** What was said in a room; `hasMore` in the direction that was asked for, and the number up to which this is all there is. */
  async history(channelId: string, wish: { before?: number | undefined; after?: number | undefined; limit?: number | undefined }, reader: { isModerator: boolean; userId: string | undefined }): Promise<{ messages: ChatMessage[]; hasMore: boolean; upTo: number }> {
    const { isModerator: seesAll, userId } = reader;
    const limit = wish.limit ?? HISTORY;
    const at = this.#now();
    const { lastSeq } = await getRoom(this.#db, channelId);
    const late = seesAll ? undefined : await findFirstLate(this.#db, channelId, at);
    const found = await listMessages(this.#db, { channelId, before: wish.before, after: wish.after, visible: seesAll ? undefined : { at, to: userId }, limit: limit + 1 });
    const page = wish.after === undefined ? found.slice(-limit) : found.slice(0, limit);
    const upTo = Math.min(late === undefined ? lastSeq : late - 1, ...(wish.after !== undefined && found.length > limit ? [page.at(-1)?.seq ?? lastSeq] : []));
    // Who waits for the delay to pass would ask for the same page again and again.
    const hasMore = found.length > limit && (wish.after === undefined || upTo > wish.after);
    return { messages: await this.#withHidden(channelId, page, { wish, hasMore, reader }), hasMore, upTo };
  }

  /** A page with what the reader sees and the room does not. */
  async #withHidden(channelId: string, page: ChatMessage[], asked: { wish: { before?: number | undefined; after?: number | undefined }; hasMore: boolean; reader: { isModerator: boolean; userId: string | undefined } }): Promise<ChatMessage[]> {
    const { wish, hasMore, reader } = asked;
    if (!reader.isModerator && reader.userId === undefined) return page;
    const from = wish.after ?? (hasMore ? page[0]?.seq ?? 0 : 0);
    const end = wish.after !== undefined && hasMore ? page.at(-1)?.seq : wish.before;
    const hidden = await listHidden(this.#db, { channelId, authorId: reader.isModerator ? undefined : reader.userId, from, before: end ?? undefined, limit: MAX_HIDDEN });
    return merged(page, hidden);
  }

  /** What was said during a show, as its picture is played; `next` is the `from` of what follows. */
  async replay(broadcastId: string, { from, to, limit }: { from: Date; to: Date; limit: number }): Promise<{ messages: ChatMessage[]; next?: string }> {
    const found = await listOfBroadcast(this.#db, { broadcastId, from, to, limit: limit + 1 });
    const next = found.at(limit)?.streamAt;
    if (next === undefined) return { messages: found };
    const messages = found.filter(({ streamAt }) => streamAt < next);
    return messages.length > 0 ? { messages, next } : this.#moment(broadcastId, new Date(next));
  }

  /** More were said in one millisecond than fit on a page: they come together. */
  async #moment(broadcastId: string, from: Date): Promise<{ messages: ChatMessage[]; next: string }> {
    const to = new Date(from.getTime() + 1);
    return { messages: await listOfBroadcast(this.#db, { broadcastId, from, to, limit: MAX_OF_MOMENT }), next: to.toISOString() };
  }

  async #judge(question: { channelId: string; standing: Standing; text: string; key: string; room: RoomRow; now: Date; nonce: string }): Promise<Verdict> {
    const { channelId, standing, text, key, room, now } = question;
    const modes = effectiveModes(room, now);
    return judge({
      text, key, standing, modes, now,
      recent: await listRecent(this.#db, { channelId, authorId: standing.user.id, isBot: standing.isBot ?? false, exceptNonce: question.nonce, limit: RECENT }),
      isSaidBefore: modes.isUniqueChat && await isSaidSince(this.#db, { channelId, authorId: standing.user.id, key, since: new Date(now.getTime() - UNIQUE_WITHIN_MS), exceptNonce: question.nonce }),
      emoteCodes: modes.isEmoteOnly ? await this.#options.emoteCodes(channelId) : new Set(),
      terms: isModerator(standing.role) ? [] : await this.#options.terms(channelId),
    });
  }

  /** Who is muted may answer what only they see. */
  async #repliedTo(channelId: string, authorId: string, id: string | undefined): Promise<FoundMessage | undefined> {
    if (id === undefined) return undefined;
    const found = await findMessage(this.#db, channelId, id);
    const isThere = found?.state === 'shown' || (found?.state === 'muted' && found.message.author.id === authorId);
    if (found === undefined || !isThere) throw new ChatMessageUnknown();
    return found;
  }
}

/** An answer quotes: nobody sees it before what it answers. */
function shownFrom({ role }: Standing, { modes }: RoomRow, replied: FoundMessage | undefined, now: Date): Date {
  const own = isModerator(role) ? now : new Date(now.getTime() + modes.delaySec * 1_000);
  const repliedAt = replied?.shownAt ?? own;
  return repliedAt > own ? repliedAt : own;
}

/** Two lists in the order of the room: what has no number comes behind the one after which it was sent. */
function merged(page: ChatMessage[], hidden: (ChatMessage & { place: number })[]): ChatMessage[] {
  const placed = [...page.map((message) => ({ message, place: message.seq ?? 0 })), ...hidden.map(({ place, ...message }) => ({ message, place: place + 0.5 }))];
  return placed.sort((a, b) => a.place - b.place).map(({ message }) => message);
}

/** A client that tells of another time than now, give or take the delay of a player, is not believed. */
function streamAt(told: Date | undefined, now: Date): Date {
  const behindMs = told === undefined ? 0 : now.getTime() - told.getTime();
  return told !== undefined && behindMs > 0 && behindMs < STREAM_AT_WITHIN_MS ? told : now;
}
