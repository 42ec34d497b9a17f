import { EventEmitter } from 'node:events';
import type { Db } from '../../platform/index.js';
import { OwnerNeedsNoRole, PersonUnknown, TooManyRoles } from '../errors.js';
import type { Channel } from '../queries.js';
import { countFollowers, countRoles, deleteFollow, deleteRole, findFollow, findRole, findUserId, insertFollow, listRoles, upsertRole } from './queries.js';
import type { ChannelPerson, ChannelRole } from './queries.js';

export interface ChannelPeopleEvents {
  /** Somebody's role in a channel, or that they follow it, has changed. */
  changed: [change: { channelId: string; userId: string }];
}

const MAX_ROLES = 500;

/** Who moderates a channel, who is a VIP there, and who follows it. */
export class ChannelPeople extends EventEmitter<ChannelPeopleEvents> {
  readonly #db: Db;
  readonly #now: () => Date;

  constructor(options: { db: Db; now?: () => Date }) {
    super();
    this.#db = options.db;
    this.#now = options.now ?? (() => new Date());
  }

  async list(channelId: string): Promise<ChannelPerson[]> {
    return listRoles(this.#db, channelId);
  }

  async isModerator(channelId: string, userId: string): Promise<boolean> {
    return (await findRole(this.#db, channelId, userId)) === 'moderator';
  }

  /** Gives somebody a role in place of the one they have. @throws {PersonUnknown} {OwnerNeedsNoRole} {TooManyRoles} */
  async setRole(channel: Pick<Channel, 'id' | 'ownerId'>, username: string, role: ChannelRole): Promise<void> {
    const userId = await this.#idOf(username);
    if (userId === channel.ownerId) throw new OwnerNeedsNoRole();
    if ((await countRoles(this.#db, channel.id)) >= MAX_ROLES) throw new TooManyRoles(MAX_ROLES);
    await upsertRole(this.#db, { channelId: channel.id, userId, role, at: this.#now() });
    this.emit('changed', { channelId: channel.id, userId });
  }

  /** @throws {PersonUnknown} */
  async removeRole(channel: Pick<Channel, 'id'>, username: string): Promise<void> {
    const userId = await this.#idOf(username);
    if (await deleteRole(this.#db, channel.id, userId)) this.emit('changed', { channelId: channel.id, userId });
  }

  async follow(channelId: string, userId: string): Promise<void> {
    await insertFollow(this.#db, { channelId, userId, at: this.#now() });
    this.emit('changed', { channelId, userId });
  }

  async unfollow(channelId: string, userId: string): Promise<void> {
    await deleteFollow(this.#db, channelId, userId);
    this.emit('changed', { channelId, userId });
  }

  /** Since when somebody follows; undefined when they do not. */
  async followsSince(channelId: string, userId: string): Promise<Date | undefined> {
    return findFollow(this.#db, channelId, userId);
  }

  async followers(channelId: string): Promise<number> {
    return countFollowers(this.#db, channelId);
  }

  async #idOf(username: string): Promise<string> {
    const id = await findUserId(this.#db, username);
    if (id === undefined) throw new PersonUnknown(username);
    return id;
  }
}
