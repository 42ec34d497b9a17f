import { randomUUID } from 'node:crypto';
import type { Db } from '../../platform/index.js';
import type { AuditEntry } from '../events.js';
import { listFound } from '../messages/queries.js';
import { insertDeliveries, listListeners } from './queries.js';
import type { WebhookEvent } from './queries.js';

export interface OutboxOptions {
  /** Something waits to be sent, or will when the transaction is through. */
  onAdded: () => void;
  now?: () => Date;
}

interface OutboxChannel {
  id: string;
  slug: string;
}

/** Acts that take messages out of the room. */
const DELETING = new Set(['delete-message', 'delete-user-messages', 'clear-chat', 'ban-user']);

/** What webhooks are to be told, written down in the transaction of what it is about: both are there, or neither. */
export class Outbox {
  readonly #onAdded: () => void;
  readonly #now: () => Date;

  constructor(options: OutboxOptions) {
    this.#onAdded = options.onAdded;
    this.#now = options.now ?? (() => new Date());
  }

  /** Messages that are in the room from this transaction on. */
  async messages(tx: Db, channelId: string, ids: string[]): Promise<void> {
    const hooks = await listListeners(tx, channelId, 'message');
    if (hooks.length === 0) return;
    const found = await listFound(tx, channelId, ids);
    const facts = [...found.values()].sort((a, b) => a.place - b.place).map(({ message, shownAt }) => ({ event: 'message' as const, channel: message.channel, data: { message }, notBefore: shownAt ?? undefined }));
    await this.#insert(tx, hooks, facts);
  }

  /** Something that a moderator did, or undid. */
  async acted(db: Db, channel: OutboxChannel, entry: AuditEntry): Promise<void> {
    await this.add(db, channel, 'moderation', { entry });
    if (!DELETING.has(entry.act) || entry.undone !== undefined) return;
    const { messageId, target, detail } = entry;
    await this.add(db, channel, 'message-deleted', messageId === undefined ? { username: target ?? null, upTo: detail['upTo'] ?? null } : { messageId });
  }

  async add(db: Db, channel: OutboxChannel, event: WebhookEvent, data: object): Promise<void> {
    const hooks = await listListeners(db, channel.id, event);
    if (hooks.length > 0) await this.#insert(db, hooks, [{ event, channel: channel.slug, data }]);
  }

  async #insert(db: Db, hooks: string[], facts: { event: WebhookEvent; channel: string; data: object; notBefore?: Date | undefined }[]): Promise<void> {
    const at = this.#now();
    await insertDeliveries(db, hooks.flatMap((hookId) => facts.map(({ notBefore = at, ...fact }) => {
      const id = randomUUID();
      // What only moderators see yet is nobody else's.
      return { id, hookId, event: fact.event, at, notBefore, body: bodyOf({ id, at, ...fact }) };
    })));
    this.#onAdded();
  }
}

/** The text that a webhook gets. */
export function bodyOf({ id, event, channel, at, data }: { id: string; event: string; channel: string; at: Date; data: object }): string {
  return JSON.stringify({ id, event, channel, at: at.toISOString(), data });
}
