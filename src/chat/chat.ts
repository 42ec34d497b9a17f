import type { Server } from 'node:http';
import path from 'node:path';
import { readOrMakeSecret } from '../platform/index.js';
import type { Component, Db, LimiterOptions, Log, RedisConnection } from '../platform/index.js';
import type { ChatConfig } from './config.js';
import { Messages } from './messages/messages.js';
import { deleteOld } from './messages/queries.js';
import { Taps } from './messages/taps.js';
import { deskRequests } from './desk/desk-requests.js';
import { Queue } from './desk/queue.js';
import { Terms } from './desk/terms.js';
import { UserCards } from './desk/user-cards.js';
import { Audit } from './moderation/audit.js';
import { Moderation } from './moderation/moderation.js';
import type { RoleKeeper } from './moderation/moderation.js';
import { moderatorRequests } from './moderation/moderator-requests.js';
import { Origins } from './people/origin.js';
import { People } from './people/people.js';
import { audienceOf, Delivery } from './room/delivery.js';
import { Fleet } from './room/fleet.js';
import { Rooms } from './room/rooms.js';
import { ChatServer } from './socket/chat-server.js';
import type { ChatFrontDesk } from './socket/chat-server.js';
import type { RoomChannel } from './socket/connection.js';
import { Seating } from './socket/seating.js';
import { viewerRequests } from './socket/viewer-requests.js';

/** Shows on air, as far as their chat cares. */
export interface ChatShows {
  broadcastId(channelId: string): string | undefined;
  /** Playback sessions. */
  viewers(channelId: string): number;
}

export interface ChatOptions {
  db: Db;
  config: ChatConfig;
  dataDir: string;
  trustProxy: number;
  /** Joins several servers; undefined: this one is alone. */
  redis: RedisConnection | undefined;
  /** @throws for a channel that does not exist. */
  channels: { get(slug: string): Promise<RoomChannel> };
  accounts: { bearer: ChatFrontDesk['bearer'] };
  roles: RoleKeeper;
  shows: ChatShows;
  log: Log;
  now?: () => Date;
}

const DAY_MS = 86_400_000;
const SWEEP_MS = 3_600_000;

/** The chat of all channels. */
export class Chat implements Component {
  readonly #options: ChatOptions;
  readonly #server: ChatServer;
  readonly #delivery: Delivery;
  readonly #taps: Taps;
  readonly #people: People;
  readonly #seating: Seating;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ChatOptions) {
    this.#options = options;
    const { db, config, log } = options;
    this.#server = new ChatServer({ limits: config.limits, trustProxy: options.trustProxy, redis: options.redis, shared: (name) => this.#shared(name), log });
    const { namespace } = this.#server;
    this.#delivery = new Delivery({ namespace, db });
    this.#taps = new Taps({ namespace });
    this.#people = new People({ db, evidenceDays: config.evidenceDays, ...clock(options) });
    this.#seating = new Seating({ db, people: this.#people, onMoved: () => undefined, log });
  }

  /** Open connections, for metrics. */
  get connections(): number {
    return this.#server.size;
  }

  /** Takes connections of this HTTP server. */
  attach(server: Server): void {
    this.#server.attach(server);
  }

  async start(): Promise<void> {
    const { config, dataDir, accounts } = this.#options;
    const secret = config.deviceSecret || (await readOrMakeSecret(path.join(dataDir, 'chat-secret')));
    this.#server.open({
      handlers: this.#handlers(),
      origins: new Origins({ secret }),
      bearer: (token) => accounts.bearer(token),
      onConnected: (connection) => this.#seating.admit(connection),
      onGone: (connection) => this.#seating.dismiss(connection),
    });
    this.#timer = setInterval(() => void this.#sweep(), SWEEP_MS);
    await this.#sweep();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#delivery.stop();
    this.#taps.stop();
    await this.#server.close();
  }

  /** A show began or ended. */
  showChanged(channel: { id: string; slug: string }, event: 'stream-started' | 'stream-ended', broadcastId: string): void {
    this.#server.namespace.to(audienceOf(channel.id)).emit(event, { channel: channel.slug, broadcastId });
  }

  /** Somebody's role in a channel has changed, or that they follow it. */
  async personChanged(channelId: string, userId: string): Promise<void> {
    await this.#seating.refresh(channelId, userId);
  }

  #handlers(): Map<string, Parameters<ChatFrontDesk['handlers']['set']>[1]> {
    const { db, config, channels, accounts, roles, shows } = this.#options;
    const [seating, people, delivery, taps] = [this.#seating, this.#people, this.#delivery, this.#taps];
    const rooms = new Rooms({ db, emotes: async () => [], viewers: (id) => shows.viewers(id), ...clock(this.#options) });
    const audit = new Audit({ db, delivery, ...clock(this.#options) });
    const terms = new Terms({ db, audit });
    const messages = new Messages({
      db,
      emoteCodes: async () => new Set(),
      terms: (channelId) => terms.rules(channelId),
      broadcastId: (id) => shows.broadcastId(id),
      ...clock(this.#options),
    });
    const fleet = new Fleet({
      namespace: this.#server.namespace,
      isShared: this.#options.redis !== undefined,
      onNews: (news) => void (news.kind === 'standing' ? seating.refresh(news.channelId, news.userId) : seating.refreshReaders(news.channelId)),
    });
    const moderation = new Moderation({ db, people, roles, rooms, audit, delivery, fleet, ...clock(this.#options) });
    const queue = new Queue({ db, moderation, audit, delivery, ...clock(this.#options) });
    const now = this.#options.now ?? (() => new Date());
    return new Map([
      ...viewerRequests({
        db, limits: config.limits, shared: (name) => this.#shared(name),
        getChannel: async (slug) => channels.get(slug),
        bearer: (token) => accounts.bearer(token),
        seating, rooms, people, messages, taps, delivery,
        onHeld: (channel, messageId, reason) => queue.hold(channel, messageId, reason),
        now,
      }),
      ...moderatorRequests({ moderation, people }),
      ...deskRequests({ db, moderation, people, queue, terms, cards: new UserCards({ db, people, audit }), shared: (name) => this.#shared(name), now }),
    ]);
  }

  #shared(name: string): LimiterOptions['shared'] {
    const { redis } = this.#options;
    return redis && { redis, name };
  }

  async #sweep(): Promise<void> {
    const { db, config: { keepDays }, log } = this.#options;
    if (keepDays === 0) return;
    await deleteOld(db, new Date(Date.now() - keepDays * DAY_MS)).catch((error: unknown) => log.error('old chat messages could not be deleted', { error: String(error) }));
  }
}

function clock({ now }: Pick<ChatOptions, 'now'>): { now?: () => Date } {
  return now === undefined ? {} : { now };
}
