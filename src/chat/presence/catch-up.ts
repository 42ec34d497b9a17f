import { messageOf } from '../../platform/index.js';
import type { Db, Log, RedisConnection } from '../../platform/index.js';
import type { RoomState } from '../events.js';
import { listChanges } from '../messages/queries.js';
import type { Change } from '../messages/queries.js';
import { listTargets } from '../moderation/queries.js';
import type { Delivery } from '../room/delivery.js';
import type { RoomChannel } from '../socket/connection.js';

export interface CatchUpOptions {
  db: Db;
  redis: RedisConnection;
  /** To the clients of this server only. */
  delivery: Delivery;
  /** Rooms that somebody of this server is in. */
  rooms: () => RoomChannel[];
  state: (channel: RoomChannel) => Promise<RoomState>;
  seating: { refresh(channelId: string, userId: string): Promise<void>; refreshReaders(channelId: string): Promise<void>; refreshRoom(channelId: string): Promise<void> };
  /** Redis answers again after it was away since then. */
  onBack: (sinceMs: number) => void;
  log: Log;
  now?: () => Date;
}

const LOOK_MS = 2_000;
/** A message may be written down so long after the moment that it bears; others see it later still in a room with a delay. */
const WINDOW_MS = 60_000;
/** What was told so long before Redis was missed had arrived. */
const ARRIVED_MS = 5_000;
/** What is longer ago than this is not told again: who was away for so long asks for the history. */
const HEARD_MS = 600_000;
/** When Redis is back, other servers may need so long to find it. */
const SETTLED_MS = 5_000;

/**
 * Keeps the rooms of several servers together while Redis is away: what the others wrote is read from the database
 * and told to the clients of this server. Those pass over what they have.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #now: () => Date;
  /** Changes that need not be told any more → their time, ms. */
  readonly #told = new Map<string, number>();
  /** What was told of a room: as text, to compare. */
  readonly #states = new Map<string, string>();
  /** From when on something may have been missed, ms; undefined: nothing was. */
  #sinceMs: number | undefined;
  #backMs: number | undefined;
  /** When the last look began, ms. */
  #lookedMs = 0;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  start(): void {
    const { redis } = this.#options;
    redis.on('lost', this.#begin);
    redis.on('ready', this.#back);
    if (!redis.isReady) this.#begin();
  }

  async stop(): Promise<void> {
    const { redis } = this.#options;
    redis.off('lost', this.#begin);
    redis.off('ready', this.#back);
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Another server told nobody of anything since then. */
  missed(sinceMs: number): void {
    this.#sinceMs = Math.min(this.#sinceMs ?? Infinity, Math.max(sinceMs, this.#nowMs - HEARD_MS));
    this.#backMs ??= this.#nowMs;
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  readonly #begin = (): void => {
    this.#sinceMs ??= this.#nowMs;
    this.#backMs = undefined;
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
  };

  readonly #back = (): void => {
    if (this.#sinceMs === undefined) return;
    this.#backMs = this.#nowMs;
    this.#options.onBack(this.#sinceMs);
    this.#look();
  };

  get #nowMs(): number {
    return this.#now().getTime();
  }

  /** One at a time: a database that is slow gets no more to do. */
  #look(): void {
    this.#looking ??= this.#lookOnce()
      .catch((error: unknown) => this.#options.log.warn('the rooms could not be read while redis was away', { error: messageOf(error) }))
      .finally(() => { this.#looking = undefined; });
  }

  async #lookOnce(): Promise<void> {
    const startedMs = this.#nowMs;
    const sinceMs = this.#sinceMs ?? startedMs;
    const isLast = this.#backMs !== undefined && startedMs - this.#backMs >= SETTLED_MS;
    const rooms = new Map(this.#options.rooms().map((channel) => [channel.id, channel]));
    const fromMs = Math.max(sinceMs, this.#lookedMs);
    for (const channel of rooms.values()) await this.#tellRoom(channel);
    for (const change of await this.#changes([...rooms.keys()], { fromMs, sinceMs })) {
      const channel = rooms.get(change.channelId);
      if (channel !== undefined) this.#tellChange(channel, change);
    }
    await this.#lookAtSeats(rooms, isLast ? undefined : fromMs - ARRIVED_MS);
    this.#lookedMs = startedMs;
    if (isLast && sinceMs === this.#sinceMs) this.#end();
  }

  async #tellRoom(channel: RoomChannel): Promise<void> {
    const { state, delivery, seating } = this.#options;
    const room = await state(channel);
    const { viewers: _viewers, lastSeq: _lastSeq, ...lasting } = room;
    const text = JSON.stringify(lasting);
    if (this.#states.get(channel.id) !== text) {
      this.#states.set(channel.id, text);
      delivery.roomChanged(channel, room);
      if (room.modes.isMembersOnly) await seating.refreshReaders(channel.id);
    }
  }

  /** What was not told yet. */
  async #changes(channelIds: string[], { fromMs, sinceMs }: { fromMs: number; sinceMs: number }): Promise<Change[]> {
    const windowMs = fromMs - ARRIVED_MS - WINDOW_MS;
    const found = await listChanges(this.#options.db, channelIds, new Date(windowMs));
    for (const [name, atMs] of this.#told) if (atMs < windowMs) this.#told.delete(name);
    if (this.#lookedMs < sinceMs) for (const change of found) if (change.at.getTime() < sinceMs - ARRIVED_MS) this.#told.set(nameOf(change), change.at.getTime());
    return found.filter((change) => !this.#told.has(nameOf(change)));
  }

  #tellChange(channel: RoomChannel, change: Change): void {
    const { message, isDeleted, at } = change;
    // In a room with a delay, its moment is still to come.
    if (!isDeleted && at.getTime() > this.#nowMs) return;
    this.#told.set(nameOf(change), at.getTime());
    if (isDeleted) this.#options.delivery.messageDeleted(channel, message.id);
    else this.#options.delivery.message(channel, message);
  }

  /** @param sinceMs undefined: all seats, for roles that changed without a line in the audit log */
  async #lookAtSeats(rooms: Map<string, RoomChannel>, sinceMs: number | undefined): Promise<void> {
    const { db, seating } = this.#options;
    if (sinceMs === undefined) for (const id of rooms.keys()) await seating.refreshRoom(id);
    else for (const { channelId, userId } of await listTargets(db, [...rooms.keys()], new Date(sinceMs))) await seating.refresh(channelId, userId);
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sinceMs = undefined;
    this.#backMs = undefined;
    this.#lookedMs = 0;
    this.#told.clear();
    this.#states.clear();
  }
}

function nameOf({ message, isDeleted }: Change): string {
  return `${message.id} ${isDeleted}`;
}
