import { randomUUID } from 'node:crypto';
import type { Db, DbTransaction } from '../../platform/index.js';
import type { AuditEntry } from '../events.js';
import type { Delivery } from '../room/delivery.js';
import type { RoomChannel } from '../socket/connection.js';
import { getEntry, insertAct } from './queries.js';

/** What somebody does, for the log. */
export interface Act {
  act: string;
  targetId?: string;
  messageId?: string;
  reason?: string | undefined;
  detail?: Record<string, unknown>;
}

/** Told of acts in the transaction that does them. */
export interface ActOutbox {
  acted(db: Db, channel: RoomChannel, entry: AuditEntry): Promise<void>;
}

/** Who did what to whom, and why. */
export class Audit {
  readonly #db: Db;
  readonly #delivery: Delivery;
  readonly #outbox: ActOutbox;
  readonly #now: () => Date;

  constructor(options: { db: Db; delivery: Delivery; outbox: ActOutbox; now?: () => Date }) {
    this.#db = options.db;
    this.#delivery = options.delivery;
    this.#outbox = options.outbox;
    this.#now = options.now ?? (() => new Date());
  }

  /** Does it and writes it down in one transaction, then tells the moderators. `work` gets the id of the line. */
  async act<T>(channel: RoomChannel, actorId: string, act: Act, work: (tx: DbTransaction, entry: { id: string; at: Date }) => Promise<T>): Promise<T> {
    const entry = { id: randomUUID(), at: this.#now() };
    const done = await this.#db.transaction().execute(async (tx) => {
      const result = await work(tx, entry);
      const { reason = '', detail = {}, ...rest } = act;
      await insertAct(tx, { ...entry, ...rest, channelId: channel.id, actorId, reason, detail });
      await this.#outbox.acted(tx, channel, await getEntry(tx, entry.id));
      return result;
    });
    await this.tell(channel, entry.id);
    return done;
  }

  /** A line was taken back. */
  async undone(channel: RoomChannel, id: string): Promise<void> {
    await this.#outbox.acted(this.#db, channel, await getEntry(this.#db, id));
    await this.tell(channel, id);
  }

  /** Shows a line, new or changed, to the moderators. */
  async tell(channel: RoomChannel, id: string): Promise<void> {
    this.#delivery.acted(channel, await getEntry(this.#db, id));
  }
}
