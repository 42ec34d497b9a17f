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
import type { MessageOutbox } from './message-log.js';
import { findLastShown, findMessage, isSaidSince, listMessages, listOfBroadcast, listRecent } from './queries.js';
import type { NewMessage } from './queries.js';

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
export interface Posted {
  message: ChatMessage;
  verdict: Verdict;
  /** False when it was sent before. */
  isNew: boolean;
  /** Others than moderators see it so much later, ms. */
  delayMs: number;
}

const HISTORY = 100;
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
  readonly #now: () => Date;

  constructor(options: MessagesOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#log = new MessageLog({ db: options.db, outbox: options.outbox });
    this.#now = options.now ?? (() => new Date());
  }

  /** Judges and writes down what somebody says; resolves when it is in the database. @throws like `judge`, {ChatMessageUnknown} */
  async post(channelId: string, standing: Standing, draft: Draft): Promise<Posted> {
    const now = this.#now();
    const { text, isAction } = readAction(cleanText(draft.text));
    const key = textKey(text);
    const room = await getRoom(this.#db, channelId);
    const verdict = await this.#judge({ channelId, standing, text, key, room, now, nonce: draft.nonce });
    const message: NewMessage = {
      id: randomUUID(),
      channelId,
      author: { id: standing.user.id, name: standing.user.username, role: standing.role, tier: standing.tier, isBot: standing.isBot ?? false },
      nonce: draft.nonce,
      text,
      textKey: key,
      isAction,
      replyTo: await this.#repliedTo(channelId, draft.replyTo),
      mentions: await listUsernames(this.#db, mentionsOf(text)),
      sentAt: now,
      streamAt: streamAt(draft.streamAt, now),
      broadcastId: this.#options.broadcastId(channelId),
    };
    const written = verdict.name === 'show' ? await this.#log.append(message) : await this.#log.keep(message, verdict.name === 'hold' ? 'held' : 'muted');
    return { ...written, verdict, delayMs: isModerator(standing.role) ? 0 : room.modes.delaySec * 1_000 };
  }

  /** What was said in a room; `hasMore` in the direction that was asked for, and the number up to which this is all there is. */
  async history(channelId: string, wish: { before?: number | undefined; after?: number | undefined; limit?: number | undefined }, reader: { isModerator: boolean }): Promise<{ messages: ChatMessage[]; hasMore: boolean; upTo: number }> {
    const limit = wish.limit ?? HISTORY;
    const { modes, lastSeq } = await getRoom(this.#db, channelId);
    const shownBefore = reader.isModerator || modes.delaySec === 0 ? undefined : new Date(this.#now().getTime() - modes.delaySec * 1_000);
    const found = await listMessages(this.#db, { channelId, before: wish.before, after: wish.after, shownBefore, limit: limit + 1 });
    const hasMore = found.length > limit;
    const messages = wish.after === undefined ? found.slice(-limit) : found.slice(0, limit);
    const newest = shownBefore === undefined ? lastSeq : await findLastShown(this.#db, channelId, shownBefore);
    const upTo = wish.after !== undefined && hasMore ? messages.at(-1)?.seq ?? newest : newest;
    return { messages, hasMore, upTo };
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
      recent: await listRecent(this.#db, { channelId, authorId: standing.user.id, exceptNonce: question.nonce, limit: RECENT }),
      isSaidBefore: modes.isUniqueChat && await isSaidSince(this.#db, channelId, key, new Date(now.getTime() - UNIQUE_WITHIN_MS), question.nonce),
      emoteCodes: modes.isEmoteOnly ? await this.#options.emoteCodes(channelId) : new Set(),
      terms: isModerator(standing.role) ? [] : await this.#options.terms(channelId),
    });
  }

  async #repliedTo(channelId: string, id: string | undefined): Promise<string | undefined> {
    if (id === undefined) return undefined;
    if ((await findMessage(this.#db, channelId, id))?.state !== 'shown') throw new ChatMessageUnknown();
    return id;
  }
}

/** A client that tells of another time than now, give or take the delay of a player, is not believed. */
function streamAt(told: Date | undefined, now: Date): Date {
  const behindMs = told === undefined ? 0 : now.getTime() - told.getTime();
  return told !== undefined && behindMs > 0 && behindMs < STREAM_AT_WITHIN_MS ? told : now;
}
