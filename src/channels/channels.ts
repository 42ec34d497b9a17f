import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Db, DbTransaction } from '../platform/index.js';
import type { PublishingChannel } from '../streams/index.js';
import { ChannelNotYours, ChannelUnknown } from './errors.js';
import { findChannel, insertChannel, updateChannel } from './queries.js';
import type { Channel, ChannelChanges } from './queries.js';

/** Who asks, as far as this room cares. */
export interface ChannelCaller {
  id: string;
  role: 'admin' | 'user';
}

/** As user names are; what does not look so is no channel, and costs no query. */
const SLUG = /^[a-z0-9_-]{1,30}$/i;

export interface ChannelsEvents {
  updated: [channel: Channel];
}

/** The channels of all users. */
export class Channels extends EventEmitter<ChannelsEvents> {
  readonly #db: Db;

  constructor(options: { db: Db }) {
    super();
    this.#db = options.db;
  }

  /** Makes the channel that comes with an account, inside the transaction that makes the account. */
  async createFor(tx: DbTransaction, owner: { id: string; username: string }): Promise<void> {
    await insertChannel(tx, { id: randomUUID(), ownerId: owner.id, slug: owner.username, title: owner.username, createdAt: new Date() });
  }

  async find(slug: string): Promise<Channel | undefined> {
    return SLUG.test(slug) ? findChannel(this.#db, slug.toLowerCase()) : undefined;
  }

  /** @throws {ChannelUnknown} */
  async get(slug: string): Promise<Channel> {
    const channel = await this.find(slug);
    if (!channel) throw new ChannelUnknown(slug);
    return channel;
  }

  /** The channel, for its owner or an admin. @throws {ChannelUnknown} {ChannelNotYours} */
  async getManaged(slug: string, caller: ChannelCaller): Promise<Channel> {
    const channel = await this.get(slug);
    if (!canManage(channel, caller)) throw new ChannelNotYours(slug);
    return channel;
  }

  /** Changes what is given and returns the channel as it is then. @throws like `getManaged` */
  async update(slug: string, caller: ChannelCaller, changes: ChannelChanges): Promise<Channel> {
    const channel = await this.getManaged(slug, caller);
    await updateChannel(this.#db, channel.id, changes);
    const updated = await this.get(slug);
    this.emit('updated', updated);
    return updated;
  }
}

/** The channel as the media path needs it. */
export function publishingChannelOf(channel: Omit<Channel, 'ownerId' | 'owner' | 'description' | 'recording'> & { recording: { isOn: boolean } }): PublishingChannel {
  const { id, slug, title, ladder, latency, recording, reconnectGraceSec, endsOnUnpublish } = channel;
  return { id, slug, title, ladder: ladder ?? undefined, latency, isRecorded: recording.isOn, graceMs: reconnectGraceSec === null ? undefined : reconnectGraceSec * 1_000, endsOnUnpublish };
}

export function canManage(channel: Channel, caller: ChannelCaller | undefined): boolean {
  return caller !== undefined && (caller.id === channel.ownerId || caller.role === 'admin');
}
