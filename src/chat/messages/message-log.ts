import type { Db, DbTransaction } from '../../platform/index.js';
import type { ChatMessage } from '../events.js';
import { getRoom, lockRoom, takeNumbers } from '../room/queries.js';
import { findMessage, insertMessages, listFound, listSent } from './queries.js';
import type { FoundMessage, NewMessage } from './queries.js';

/** What was written down. */
export interface Written {
  /** As moderators get it. */
  message: ChatMessage;
  /** As its author gets it. */
  forAuthor: ChatMessage;
  /** False when the client had sent it before, and asks again. */
  isNew: boolean;
  /** When everybody may see it; null for what is held, muted or gone. */
  shownAt: Date | null;
}

/** Told of messages in the transaction that writes them down. */
export interface MessageOutbox {
  messages(tx: DbTransaction, channelId: string, ids: string[]): Promise<void>;
}

interface Waiting {
  message: NewMessage;
  resolve: (written: Written) => void;
  reject: (error: unknown) => void;
}

/** In one transaction; an insert has some twenty values for each. */
const MAX_TOGETHER = 100;

/**
 * Writes messages into their rooms. Those of one room that come while one is being written go together in the next
 * transaction: the room's numbers are given under a row lock, and a commit costs the same for one as for fifty.
 */
export class MessageLog {
  readonly #db: Db;
  readonly #outbox: MessageOutbox;
  readonly #queues = new Map<string, Waiting[]>();

  constructor(options: { db: Db; outbox: MessageOutbox }) {
    this.#db = options.db;
    this.#outbox = options.outbox;
  }

  /** Resolves when the message is in the database, with its number in the room. */
  append(message: NewMessage): Promise<Written> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(message.channelId);
      if (queue !== undefined) {
        queue.push({ message, resolve, reject });
        return;
      }
      this.#queues.set(message.channelId, [{ message, resolve, reject }]);
      void this.#drain(message.channelId);
    });
  }

  /** Writes down what the room does not see. */
  async keep(message: NewMessage, state: 'held' | 'muted'): Promise<Written> {
    const isNew = await this.#db.transaction().execute(async (tx) => {
      await lockRoom(tx, message.channelId);
      if ((await listSent(tx, [sentOf(message)])).some(({ authorId }) => authorId === message.author.id)) return false;
      const { lastSeq } = await getRoom(tx, message.channelId);
      await insertMessages(tx, [{ ...message, seq: null, afterSeq: lastSeq, state }]);
      return true;
    });
    return this.#written(message, isNew);
  }

  async #drain(channelId: string): Promise<void> {
    for (;;) {
      const together = this.#queues.get(channelId)?.splice(0, MAX_TOGETHER) ?? [];
      if (together.length === 0) break;
      await this.#write(channelId, together);
    }
    this.#queues.delete(channelId);
  }

  async #write(channelId: string, together: Waiting[]): Promise<void> {
    try {
      const isNew = await this.#db.transaction().execute(async (tx) => {
        await lockRoom(tx, channelId);
        const sent = await listSent(tx, together.map(({ message }) => sentOf(message)));
        const fresh = withoutRepeats(together.map(({ message }) => message), sent);
        const last = await takeNumbers(tx, channelId, fresh.length);
        const ids = fresh.map(({ id }) => id);
        if (fresh.length > 0) {
          await insertMessages(tx, fresh.map((message, at) => ({ ...message, seq: last - fresh.length + 1 + at, state: 'shown' })));
          await this.#outbox.messages(tx, channelId, ids);
        }
        return new Set(ids);
      });
      const found = await listFound(this.#db, channelId, [...isNew]);
      await Promise.all(together.map(async ({ message, resolve }) => {
        const written = found.get(message.id);
        resolve(written === undefined ? await this.#written(message, isNew.has(message.id)) : writtenOf(written, true));
      }));
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }

  /** As it is in the database: that of the first time, when it was sent again. */
  async #written(message: NewMessage, isNew: boolean): Promise<Written> {
    const id = isNew ? message.id : (await listSent(this.#db, [sentOf(message)])).find(({ authorId }) => authorId === message.author.id)?.id;
    const found = id === undefined ? undefined : await findMessage(this.#db, message.channelId, id);
    if (found === undefined) throw new Error(`message ${message.id} was written and is not there`);
    return writtenOf(found, isNew);
  }
}

function writtenOf({ message, forAuthor, state, shownAt }: FoundMessage, isNew: boolean): Written {
  return { message, forAuthor, isNew, shownAt: state === 'shown' ? shownAt : null };
}

function sentOf({ channelId, author, nonce }: NewMessage): { channelId: string; authorId: string; nonce: string } {
  return { channelId, authorId: author.id, nonce };
}

function withoutRepeats(messages: NewMessage[], sent: { authorId: string; nonce: string }[]): NewMessage[] {
  const known = new Set(sent.map(({ authorId, nonce }) => `${authorId} ${nonce}`));
  return messages.filter(({ author, nonce }) => {
    const name = `${author.id} ${nonce}`;
    if (known.has(name)) return false;
    known.add(name);
    return true;
  });
}
