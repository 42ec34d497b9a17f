import type { ChatMessage, ChatRole, Failure, RoomState, You } from '../../api/chat-contract.js';

/** What somebody sent and the server has not confirmed. */
export interface PendingMessage {
  /** The same for every attempt, so that it is one message. */
  nonce: string;
  text: string;
  replyTo?: ChatMessage | undefined;
  /** What the author saw, ISO 8601. */
  streamAt?: string | undefined;
  /** Why it was refused; undefined while it is on its way. */
  failure?: Failure | undefined;
}

export type RoomPhase =
  | 'connecting'
  | 'open'
  /** The connection is lost; what was said is still there. */
  | 'reconnecting'
  /** The server does not let this viewer in; `refusal` says why. */
  | 'refused';

/** What a viewer's page knows of a room. Never changed, always replaced. */
export interface RoomView {
  phase: RoomPhase;
  refusal: Failure | undefined;
  room: RoomState | undefined;
  you: You;
  /** In the order of the room; what has no number stands where its time is. */
  messages: ChatMessage[];
  pending: PendingMessage[];
  /** Everything that was said up to this number is known. */
  upTo: number;
  /** Whether there is more before the first message. */
  hasEarlier: boolean;
  /** Before this moment of the page's clock the server refuses what this viewer writes, ms. */
  waitUntilMs: number;
  /** What the wait is for. */
  waitReason: string | undefined;
  /** Emoji that this viewer put on messages, as `messageId emoji`. */
  ownReactions: ReadonlySet<string>;
}

export const NEW_ROOM: RoomView = {
  phase: 'connecting', refusal: undefined, room: undefined, you: { role: 'reader' }, messages: [], pending: [], upTo: 0, hasEarlier: false,
  waitUntilMs: 0, waitReason: undefined, ownReactions: new Set(),
};

/** What a page holds while its viewer reads along, and while they have scrolled up. */
export const KEPT_FOLLOWING = 500;
const KEPT_READING = 2_000;

/** The view after the server let the page in, with what it had missed, or with the newest. */
export function entered(view: RoomView, reply: { room: RoomState; you: You; messages: ChatMessage[] }, options: { isFirst: boolean; pageSize: number }): RoomView {
  const { room, you, messages } = reply;
  const open: RoomView = { ...view, phase: 'open', refusal: undefined, room, you };
  if (!options.isFirst) return withMessages(open, messages);
  const first = { ...open, messages: [], upTo: messages.at(-1)?.seq ?? 0, hasEarlier: messages.length >= options.pageSize };
  // What was told while the reply was on its way belongs to it.
  return withMessages({ ...first, messages }, view.messages);
}

/** The view with more messages: each stands once, in its newest form. */
export function withMessages(view: RoomView, more: ChatMessage[]): RoomView {
  const messages = [...view.messages];
  for (const message of more) place(messages, message, view.hasEarlier);
  return { ...view, messages, upTo: knownUpTo(messages, view.upTo) };
}

/** The view after somebody said something. */
export function heard(view: RoomView, message: ChatMessage): RoomView {
  const own = view.pending.find((pending) => isSameText(message, pending, view.you));
  return withMessages(own === undefined ? view : withoutPending(view, own.nonce), [message]);
}

/** The view with a page of what was said before. */
export function withEarlier(view: RoomView, page: { messages: ChatMessage[]; hasMore: boolean }): RoomView {
  return { ...withMessages({ ...view, hasEarlier: false }, page.messages), hasEarlier: page.hasMore };
}

/** The view after the server sent what was missing, up to a number. */
export function filled(view: RoomView, reply: { messages: ChatMessage[]; upTo: number }): RoomView {
  const more = withMessages(view, reply.messages);
  return { ...more, upTo: knownUpTo(more.messages, Math.max(more.upTo, reply.upTo)) };
}

/** Whether something was said that this page did not hear of. */
export function hasHole({ messages, upTo }: RoomView): boolean {
  return (lastSeq(messages) ?? 0) > upTo;
}

/** The view without the messages that are gone. */
export function without(view: RoomView, isGone: (message: ChatMessage) => boolean): RoomView {
  const gone = new Set(view.messages.filter(isGone).map(({ id }) => id));
  const messages = view.messages.filter(({ id }) => !gone.has(id)).map((message) => (message.replyTo !== undefined && gone.has(message.replyTo.id) ? unquoted(message) : message));
  const pinned = view.room?.pinned;
  if (pinned === undefined || !isGone(pinned) || view.room === undefined) return { ...view, messages };
  const { pinned: _gone, ...room } = view.room;
  return { ...view, messages, room };
}

/** What is gone is not read in its answers either. */
function unquoted({ replyTo: _gone, ...message }: ChatMessage): ChatMessage {
  return message;
}

/**
 * The view after the newest page was read again: what stands in it counts, what does not was deleted meanwhile.
 * @param page.from the number that the page begins with; everything from there on is in it.
 */
export function confirmed(view: RoomView, page: { messages: ChatMessage[]; from: number; to: number }): RoomView {
  const ids = new Set(page.messages.map(({ id }) => id));
  const isGone = ({ seq, id }: ChatMessage): boolean => seq !== null && seq >= page.from && seq <= page.to && !ids.has(id);
  return withMessages(without(view, isGone), page.messages);
}

/** The view with no more messages than a page can draw. */
export function trimmed(view: RoomView, isFollowing: boolean): RoomView {
  const kept = isFollowing ? KEPT_FOLLOWING : KEPT_READING;
  return view.messages.length <= kept ? view : { ...view, messages: view.messages.slice(-kept), hasEarlier: true };
}

/** The view after reactions were added up: by message and emoji, how many more or fewer. */
export function withReactions(view: RoomView, changes: Record<string, Record<string, number>>): RoomView {
  const messages = view.messages.map((message) => {
    const change = changes[message.id];
    return change === undefined ? message : { ...message, reactions: added(message.reactions ?? {}, change) };
  });
  return { ...view, messages };
}

export function withOwnReaction(view: RoomView, reaction: { messageId: string; emoji: string; isOn: boolean }): RoomView {
  const ownReactions = new Set(view.ownReactions);
  const name = `${reaction.messageId} ${reaction.emoji}`;
  if (reaction.isOn) ownReactions.add(name);
  else ownReactions.delete(name);
  return { ...view, ownReactions };
}

/** The view with a message on its way, for the first time or once more. */
export function withPending(view: RoomView, message: PendingMessage): RoomView {
  const isKnown = view.pending.some(({ nonce }) => nonce === message.nonce);
  return { ...view, pending: isKnown ? view.pending.map((other) => (other.nonce === message.nonce ? message : other)) : [...view.pending, message] };
}

export function withoutPending(view: RoomView, nonce: string): RoomView {
  return { ...view, pending: view.pending.filter((message) => message.nonce !== nonce) };
}

/** The view of who has to wait before they write again. */
export function waiting(view: RoomView, wait: { untilMs: number; reason: string }): RoomView {
  return wait.untilMs <= view.waitUntilMs ? view : { ...view, waitUntilMs: wait.untilMs, waitReason: wait.reason };
}

const UNBOUND: ReadonlySet<ChatRole> = new Set(['admin', 'owner', 'moderator', 'vip']);

/** Seconds between two messages of this viewer. */
export function paceSec({ room, you }: RoomView): number {
  if (room === undefined || UNBOUND.has(you.role)) return 0;
  return Math.max(room.modes.slowSec, room.shieldUntil === undefined ? 0 : SHIELD_SLOW_SEC);
}
const SHIELD_SLOW_SEC = 30;

export function isModerator(role: ChatRole): boolean {
  return role === 'admin' || role === 'owner' || role === 'moderator';
}

/** Puts a message where it belongs, in place of its older form. */
function place(messages: ChatMessage[], message: ChatMessage, hasEarlier: boolean): void {
  const known = messages.findLastIndex(({ id }) => id === message.id);
  if (known >= 0 && messages[known]?.seq === message.seq) {
    messages[known] = message;
    return;
  }
  if (known >= 0) messages.splice(known, 1);
  const at = messages.findLastIndex((other) => isBefore(other, message)) + 1;
  // Restored, but of a page that is not loaded.
  if (at === 0 && hasEarlier && messages.length > 0) return;
  messages.splice(at, 0, message);
}

function isBefore(a: ChatMessage, b: ChatMessage): boolean {
  // Who is muted gets their messages with a number that another one has.
  return a.seq !== null && b.seq !== null && a.seq !== b.seq ? a.seq < b.seq : a.sentAt <= b.sentAt;
}

function knownUpTo(messages: ChatMessage[], from: number): number {
  let upTo = from;
  const start = messages.findLastIndex(({ seq }) => seq !== null && seq <= from) + 1;
  for (const { seq } of messages.slice(start)) if (seq === upTo + 1) upTo = seq;
  return upTo;
}

function lastSeq(messages: ChatMessage[]): number | undefined {
  return messages.findLast(({ seq }) => seq !== null)?.seq ?? undefined;
}

/** The room shows it before the server confirms it: it must not stand there twice for a moment. */
function isSameText(message: ChatMessage, pending: PendingMessage, you: You): boolean {
  if (message.author.id !== you.user?.id || pending.failure !== undefined) return false;
  return pending.text.trim() === (message.isAction ? `/me ${message.text}` : message.text);
}

function added(counts: Record<string, number>, change: Record<string, number>): Record<string, number> {
  const sum = { ...counts };
  for (const [emoji, by] of Object.entries(change)) sum[emoji] = (sum[emoji] ?? 0) + by;
  return Object.fromEntries(Object.entries(sum).filter(([, count]) => count > 0));
}
