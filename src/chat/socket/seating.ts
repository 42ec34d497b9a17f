import { BotNotHere, SignInRequired, TooManyRooms } from '../errors.js';
import type { Db, Log } from '../../platform/index.js';
import { messageOf } from '../../platform/index.js';
import type { You } from '../events.js';
import type { People } from '../people/people.js';
import { isModerator, youOf } from '../people/standing.js';
import type { ActiveSanction, Standing } from '../people/standing.js';
import { audienceOf, moderatorsOf, seatsOf } from '../room/delivery.js';
import { getRoom } from '../room/queries.js';
import type { Connection, RoomChannel, SignedIn } from './connection.js';

const MAX_ROOMS = 10;
/** A page renews its token before it runs out; one that slept needs a moment. */
const EXPIRED_GRACE_MS = 60_000;

export interface SeatingOptions {
  db: Db;
  people: People;
  /** Somebody came or left: for the count of who is there. */
  onMoved: (channel: RoomChannel) => void;
  log: Log;
}

/** Who sits where: connections in rooms, each with what it may hear there. */
export class Seating {
  readonly #options: SeatingOptions;
  /** By channel id. */
  readonly #rooms = new Map<string, Set<Connection>>();

  constructor(options: SeatingOptions) {
    this.#options = options;
  }

  /** Rooms that somebody of this server is in. */
  rooms(): RoomChannel[] {
    return [...this.#rooms].flatMap(([id, [first]]) => first?.seats.get(id)?.channel ?? []);
  }

  /** Connections of this server in a room. */
  inRoom(channelId: string): Connection[] {
    return [...this.#rooms.get(channelId) ?? []];
  }

  dismiss(connection: Connection): void {
    for (const { channel } of connection.seats.values()) this.#vacate(connection, channel);
  }

  /** Takes a place in a room, or the same one anew. @throws {TooManyRooms} {SignInRequired} when the room is for members */
  async enter(connection: Connection, channel: RoomChannel): Promise<You> {
    if (connection.seats.size >= MAX_ROOMS && !connection.seats.has(channel.id)) throw new TooManyRooms(MAX_ROOMS);
    const standing = await this.#standing(connection, channel.id);
    if (standing === undefined) await this.#checkOpen(connection, channel.id);
    await this.#place(connection, channel, standing);
    this.#options.onMoved(channel);
    return youOf(standing);
  }

  async leave(connection: Connection, channel: RoomChannel): Promise<void> {
    const { id } = channel;
    const user = connection.user;
    connection.seats.delete(id);
    this.#vacate(connection, channel);
    await connection.socket.leave(audienceOf(id));
    await connection.socket.leave(moderatorsOf(id));
    if (user !== undefined) await connection.socket.leave(seatsOf(id, user.id));
  }

  /** What only moderators hear is not for who does not show a good token any more; with the next one they hear it again. */
  async dismissExpired(now: Date): Promise<void> {
    for (const connection of new Set([...this.#rooms.values()].flatMap((room) => [...room]))) {
      if (connection.user === undefined || connection.user.expiresAt.getTime() + EXPIRED_GRACE_MS > now.getTime()) continue;
      for (const seat of connection.seats.values()) {
        seat.isModerator = false;
        await connection.socket.leave(moderatorsOf(seat.channel.id));
      }
    }
  }

  /** Signs a connection in or out, with all its places. */
  async signIn(connection: Connection, user: SignedIn | undefined): Promise<void> {
    const old = connection.user;
    connection.become(user);
    for (const { channel } of [...connection.seats.values()]) {
      if (old !== undefined && old.id !== user?.id) await connection.socket.leave(seatsOf(channel.id, old.id));
      await this.#look(connection, channel);
    }
  }

  /** What somebody may do in a room has changed: their connections to this server are told. */
  async refresh(channelId: string, userId: string): Promise<void> {
    await this.#lookAll(this.inRoom(channelId).filter(({ user }) => user?.id === userId), channelId);
  }

  /** All of a room are looked at again: nobody knows what was missed. */
  async refreshRoom(channelId: string): Promise<void> {
    await this.#lookAll(this.inRoom(channelId), channelId);
  }

  /** Who may read a room has changed: those without an account are looked at again. */
  async refreshReaders(channelId: string): Promise<void> {
    await this.#lookAll(this.inRoom(channelId).filter(({ user }) => user === undefined), channelId);
  }

  async #lookAll(connections: Connection[], channelId: string): Promise<void> {
    for (const connection of connections) {
      const seat = connection.seats.get(channelId);
      if (seat === undefined) continue;
      await this.#look(connection, seat.channel).catch((error: unknown) => this.#options.log.error('a chat seat could not be looked at', { error: messageOf(error) }));
    }
  }

  /** Gives a place anew, or takes it away from who may not read any more. */
  async #look(connection: Connection, channel: RoomChannel): Promise<void> {
    try {
      const you = await this.enter(connection, channel);
      connection.socket.emit('you-changed', { channel: channel.slug, you });
    } catch (error) {
      if (!(error instanceof SignInRequired)) throw error;
      await this.leave(connection, channel);
      connection.socket.emit('you-changed', { channel: channel.slug, you: youOf(undefined) });
    }
  }

  async #place(connection: Connection, channel: RoomChannel, standing: Standing | undefined): Promise<void> {
    const { socket } = connection;
    // It left while the database was asked: nobody would ever take it out of the room again.
    if (!socket.connected) return;
    const role = standing?.role ?? 'reader';
    const moderates = isModerator(role);
    connection.seats.set(channel.id, { channel, role, isModerator: moderates, silencedUntil: standing === undefined ? null : silencedUntil(standing.sanctions) });
    this.#rooms.set(channel.id, (this.#rooms.get(channel.id) ?? new Set()).add(connection));
    await socket.join(audienceOf(channel.id));
    if (standing !== undefined) await socket.join(seatsOf(channel.id, standing.user.id));
    if (moderates) await socket.join(moderatorsOf(channel.id));
    else await socket.leave(moderatorsOf(channel.id));
  }

  /** @throws {SignInRequired} {BotNotHere} */
  async #checkOpen({ user, overlay }: Connection, channelId: string): Promise<void> {
    if (user?.bot !== undefined) throw new BotNotHere();
    if (overlay?.channelId === channelId) return;
    if ((await getRoom(this.#options.db, channelId)).modes.isMembersOnly) throw new SignInRequired('read this chat');
  }

  #vacate(connection: Connection, channel: RoomChannel): void {
    const room = this.#rooms.get(channel.id);
    room?.delete(connection);
    if (room?.size === 0) this.#rooms.delete(channel.id);
    this.#options.onMoved(channel);
  }

  async #standing(connection: Connection, channelId: string): Promise<Standing | undefined> {
    const { user, origin } = connection;
    return user === undefined ? undefined : this.#options.people.standing(channelId, user.id, origin);
  }
}

/** When the last of them ends; long ago when there is none. */
function silencedUntil(sanctions: ActiveSanction[]): Date | null {
  if (sanctions.some(({ until }) => until === null)) return null;
  return new Date(Math.max(0, ...sanctions.map(({ until }) => until?.getTime() ?? 0)));
}
