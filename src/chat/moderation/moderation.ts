import { randomUUID } from 'node:crypto';
import type { Db, DbTransaction } from '../../platform/index.js';
import { countWaiting } from '../desk/queries.js';
import { ActUnknown, ChatMessageUnknown, NotUndoable, RoleRequired, TargetTooHigh } from '../errors.js';
import type { ChatModes, SanctionKind } from '../events.js';
import { refuseSanctioned } from '../messages/judge.js';
import { deleteMessages, findMessage, listShown } from '../messages/queries.js';
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
import { findAct, insertSanction, liftSanctions, UNDOABLE } from './queries.js';
import type { StoredAct } from './queries.js';
import { roleBefore, takeBack } from './undoing.js';
import type { GrantedRole, Undone } from './undoing.js';

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

/** Messages that clients get again when their deletion is undone. */
const MAX_SHOWN_AGAIN = 100;
/** Who acts, in a channel. */
export type Moderator = Standing;

/** Clocks and timers differ by a little. */
const SHIELD_MARGIN_MS = 500;

/** What moderators do. Whether they may is looked up anew for each act; each is in the audit log. */
export class Moderation {
  readonly #options: ModerationOptions;
  readonly #db: Db;
  readonly #now: () => Date;
  /** Raised ones, by channel id. */
  readonly #shields = new Map<string, NodeJS.Timeout>();

  constructor(options: ModerationOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#now = options.now ?? (() => new Date());
  }

  /** Who asks, if they moderate the channel, and nobody above them keeps them from it. @throws {RoleRequired} {ChatBanned} {ChatTimedOut} {WarningPending} */
  async moderator(channel: RoomChannel, userId: string): Promise<Moderator> {
    const standing = await this.#options.people.standing(channel.id, userId);
    if (standing === undefined || !isModerator(standing.role)) throw new RoleRequired('moderators');
    refuseSanctioned(standing.sanctions, this.#now());
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
    await this.#afterDeletion(channel);
  }

  /** Gives how many there were. @throws {ChatUserUnknown} {TargetTooHigh} */
  async deleteMessagesOf(channel: RoomChannel, by: Moderator, username: string, reason?: string): Promise<number> {
    const { userId } = await this.#target(channel, by, username);
    const deleted = await this.#delete(channel, by, { act: 'delete-user-messages', targetId: userId, reason }, { authorId: userId });
    this.#options.delivery.userCleared(channel, userId);
    await this.#afterDeletion(channel);
    return deleted;
  }

  async clear(channel: RoomChannel, by: Moderator, reason?: string): Promise<void> {
    const { lastSeq } = await getRoom(this.#db, channel.id);
    await this.#delete(channel, by, { act: 'clear-chat', reason, detail: { upTo: lastSeq } }, { upTo: lastSeq });
    this.#options.delivery.chatCleared(channel, lastSeq);
    await this.#afterDeletion(channel);
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
    this.#options.fleet.tell({ kind: 'standing', channelId: channel.id, userId });
    if (kind !== 'ban') return;
    this.#options.delivery.userCleared(channel, userId);
    await this.#afterDeletion(channel);
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
    const act = { act: 'set-modes', detail: { before: changedOf(before, changes), changes } };
    const modes = await this.#options.audit.act(channel, by.user.id, act, (tx) => updateModes(tx, channel.id, changes));
    await this.#modesChanged(channel, before, modes);
    return modes;
  }

  /** Followers of ten minutes only, slow, no links: undone by itself. Gives until when. */
  async raiseShield(channel: RoomChannel, by: Moderator): Promise<Date> {
    const until = new Date(this.#now().getTime() + SHIELD_SEC * 1_000);
    await getRoom(this.#db, channel.id);
    await this.#options.audit.act(channel, by.user.id, { act: 'raise-shield', detail: { seconds: SHIELD_SEC } }, (tx) => updateShield(tx, channel.id, until));
    await this.roomChanged(channel);
    this.#tellShieldEnd(channel);
    return until;
  }

  async lowerShield(channel: RoomChannel, by: Moderator): Promise<void> {
    await this.#options.audit.act(channel, by.user.id, { act: 'lower-shield' }, (tx) => updateShield(tx, channel.id, null));
    await this.roomChanged(channel);
  }

  /** @throws {ChatUserUnknown} {TargetTooHigh} */
  async setRole(channel: RoomChannel, by: Moderator, username: string, role: GrantedRole): Promise<void> {
    const { userId, granted } = await this.#target(channel, by, username);
    // Before it is written down: it may be refused.
    await this.#giveRole(channel, username, role);
    await this.#options.audit.act(channel, by.user.id, { act: 'set-role', targetId: userId, detail: { role, before: granted ?? 'none' } }, async () => undefined);
  }

  /** Takes an act back. @throws {ActUnknown} {NotUndoable} {RoleRequired} {TargetTooHigh} */
  async undo(channel: RoomChannel, by: Moderator, actId: string): Promise<void> {
    const act = await findAct(this.#db, channel.id, actId);
    if (act === undefined) throw new ActUnknown();
    if (act.isUndone || !UNDOABLE.has(act.act)) throw new NotUndoable();
    // What somebody did to themselves is theirs to take back; what was done to them is not.
    if (act.target !== undefined && (act.targetId !== by.user.id || act.actorId !== by.user.id)) await this.#target(channel, by, act.target);
    const role = roleBefore(act);
    if (role !== undefined && by.role === 'moderator') throw new RoleRequired('the owner');
    const undone = await takeBack(this.#db, act, { by: by.user.id, at: this.#now() });
    if (role !== undefined && act.target !== undefined) await this.#giveRole(channel, act.target, role);
    await this.#tellUndone(channel, act, undone);
  }

  /** Tells the moderators how much waits for them. */
  async queueChanged(channel: RoomChannel): Promise<void> {
    this.#options.delivery.queueChanged(channel, await countWaiting(this.#db, channel.id));
  }

  stop(): void {
    for (const timer of this.#shields.values()) clearTimeout(timer);
    this.#shields.clear();
  }

  /** The shield is undone by itself, and pages show what they were told last. */
  #tellShieldEnd(channel: RoomChannel): void {
    clearTimeout(this.#shields.get(channel.id));
    this.#shields.set(channel.id, setTimeout(() => {
      this.#shields.delete(channel.id);
      // A page that misses it learns it with the next change.
      void this.roomChanged(channel).catch(() => undefined);
    }, SHIELD_SEC * 1_000 + SHIELD_MARGIN_MS));
  }

  /** Tells everybody what the room is like now. */
  async roomChanged(channel: RoomChannel): Promise<void> {
    this.#options.delivery.roomChanged(channel, await this.#options.rooms.state(channel));
  }

  async #tellUndone(channel: RoomChannel, act: StoredAct, { messageIds, isModesChanged }: Undone): Promise<void> {
    await this.#options.audit.undone(channel, act.id);
    if (act.targetId !== undefined) this.#options.fleet.tell({ kind: 'standing', channelId: channel.id, userId: act.targetId });
    // Of a long history, clients have the end; whoever looks further back loads it.
    const now = this.#now().getTime();
    for (const { message, shownAt } of await listShown(this.#db, messageIds.slice(-MAX_SHOWN_AGAIN))) {
      this.#options.delivery.message(channel, message, { delayMs: Math.max(0, shownAt.getTime() - now) });
    }
    if (isModesChanged || messageIds.length > 0) await this.roomChanged(channel);
    await this.queueChanged(channel);
  }

  /** A pinned message may have gone with others, and what waited for a moderator. */
  async #afterDeletion(channel: RoomChannel): Promise<void> {
    const { pinnedId } = await getRoom(this.#db, channel.id);
    const pinned = pinnedId === null ? undefined : await findMessage(this.#db, channel.id, pinnedId);
    if (pinned !== undefined && pinned.state !== 'shown') await this.roomChanged(channel);
    await this.queueChanged(channel);
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

/** What the changes take the place of. */
function changedOf(before: ChatModes, changes: Partial<ChatModes>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(before).filter(([mode]) => mode in changes));
}
