import type { Db } from '../../platform/index.js';
import type { AuditEntry, ChatMessage, RoomState } from '../events.js';
import { findMessage } from '../messages/queries.js';
import type { ChatNamespace, RoomChannel } from '../socket/connection.js';
import { Gathering } from './gathering.js';

/** Names of the rooms of Socket.IO. */
export const audienceOf = (channelId: string): string => `room:${channelId}`;
export const moderatorsOf = (channelId: string): string => `mods:${channelId}`;
export const seatsOf = (channelId: string, userId: string): string => `seat:${channelId}:${userId}`;

/** Clients: of all servers, or of this one (`namespace.local`). */
type Audience = Pick<ChatNamespace, 'to'>;

/** Tells clients what happened in a room: on this server, and through Redis on all. */
export class Delivery {
  readonly #namespace: Audience;
  readonly #db: Db;
  readonly #readers: (channelId: string) => number;
  /** By channel id. */
  readonly #gathering: Gathering<ChatMessage>;
  /** Messages that only moderators have seen yet. */
  readonly #delayed = new Set<NodeJS.Timeout>();

  /** @param options.readers of a room on this server: where there are many, messages share packets. */
  constructor(options: { namespace: Audience; db: Db; readers: (channelId: string) => number }) {
    this.#namespace = options.namespace;
    this.#db = options.db;
    this.#readers = options.readers;
    this.#gathering = new Gathering({ send: (channelId, messages) => this.#send(channelId, messages) });
  }

  /** A message that is in the room; moderators and its author see it at once. @param options.delayMs until others do. */
  message({ id }: RoomChannel, message: ChatMessage, options: { delayMs: number } = { delayMs: 0 }): void {
    if (options.delayMs === 0) return this.#gathering.add(id, message, this.#readers(id));
    const first = [moderatorsOf(id), seatsOf(id, message.author.id)];
    this.#namespace.to(first).emit('new-message', message);
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      void this.#showLate(id, message, first);
    }, options.delayMs);
    this.#delayed.add(timer);
  }

  /** A message that only moderators and its author see: the author as if all did, when they do not know. */
  hiddenMessage({ id }: RoomChannel, { message, forAuthor }: { message: ChatMessage; forAuthor: ChatMessage }, hidden: 'muted' | 'held'): void {
    const author = seatsOf(id, message.author.id);
    this.#namespace.to(moderatorsOf(id)).except(author).emit('new-message', { ...message, hidden });
    this.#namespace.to(author).emit('new-message', hidden === 'muted' ? forAuthor : { ...forAuthor, hidden });
  }

  messageDeleted({ id, slug }: RoomChannel, messageId: string): void {
    this.#gathering.flush(id);
    this.#namespace.to(audienceOf(id)).emit('message-deleted', { channel: slug, messageId });
  }

  userCleared({ id, slug }: RoomChannel, userId: string): void {
    this.#gathering.flush(id);
    this.#namespace.to(audienceOf(id)).emit('user-cleared', { channel: slug, userId });
  }

  chatCleared({ id, slug }: RoomChannel, upTo: number): void {
    this.#gathering.flush(id);
    this.#namespace.to(audienceOf(id)).emit('chat-cleared', { channel: slug, upTo });
  }

  roomChanged({ id }: RoomChannel, room: RoomState): void {
    this.#namespace.to(audienceOf(id)).emit('room-changed', room);
  }

  queueChanged({ id, slug }: RoomChannel, waiting: number): void {
    this.#namespace.to(moderatorsOf(id)).emit('queue-changed', { channel: slug, waiting });
  }

  acted({ id, slug }: RoomChannel, entry: AuditEntry): void {
    this.#namespace.to(moderatorsOf(id)).emit('acted', { channel: slug, entry });
  }

  stop(): void {
    for (const timer of this.#delayed) clearTimeout(timer);
    this.#delayed.clear();
    this.#gathering.stop();
  }

  #send(channelId: string, messages: ChatMessage[]): void {
    const audience = this.#namespace.to(audienceOf(channelId));
    const [first, ...others] = messages;
    if (first === undefined) return;
    if (others.length === 0) audience.emit('new-message', first);
    else audience.emit('new-messages', { channel: first.channel, messages });
  }

  /** It may have been deleted meanwhile, here or on another server. What cannot be looked up waits until clients see the hole. */
  async #showLate(channelId: string, message: ChatMessage, seen: string[]): Promise<void> {
    const found = await findMessage(this.#db, channelId, message.id).catch(() => undefined);
    if (found?.state !== 'shown') return;
    this.#namespace.to(audienceOf(channelId)).except(seen).emit('new-message', message);
  }
}
