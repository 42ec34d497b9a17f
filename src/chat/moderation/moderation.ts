import { randomUUID } from 'node:crypto';
import type { Db, DbTransaction } from '../../platform/index.js';
import { ActUnknown, ChatMessageUnknown, NotUndoable, RoleRequired, TargetTooHigh } from '../errors.js';
import type { ChatModes, SanctionKind } from '../events.js';
import { deleteMessages, findMessage, restoreMessages } from '../messages/queries.js';
import type { DeletionWish } from '../messages/queries.js';
import type { People } from '../people/people.js';
import { isModerator, outranks } from '../people/standing.js';
import type { Standing } from '../people/standing.js';
import type { Delivery } from '../room/delivery.js';
import type { Fleet } from '../room/fleet.js';
import { SHIELD_SEC } from '../room/modes.js';
import { getRoom, updateModes, updatePinned, updateShield } from '../room/queries.js';
import type { Rooms } from '../room/rooms.js';
import type { RoomChannel } from '../socket/connection.js';
import type { Audit } from './audit.js';
import { findAct, insertSanction, liftSanctions, markUndone } from './queries.js';
import type { StoredAct } from './queries.js';

/** Makes somebody a moderator or a VIP of a channel, or neither. */
export interface RoleKeeper {
  setRole(channel: RoomChannel, username: string, role: 'moderator' | 'vip'): Promise<void>;
  removeRole(channel: RoomChannel, username: string): Promise<void>;
}

export interface ModerationOptions {
  db: Db;
  people: People;
  roles: RoleKeeper;
  rooms: Rooms;
  audit: Audit;
  delivery: Delivery;
  fleet: Fleet;
  now?: () => Date;
}

type GrantedRole = 'moderator' | 'vip' | 'none';
/** Who acts, in a channel. */
export type Moderator = Standing;

/** What moderators do. Whether they may is looked up anew for each act; each is in the audit log. */
export class Moderation {
  readonly #options: ModerationOptions;
  readonly #db: Db;
  readonly #now: () => Date;

  constructor(options: ModerationOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#now = options.now ?? (() => new Date());
  }

  /** Who asks, if they moderate the channel. @throws {RoleRequired} */
  async moderator(channel: RoomChannel, userId: string): Promise<Moderator> {
    const standing = await this.#options.people.standing(channel.id, userId);
    if (standing === undefined || !isModerator(standing.role)) throw new RoleRequired('moderators');
    return standing;
  }

  /** Who asks, if it is the owner or an admin. @throws {RoleRequired} */
  async owner(channel: RoomChannel, userId: string): Promise<Moderator> {
    const standing = await this.moderator(channel, userId);
    if (standing.role === 'moderator') throw new RoleRequired('the owner');
    return standing;
  }

  /** @throws {ChatMessageUnknown} {TargetTooHigh} */
  async deleteMessage(channel: RoomChannel, by: Moderator, messageId: string, reason?: string): Promise<void> {
    const found = await findMessage(this.#db, channel.id, messageId);
    if (found === undefined || found.state === 'deleted') throw new ChatMessageUnknown();
    const { author, text } = found.message;
    if (author.id !== by.user.id && !author.isBot) await this.#target(channel, by, author.username);
    const act = { act: 'delete-message', messageId, reason, detail: { text }, ...(author.isBot ? {} : { targetId: author.id }) };
    await this.#options.audit.act(channel, by.user.id, act, (tx, entry) => deleteMessages(tx, channel.id, { id: messageId }, { at: entry.at, by: entry.id }));
    this.#options.delivery.messageDeleted(channel, messageId);
  }

  /** Gives how many there were. @throws {ChatUserUnknown} {TargetTooHigh} */
  async deleteMessagesOf(channel: RoomChannel, by: Moderator, username: string, reason?: string): Promise<number> {
    const { userId } = await this.#target(channel, by, username);
    const deleted = await this.#delete(channel, by, { act: 'delete-user-messages', targetId: userId, reason }, { authorId: userId });
    this.#options.delivery.userCleared(channel, userId);
    return deleted;
  }

  async clear(channel: RoomChannel, by: Moderator, reason?: string): Promise<void> {
    const { lastSeq } = await getRoom(this.#db, channel.id);
    await this.#delete(channel, by, { act: 'clear-chat', reason, detail: { upTo: lastSeq } }, { upTo: lastSeq });
    this.#options.delivery.chatCleared(channel, lastSeq);
  }

  /**
   * Keeps somebody from writing, or warns them. A newer sanction of a kind takes the place of the older one.
   * @param sanction.seconds of a timeout.
   * @throws {ChatUserUnknown} {TargetTooHigh}
   */
  async sanction(channel: RoomChannel, by: Moderator, sanction: { kind: SanctionKind; username: string; reason?: string | undefined; seconds?: number }): Promise<void> {
    const { kind, username, reason = '', seconds } = sanction;
    const { userId } = await this.#target(channel, by, username);
    const act = { act: ACTS[kind], targetId: userId, reason, detail: seconds === undefined ? {} : { seconds } };
    await this.#options.audit.act(channel, by.user.id, act, async (tx, { id, at }) => {
      await liftSanctions(tx, { channelId: channel.id, userId, kinds: [kind], by: by.user.id, at });
      const until = seconds === undefined ? null : new Date(at.getTime() + seconds * 1_000);
      await insertSanction(tx, { id: randomUUID(), channelId: channel.id, userId, kind, reason, actorId: by.user.id, at, until });
      if (kind === 'ban') await deleteMessages(tx, channel.id, { authorId: userId }, { at, by: id });
    });
    if (kind === 'ban') this.#options.delivery.userCleared(channel, userId);
    this.#options.fleet.tell({ kind: 'standing', channelId: channel.id, userId });
  }

  /** Lifts a ban, a timeout and a mute. @throws {ChatUserUnknown} {TargetTooHigh} */
  async pardon(channel: RoomChannel, by: Moderator, username: string, reason?: string): Promise<void> {
    const { userId } = await this.#target(channel, by, username);
    await this.#options.audit.act(channel, by.user.id, { act: 'unban-user', targetId: userId, reason }, (tx, { at }) =>
      liftSanctions(tx, { channelId: channel.id, userId, kinds: ['ban', 'timeout', 'mute'], by: by.user.id, at }));
    this.#options.fleet.tell({ kind: 'standing', channelId: channel.id, userId });
  }

  /** Somebody has read their warning. */
  async acknowledgeWarning(channel: RoomChannel, userId: string): Promise<void> {
    await liftSanctions(this.#db, { channelId: channel.id, userId, kinds: ['warning'], by: userId, at: this.#now() });
    this.#options.fleet.tell({ kind: 'standing', channelId: channel.id, userId });
  }

  /** @param messageId null: none any more. @throws {ChatMessageUnknown} */
  async pin(channel: RoomChannel, by: Moderator, messageId: string | null): Promise<void> {
    if (messageId !== null && (await findMessage(this.#db, channel.id, messageId))?.state !== 'shown') throw new ChatMessageUnknown();
    const act = messageId === null ? { act: 'unpin-message' } : { act: 'pin-message', messageId };
    await this.#options.audit.act(channel, by.user.id, act, (tx) => updatePinned(tx, channel.id, messageId));
    await this.roomChanged(channel);
  }

  /** Changes what is given; gives all. */
  async setModes(channel: RoomChannel, by: Moderator, changes: Partial<ChatModes>): Promise<ChatModes> {
    const { modes: before } = await getRoom(this.#db, channel.id);
    const modes = { ...before, ...changes };
    await this.#options.audit.act(channel, by.user.id, { act: 'set-modes', detail: { before, changes } }, (tx) => updateModes(tx, channel.id, modes));
    await this.#modesChanged(channel, before, modes);
    return modes;
  }

  /** Followers of ten minutes only, slow, no links: undone by itself. Gives until when. */
  async raiseShield(channel: RoomChannel, by: Moderator): Promise<Date> {
    const until = new Date(this.#now().getTime() + SHIELD_SEC * 1_000);
    await getRoom(this.#db, channel.id);
    await this.#options.audit.act(channel, by.user.id, { act: 'raise-shield', detail: { seconds: SHIELD_SEC } }, (tx) => updateShield(tx, channel.id, until));
    await this.roomChanged(channel);
    return until;
  }

  async lowerShield(channel: RoomChannel, by: Moderator): Promise<void> {
    await this.#options.audit.act(channel, by.user.id, { act: 'lower-shield' }, (tx) => updateShield(tx, channel.id, null));
    await this.roomChanged(channel);
  }

  /** @throws {ChatUserUnknown} {TargetTooHigh} */
  async setRole(channel: RoomChannel, by: Moderator, username: string, role: GrantedRole): Promise<void> {
    const { userId, granted } = await this.#target(channel, by, username);
    await this.#options.audit.act(channel, by.user.id, { act: 'set-role', targetId: userId, detail: { role, before: granted ?? 'none' } }, async () => undefined);
    await this.#giveRole(channel, username, role);
  }

  /** Takes an act back. @throws {ActUnknown} {NotUndoable} {RoleRequired} */
  async undo(channel: RoomChannel, by: Moderator, actId: string): Promise<void> {
    const act = await findAct(this.#db, channel.id, actId);
    if (act === undefined) throw new ActUnknown();
    const undo = this.#undoing(channel, by, act);
    if (undo === undefined || act.isUndone) throw new NotUndoable();
    if (!(await markUndone(this.#db, actId, { by: by.user.id, at: this.#now() }))) throw new NotUndoable();
    await undo();
    await this.#options.audit.undone(channel, actId);
  }

  /** Tells everybody what the room is like now. */
  async roomChanged(channel: RoomChannel): Promise<void> {
    this.#options.delivery.roomChanged(channel, await this.#options.rooms.state(channel));
  }

  #undoing(channel: RoomChannel, by: Moderator, act: StoredAct): (() => Promise<void>) | undefined {
    const { target, detail } = act;
    if (['delete-message', 'delete-user-messages', 'clear-chat'].includes(act.act)) return () => this.#restore(channel, act.id);
    if (['ban-user', 'timeout-user', 'mute-user'].includes(act.act) && target !== undefined) {
      return async () => {
        await this.pardon(channel, by, target);
        await this.#restore(channel, act.id);
      };
    }
    if (act.act === 'set-modes' && isModes(detail['before'])) {
      const before = detail['before'];
      return async () => void await this.setModes(channel, by, before);
    }
    const role = detail['before'];
    if (act.act !== 'set-role' || target === undefined || !isGrantedRole(role)) return undefined;
    if (by.role === 'moderator') throw new RoleRequired('the owner');
    return () => this.setRole(channel, by, target, role);
  }

  async #restore(channel: RoomChannel, actId: string): Promise<void> {
    for (const message of await restoreMessages(this.#db, channel.id, actId)) this.#options.delivery.message(channel, message);
  }

  async #delete(channel: RoomChannel, by: Moderator, act: { act: string; targetId?: string; reason?: string | undefined; detail?: Record<string, unknown> }, wish: DeletionWish): Promise<number> {
    return this.#options.audit.act(channel, by.user.id, act, (tx: DbTransaction, entry) => deleteMessages(tx, channel.id, wish, { at: entry.at, by: entry.id }));
  }

  async #modesChanged(channel: RoomChannel, before: ChatModes, modes: ChatModes): Promise<void> {
    await this.roomChanged(channel);
    if (modes.isMembersOnly && !before.isMembersOnly) this.#options.fleet.tell({ kind: 'readers', channelId: channel.id });
  }

  async #giveRole(channel: RoomChannel, username: string, role: GrantedRole): Promise<void> {
    if (role === 'none') await this.#options.roles.removeRole(channel, username);
    else await this.#options.roles.setRole(channel, username, role);
  }

  /** Whom somebody may act on. @throws {ChatUserUnknown} {TargetTooHigh} */
  async #target(channel: RoomChannel, by: Moderator, username: string) {
    const target = await this.#options.people.named(channel.id, username);
    if (!outranks(by.role, target.role)) throw new TargetTooHigh(target.username);
    return target;
  }
}

const ACTS: Record<SanctionKind, string> = { ban: 'ban-user', timeout: 'timeout-user', mute: 'mute-user', warning: 'warn-user' };

function isGrantedRole(value: unknown): value is GrantedRole {
  return value === 'moderator' || value === 'vip' || value === 'none';
}

/** Written by `setModes`. */
function isModes(value: unknown): value is ChatModes {
  return typeof value === 'object' && value !== null && 'slowSec' in value;
}
