import { messageOf } from '../../platform/index.js';
import type { Log, RedisConnection } from '../../platform/index.js';
import type { Chatter } from '../events.js';
import { audienceOf } from '../room/delivery.js';
import type { ChatNamespace, Connection, RoomChannel } from '../socket/connection.js';
import { attendanceOf, newcomers, NOBODY, partOf, sizeOf, together } from './attendance.js';
import type { Attendance, Part } from './attendance.js';
import { Roll } from './roll.js';

export interface PresenceOptions {
  namespace: ChatNamespace;
  redis: RedisConnection | undefined;
  /** Rooms that somebody of this server is in. */
  rooms: () => RoomChannel[];
  inRoom: (channelId: string) => Connection[];
  shows: {
    /** Channels that are on air on this server. */
    onAir(): string[];
    /** Playback sessions of this server. */
    viewers(channelId: string): number;
  };
  log: Log;
}

const TICK_MS = 1_000;
/** Of the ticks, which tell the number of viewers and ask the other servers. */
const EVERY = 2;
/** In a room with more people, joins and leaves are numbers only. */
const MAX_NAMED = 50;
/** Names in the list for moderators. */
const MAX_LISTED = 1_000;

/** Who is in the rooms, and how many watch: told at most once a second, whatever comes and goes. */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #roll: Roll | undefined;
  /** Rooms in which somebody came or left since the last tick. */
  readonly #moved = new Map<string, RoomChannel>();
  /** What was told of a room, by channel id. */
  readonly #told = new Map<string, Attendance>();
  readonly #toldViewers = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #exchanging: Promise<void> | undefined;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#roll = options.redis && new Roll({ redis: options.redis });
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#exchanging;
    await this.#roll?.leave().catch(() => undefined); // it expires
  }

  /** Somebody came into a room or left it, or is somebody else now. */
  moved(channel: RoomChannel): void {
    this.#moved.set(channel.id, channel);
  }

  /** Playback sessions of all servers. */
  viewers(channelId: string): number {
    return this.#others(channelId).reduce((sum, { viewers }) => sum + viewers, this.#options.shows.viewers(channelId));
  }

  /** Everybody in a room, the highest role first. */
  list(channelId: string): { chatters: Chatter[]; readers: number } {
    const { chatters, readers } = together(this.#here(channelId), this.#others(channelId));
    return { chatters: chatters.slice(0, MAX_LISTED), readers };
  }

  #here(channelId: string): Attendance {
    return attendanceOf(this.#options.inRoom(channelId), channelId);
  }

  #others(channelId: string): Part[] {
    return this.#roll?.others(channelId) ?? [];
  }

  #tick(): void {
    for (const channel of this.#moved.values()) this.#tellMoves(channel);
    this.#moved.clear();
    if (this.#ticks++ % EVERY !== 0) return;
    const rooms = this.#options.rooms();
    this.#tellViewers(rooms);
    this.#exchanging ??= this.#exchange(rooms).finally(() => { this.#exchanging = undefined; });
  }

  /** Those of this server, to everybody. */
  #tellMoves({ id, slug }: RoomChannel): void {
    const before = this.#told.get(id) ?? NOBODY;
    const now = this.#here(id);
    if (sizeOf(now) === 0) this.#told.delete(id);
    else this.#told.set(id, now);
    const others = this.#others(id);
    const isSmall = sizeOf(now) + others.reduce((sum, { chatters, readers }) => sum + chatters + readers, 0) <= MAX_NAMED;
    for (const [event, from, to] of [['viewer-joined', before, now], ['viewer-left', now, before]] as const) {
      const { count, chatters } = newcomers(from, to, others);
      if (count > 0) this.#options.namespace.to(audienceOf(id)).emit(event, { channel: slug, count, chatters: isSmall ? chatters : [] });
    }
  }

  #tellViewers(rooms: RoomChannel[]): void {
    const told = new Map(this.#toldViewers);
    this.#toldViewers.clear();
    for (const { id, slug } of rooms) {
      const viewers = this.viewers(id);
      this.#toldViewers.set(id, viewers);
      if (told.get(id) !== viewers) this.#options.namespace.local.to(audienceOf(id)).emit('viewer-count', { channel: slug, viewers });
    }
  }

  async #exchange(rooms: RoomChannel[]): Promise<void> {
    if (this.#roll === undefined) return;
    const { shows, log } = this.#options;
    const wanted = rooms.map(({ id }) => id);
    const parts = new Map([...new Set([...wanted, ...shows.onAir()])].map((id) => [id, partOf(this.#here(id), shows.viewers(id))]));
    await this.#roll.exchange(parts, wanted).catch((error: unknown) => log.debug('who is in the rooms was not exchanged', { error: messageOf(error) }));
  }
}
