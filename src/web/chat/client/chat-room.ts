import type { Answer, ChatMessage, ClientEvents, Failure, ServerEvents, Wish } from '../../api/chat-contract.js';
import {
  confirmed, entered, filled, hasHole, heard, NEW_ROOM, paceSec, trimmed, waiting, withEarlier, withMessages, withOwnReaction, without, withoutPending, withPending,
  withReactions,
} from './room-view.js';
import type { PendingMessage, RoomView } from './room-view.js';

/** What a room needs of the connection. */
export interface ChatLine {
  ask<E extends keyof ClientEvents>(name: E, wish: Wish<E>): Promise<Answer<E> | Failure>;
  on<E extends keyof ServerEvents>(name: E, listener: ServerEvents[E]): () => void;
}

export interface ChatRoomOptions {
  slug: string;
  line: ChatLine;
  now: () => number;
}

/** What is written, beside its text. */
export interface Saying {
  replyTo?: ChatMessage | undefined;
  /** The moment of the show that the author sees, ISO 8601. */
  streamAt?: string | undefined;
}

type IsGone = (message: ChatMessage) => boolean;

const PAGE = 100;
/** More than this was missed: the page starts anew with the newest. */
const MAX_FILL_PAGES = 5;
/** Messages may overtake each other by this much, and through Redis they do. */
const HOLE_MS = 400;
const MAX_HOLE_MS = 15_000;
/** At most so often a page is drawn, whatever is said. */
const TELL_MS = 40;

/** One channel's chat on this page: what was said, without holes and repeats, and what is on its way. */
export class ChatRoom {
  readonly slug: string;
  readonly #line: ChatLine;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  readonly #stops: (() => void)[];
  #view: RoomView = NEW_ROOM;
  #hasEntered = false;
  #isFollowing = true;
  #telling: ReturnType<typeof setTimeout> | undefined;
  #filling: ReturnType<typeof setTimeout> | undefined;
  /** What was deleted while a page of history was on its way: it may still be in there. */
  #gone: IsGone[] = [];
  #loads = 0;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(options: ChatRoomOptions) {
    this.slug = options.slug;
    this.#line = options.line;
    this.#now = options.now;
    this.#stops = this.#listen();
  }

  get view(): RoomView {
    return this.#view;
  }

  /** Calls back after changes of the view; returns the way to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks something of this room, such as an act of a moderator. */
  ask<E extends keyof ClientEvents>(name: E, wish: Wish<E>): Promise<Answer<E> | Failure> {
    return this.#line.ask(name, wish);
  }

  /** Calls back with each event of this room; returns the way to stop. */
  on<E extends keyof ServerEvents>(name: E, listener: ServerEvents[E]): () => void {
    return this.#line.on(name, listener);
  }

  /** Called at each new connection: takes its place and learns what was said meanwhile. */
  async enter(): Promise<void> {
    const isFirst = !this.#hasEntered;
    const reply = await this.#loading(() => this.#line.ask('join-room', { channel: this.slug, ...(isFirst ? {} : { after: this.#view.upTo }) }));
    if (!reply.ok) {
      if (reply.code !== 'unreachable') this.#change({ ...this.#view, phase: 'refused', refusal: reply });
      return;
    }
    const wasUpTo = this.#view.upTo;
    this.#hasEntered = true;
    this.#change(entered(this.#view, { ...reply, messages: this.#stillThere(reply.messages) }, { isFirst, pageSize: PAGE }));
    if (!isFirst) await this.#catchUp(reply.isGap, wasUpTo);
    await this.#sendAgain();
  }

  /** The connection is lost, or was refused. */
  lost(refusal?: Failure): void {
    clearTimeout(this.#filling);
    this.#filling = undefined;
    const { phase } = this.#view;
    this.#change({ ...this.#view, phase: phase === 'open' || phase === 'reconnecting' ? 'reconnecting' : 'connecting', refusal });
  }

  /** Says something. It stands among the pending ones until the server has it. */
  say(text: string, saying: Saying = {}): void {
    const message: PendingMessage = { nonce: newNonce(), text, ...saying };
    this.#change(withPending(this.#view, message));
    void this.#send(message);
  }

  /** Sends once more what was refused. */
  retry(nonce: string): void {
    const pending = this.#view.pending.find((message) => message.nonce === nonce);
    if (pending === undefined) return;
    const message = { ...pending, failure: undefined };
    this.#change(withPending(this.#view, message));
    void this.#send(message);
  }

  discard(nonce: string): void {
    this.#change(withoutPending(this.#view, nonce));
  }

  /** Taps for the show. */
  tap(emoji: string): Promise<Answer<'react'> | Failure> {
    return this.#line.ask('react', { channel: this.slug, emoji });
  }

  /** Puts an emoji on a message, or takes it back. */
  async react(messageId: string, emoji: string): Promise<Answer<'react'> | Failure> {
    const isOn = !this.#view.ownReactions.has(`${messageId} ${emoji}`);
    const reply = await this.#line.ask('react', { channel: this.slug, emoji, messageId, isOn });
    if (reply.ok) this.#change(withOwnReaction(this.#view, { messageId, emoji, isOn }));
    return reply;
  }

  /** Loads what was said before the first message. */
  async loadEarlier(): Promise<void> {
    const first = this.#view.messages.find(({ seq }) => seq !== null)?.seq;
    if (first === undefined || first === null || !this.#view.hasEarlier || this.#loads > 0) return;
    const reply = await this.#loading(() => this.#line.ask('load-history', { channel: this.slug, before: first, limit: PAGE }));
    if (reply.ok) this.#change(withEarlier(this.#view, { ...reply, messages: this.#stillThere(reply.messages) }));
  }

  /** Whether the reader is at the end: old messages may go then. */
  follow(isFollowing: boolean): void {
    this.#isFollowing = isFollowing;
    if (isFollowing) this.#change(this.#view);
  }

  /** The server's word on who this viewer is. */
  async acknowledgeWarning(): Promise<void> {
    const reply = await this.#line.ask('acknowledge-warning', { channel: this.slug });
    if (reply.ok) this.#change({ ...this.#view, you: reply.you });
  }

  close(): void {
    for (const stop of this.#stops) stop();
    clearTimeout(this.#telling);
    clearTimeout(this.#filling);
    this.#listeners.clear();
  }

  #listen(): (() => void)[] {
    const { slug } = this;
    const mine = <Event extends { channel: string }>(then: (event: Event) => void) => (event: Event): void => {
      if (event.channel === slug) then(event);
    };
    return [
      this.#line.on('new-message', mine((message) => this.#hear([message]))),
      this.#line.on('new-messages', mine(({ messages }) => this.#hear(messages))),
      this.#line.on('message-deleted', mine(({ messageId }) => this.#drop(({ id }) => id === messageId))),
      this.#line.on('user-cleared', mine(({ userId }) => this.#drop(({ author }) => author.id === userId))),
      this.#line.on('chat-cleared', mine(({ upTo }) => this.#drop(({ seq }) => seq === null || seq <= upTo))),
      this.#line.on('room-changed', mine((room) => this.#change({ ...this.#view, room }))),
      this.#line.on('you-changed', mine(({ you }) => this.#change({ ...this.#view, you }))),
      this.#line.on('viewer-count', mine(({ viewers }) => {
        if (this.#view.room !== undefined) this.#change({ ...this.#view, room: { ...this.#view.room, viewers } });
      })),
      this.#line.on('reactions', mine(({ messages }) => this.#change(withReactions(this.#view, messages)))),
    ];
  }

  #hear(messages: ChatMessage[]): void {
    this.#change(messages.reduce(heard, this.#view));
    if (hasHole(this.#view)) this.#fillAfter(HOLE_MS);
  }

  #drop(isGone: IsGone): void {
    if (this.#loads > 0) this.#gone.push(isGone);
    this.#change(without(this.#view, isGone));
  }

  /** What others see later than moderators makes a hole that lasts as long: it is asked for less and less often. */
  #fillAfter(ms: number): void {
    this.#filling ??= setTimeout(() => void this.#fill(ms), ms);
  }

  async #fill(waitedMs: number): Promise<void> {
    if (hasHole(this.#view)) await this.#loadMissed(this.#view.upTo, 1);
    this.#filling = undefined;
    if (hasHole(this.#view) && this.#view.phase === 'open') this.#fillAfter(Math.min(waitedMs * 2, MAX_HOLE_MS));
  }

  /** After a reconnect: the rest of what was missed, and whether what stands here is still there. */
  async #catchUp(isGap: boolean, wasUpTo: number): Promise<void> {
    if (isGap && !(await this.#loadMissed(this.#view.upTo, MAX_FILL_PAGES))) return this.#startAnew();
    await this.#confirm(wasUpTo);
  }

  /** Gives whether this was all. */
  async #loadMissed(after: number, pages: number): Promise<boolean> {
    const reply = await this.#loading(() => this.#line.ask('load-history', { channel: this.slug, after, limit: PAGE }));
    if (!reply.ok) return true;
    this.#change(filled(this.#view, { messages: this.#stillThere(reply.messages), upTo: reply.upTo }));
    if (!reply.hasMore) return true;
    return pages > 1 && this.#loadMissed(reply.upTo, pages - 1);
  }

  async #startAnew(): Promise<void> {
    const reply = await this.#loading(() => this.#line.ask('join-room', { channel: this.slug }));
    if (reply.ok) this.#change(entered({ ...this.#view, messages: [] }, reply, { isFirst: true, pageSize: PAGE }));
  }

  /** Nobody told of what was deleted while there was no connection. What is older than one page is loaded anew when it is read. */
  async #confirm(to: number): Promise<void> {
    if (this.#view.messages.length === 0) return;
    const reply = await this.#loading(() => this.#line.ask('load-history', { channel: this.slug, before: to + 1, limit: PAGE }));
    if (!reply.ok) return;
    const messages = this.#stillThere(reply.messages);
    const from = reply.hasMore ? messages[0]?.seq ?? to + 1 : 0;
    const sure = without(this.#view, ({ seq }) => seq !== null && seq < from);
    this.#change({ ...confirmed(sure, { messages, from, to }), hasEarlier: reply.hasMore });
  }

  async #sendAgain(): Promise<void> {
    for (const message of this.#view.pending) if (message.failure === undefined) await this.#send(message);
  }

  /** One after the other, so that they arrive in the order in which they were written. */
  #send(message: PendingMessage): Promise<unknown> {
    this.#sending = this.#sending.then(() => this.#sendNow(message));
    return this.#sending;
  }

  async #sendNow({ nonce, text, replyTo, streamAt }: PendingMessage): Promise<void> {
    const isWanted = this.#view.pending.some((message) => message.nonce === nonce && message.failure === undefined);
    if (this.#view.phase !== 'open' || !isWanted) return;
    const reply = await this.#line.ask('chat-message', {
      channel: this.slug, text, nonce, ...(replyTo === undefined ? {} : { replyTo: replyTo.id }), ...(streamAt === undefined ? {} : { streamAt }),
    });
    if (reply.ok) this.#sent(nonce, reply);
    // Without a connection it stays, and goes out with the next one.
    else if (reply.code !== 'unreachable' || this.#view.phase === 'open') this.#refused(nonce, reply);
  }

  #sent(nonce: string, { message, isHeld }: Extract<Answer<'chat-message'>, { ok: true }>): void {
    const view = withMessages(withoutPending(this.#view, nonce), [isHeld ? { ...message, hidden: 'held' } : message]);
    const pauseSec = paceSec(view);
    this.#change(pauseSec === 0 ? view : waiting(view, { untilMs: this.#now() + pauseSec * 1_000, reason: 'chat_slow_mode' }));
    if (hasHole(this.#view)) this.#fillAfter(HOLE_MS);
  }

  #refused(nonce: string, failure: Failure): void {
    const pending = this.#view.pending.find((message) => message.nonce === nonce);
    if (pending === undefined) return;
    const view = withPending(this.#view, { ...pending, failure });
    this.#change(failure.retryAfterSec === undefined ? view : waiting(view, { untilMs: this.#now() + failure.retryAfterSec * 1_000, reason: failure.code }));
  }

  async #loading<T>(load: () => Promise<T>): Promise<T> {
    this.#loads++;
    try {
      return await load();
    } finally {
      // Whoever waits for this looks at what is gone first.
      setTimeout(() => {
        if (--this.#loads === 0) this.#gone = [];
      });
    }
  }

  #stillThere(messages: ChatMessage[]): ChatMessage[] {
    return messages.filter((message) => !this.#gone.some((isGone) => isGone(message)));
  }

  #change(view: RoomView): void {
    this.#view = trimmed(view, this.#isFollowing);
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      for (const listener of this.#listeners) listener();
    }, TELL_MS);
  }
}

/** Of random letters: `crypto.randomUUID` is not there on plain http, which is how many run this server at home. */
function newNonce(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
