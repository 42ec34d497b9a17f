import type { Db } from '../../platform/index.js';
import { ChatMessageUnknown, QueueItemUnknown } from '../errors.js';
import type { ChatAuthor, ChatMessage, QueueItem } from '../events.js';
import { deleteMessages, findMessage, listMessages, showMessage } from '../messages/queries.js';
import type { MessageOutbox } from '../messages/message-log.js';
import type { Audit } from '../moderation/audit.js';
import type { Moderation, Moderator } from '../moderation/moderation.js';
import type { Delivery } from '../room/delivery.js';
import { lockRoom, takeNumbers } from '../room/queries.js';
import type { RoomChannel } from '../socket/connection.js';
import { decide, findWaiting, insertHeld, insertReport, listWaiting } from './queries.js';
import type { Decision, WaitingItem } from './queries.js';

export interface QueueOptions {
  db: Db;
  moderation: Moderation;
  audit: Audit;
  delivery: Delivery;
  outbox: MessageOutbox;
  now?: () => Date;
}

/** Shown at a time; the next come when these are decided. */
const MAX_ITEMS = 50;
const CONTEXT = 5;
/** Reporters and reasons that are worth reading. */
const MAX_NAMED = 20;
const MAX_REASONS = 5;

/** What waits for moderators: messages that a rule held, and what viewers reported. */
export class Queue {
  readonly #options: QueueOptions;
  readonly #db: Db;
  readonly #now: () => Date;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#now = options.now ?? (() => new Date());
  }

  /** A message waits for a moderator. */
  async hold(channel: RoomChannel, messageId: string, reason: string): Promise<void> {
    await insertHeld(this.#db, { channelId: channel.id, messageId, reason, at: this.#now() });
    await this.#options.moderation.queueChanged(channel);
  }

  /** Somebody finds that a message should not be there; saying so again changes nothing. @throws {ChatMessageUnknown} */
  async report(channel: RoomChannel, reporterId: string, report: { messageId: string; reason: string }): Promise<void> {
    const now = this.#now();
    const found = await findMessage(this.#db, channel.id, report.messageId);
    if (found?.state !== 'shown' || found.shownAt === null || found.shownAt > now) throw new ChatMessageUnknown();
    await insertReport(this.#db, { channelId: channel.id, reporterId, at: now, ...report });
    await this.#options.moderation.queueChanged(channel);
  }

  /** The oldest first, each with what was said before it. */
  async list(channel: RoomChannel): Promise<QueueItem[]> {
    const waiting = await listWaiting(this.#db, channel.id, MAX_ITEMS);
    const items = await Promise.all(waiting.map((item) => this.#item(channel, item)));
    return items.filter((item) => item !== undefined);
  }

  /**
   * Approving puts a held message into the room, and leaves a reported one there; denying deletes it.
   * @throws {QueueItemUnknown} when somebody was faster; {TargetTooHigh}
   */
  async resolve(channel: RoomChannel, by: Moderator, id: string, decision: Decision): Promise<void> {
    const item = await findWaiting(this.#db, channel.id, id);
    const found = item && await findMessage(this.#db, channel.id, item.messageId);
    if (item === undefined || found === undefined) throw new QueueItemUnknown();
    if (item.kind === 'held') await (decision === 'approve' ? this.#show(channel, by, found.message) : this.#refuse(channel, by, found.message));
    else await (decision === 'approve' ? this.#dismiss(channel, by, found.message) : this.#deleteReported(channel, by, { messageId: item.messageId, reason: item.reason }));
    await this.#options.moderation.queueChanged(channel);
  }

  async #show(channel: RoomChannel, by: Moderator, { id, author }: ChatMessage): Promise<void> {
    await this.#options.audit.act(channel, by.user.id, { act: 'approve-message', messageId: id, ...targetOf(author) }, async (tx, { at }) => {
      await lockRoom(tx, channel.id);
      if (!(await decide(tx, { kind: 'held', messageId: id }, 'approve'))) throw new QueueItemUnknown();
      const seq = await takeNumbers(tx, channel.id, 1);
      if (!(await showMessage(tx, id, { seq, at }))) throw new QueueItemUnknown();
      await this.#options.outbox.messages(tx, channel.id, [id]);
    });
    const shown = await findMessage(this.#db, channel.id, id);
    if (shown?.state === 'shown') this.#options.delivery.message(channel, shown.message);
  }

  async #refuse(channel: RoomChannel, by: Moderator, { id, author, text }: ChatMessage): Promise<void> {
    await this.#options.audit.act(channel, by.user.id, { act: 'deny-message', messageId: id, ...targetOf(author), detail: { text } }, async (tx, entry) => {
      if (!(await decide(tx, { kind: 'held', messageId: id }, 'deny'))) throw new QueueItemUnknown();
      await deleteMessages(tx, channel.id, { id }, { at: entry.at, by: entry.id });
    });
    this.#options.delivery.messageDeleted(channel, id);
  }

  async #dismiss(channel: RoomChannel, by: Moderator, { id, author }: ChatMessage): Promise<void> {
    await this.#options.audit.act(channel, by.user.id, { act: 'dismiss-report', messageId: id, ...targetOf(author) }, async (tx) => {
      if (!(await decide(tx, { kind: 'report', messageId: id }, 'approve'))) throw new QueueItemUnknown();
    });
  }

  async #deleteReported(channel: RoomChannel, by: Moderator, { messageId, reason }: { messageId: string; reason: string }): Promise<void> {
    await this.#options.moderation.deleteMessage(channel, by, messageId, reason);
    await decide(this.#db, { kind: 'report', messageId }, 'deny');
  }

  async #item(channel: RoomChannel, { id, kind, messageId, reasons, reporters, at }: WaitingItem): Promise<QueueItem | undefined> {
    const found = await findMessage(this.#db, channel.id, messageId);
    if (found === undefined) return undefined;
    return {
      id, kind,
      message: kind === 'held' ? { ...found.message, hidden: 'held' } : found.message,
      reason: [...new Set(reasons)].slice(0, MAX_REASONS).join(' · '),
      reporters: reporters.filter((name) => name !== null).slice(0, MAX_NAMED),
      context: await listMessages(this.#db, { channelId: channel.id, before: found.place, limit: CONTEXT }),
      at: at.toISOString(),
    };
  }
}

/** A bot is no account. */
function targetOf({ id, isBot }: ChatAuthor): { targetId?: string } {
  return isBot === true ? {} : { targetId: id };
}
