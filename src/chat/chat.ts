import type { Server } from 'node:http';
import path from 'node:path';
import type { Router } from 'express';
import { messageOf, PendingWork, readOrMakeSecret } from '../platform/index.js';
import type { Component, Db, LimiterOptions, Log, RedisConnection } from '../platform/index.js';
import { ChatApi } from './api.js';
import type { ApiCallers, ApiChannels } from './api.js';
import type { Guests } from './bots/guests.js';
import type { ChatConfig } from './config.js';
import { Messages } from './messages/messages.js';
import { Poster } from './messages/poster.js';
import { deleteOld } from './messages/queries.js';
import { Taps } from './messages/taps.js';
import { transcript } from './messages/transcript.js';
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
import { CatchUp } from './presence/catch-up.js';
import { Presence } from './presence/presence.js';
import { audienceOf, Delivery } from './room/delivery.js';
import { Fleet } from './room/fleet.js';
import type { News } from './room/fleet.js';
import { getRoom } from './room/queries.js';
import { Rooms } from './room/rooms.js';
import { ChatServer } from './socket/chat-server.js';
import type { ChatFrontDesk } from './socket/chat-server.js';
import { Seating } from './socket/seating.js';
import type { Handlers } from './socket/requests.js';
import { viewerRequests } from './socket/viewer-requests.js';
import type { Replays } from './routes.js';

/** Shows on air, as far as their chat cares. */
export interface ChatShows {
  broadcastId(channelId: string): string | undefined;
  /** Playback sessions of this server. */
  viewers(channelId: string): number;
  /** Channels that are on air on this server. */
  onAir(): string[];
}

export interface ChatOptions {
  db: Db;
  config: ChatConfig;
  dataDir: string;
  trustProxy: number;
  /** Joins several servers; undefined: this one is alone. */
  redis: RedisConnection | undefined;
  channels: ApiChannels;
  accounts: ApiCallers & { bearer: ChatFrontDesk['bearer'] };
  roles: RoleKeeper;
  shows: ChatShows;
  replays: Replays;
  log: Log;
  now?: () => Date;
}

const DAY_MS = 86_400_000;
const SWEEP_MS = 3_600_000;
const EXPIRY_LOOK_MS = 30_000;

/** The chat of all channels. */
export class Chat implements Component {
  readonly #options: ChatOptions;
  readonly #server: ChatServer;
  readonly #delivery: Delivery;
  readonly #taps: Taps;
  readonly #people: People;
  readonly #seating: Seating;
  readonly #messages: Messages;
  readonly #audit: Audit;
  readonly #moderation: Moderation;
  readonly #terms: Terms;
  readonly #queue: Queue;
  readonly #poster: Poster;
  readonly #api: ChatApi;
  readonly #guests: Guests;
  readonly #telling = new PendingWork();
  readonly #presence: Presence;
  readonly #rooms: Rooms;
  readonly #fleet: Fleet;
  readonly #catchUp: CatchUp | undefined;
  #timer: NodeJS.Timeout | undefined;
  #expiryTimer: NodeJS.Timeout | undefined;

  constructor(options: ChatOptions) {
    this.#options = options;
    const { db, config, log } = options;
    this.#server = new ChatServer({ limits: config.limits, trustProxy: options.trustProxy, redis: options.redis, shared: (name) => this.#shared(name), log });
    const { namespace } = this.#server;
    const readers = (channelId: string): number => namespace.adapter.rooms.get(audienceOf(channelId))?.size ?? 0;
    this.#delivery = new Delivery({ namespace, db, readers });
    this.#taps = new Taps({ namespace });
    this.#people = new People({ db, evidenceDays: config.evidenceDays, ...clock(options) });
    this.#seating = new Seating({ db, people: this.#people, onMoved: (channel) => this.#presence.moved(channel), log });
    this.#presence = new Presence({
      namespace, redis: options.redis, shows: options.shows, log,
      rooms: () => this.#seating.rooms(),
      inRoom: (channelId) => this.#seating.inRoom(channelId),
    });
    this.#fleet = new Fleet({ namespace, isShared: options.redis !== undefined, onNews: (news) => this.#hear(news) });
    this.#api = new ChatApi({ db, dataDir: options.dataDir, config: config.webhooks, shared: (name) => this.#shared(name), onRevoked: (passId) => this.#server.revoke(passId), log, ...clock(options) });
    const { emotes, outbox } = this.#api;
    this.#audit = new Audit({ db, delivery: this.#delivery, outbox, ...clock(options) });
    this.#terms = new Terms({ db, audit: this.#audit });
    this.#rooms = new Rooms({ db, emotes: (id) => emotes.list(id), viewers: (id) => this.#presence.viewers(id), ...clock(options) });
    this.#messages = new Messages({
      db, outbox,
      emoteCodes: (id) => emotes.codes(id),
      terms: (id) => this.#terms.rules(id),
      broadcastId: (id) => options.shows.broadcastId(id),
      ...clock(options),
    });
    this.#moderation = new Moderation({ db, people: this.#people, roles: options.roles, rooms: this.#rooms, audit: this.#audit, delivery: this.#delivery, fleet: this.#fleet, ...clock(options) });
    this.#queue = new Queue({ db, moderation: this.#moderation, audit: this.#audit, delivery: this.#delivery, outbox, ...clock(options) });
    this.#poster = new Poster({
      limits: config.limits, shared: (name) => this.#shared(name),
      people: this.#people, messages: this.#messages, delivery: this.#delivery,
      onHeld: (channel, messageId, reason) => this.#queue.hold(channel, messageId, reason),
    });
    this.#guests = this.#api.guests({ people: this.#people, moderation: this.#moderation }, options.accounts);
    this.#catchUp = options.redis && new CatchUp({
      db, redis: options.redis, log,
      delivery: new Delivery({ namespace: { to: (names) => namespace.local.to(names) }, db, readers }),
      rooms: () => this.#seating.rooms(),
      state: (channel) => this.#rooms.state(channel),
      seating: this.#seating,
      onBack: (sinceMs) => this.#fleet.tell({ kind: 'back', sinceMs }),
      ...clock(options),
    });
  }

  /** Open connections, for metrics. */
  get connections(): number {
    return this.#server.size;
  }

  /** Messages by what became of them, for metrics. */
  get messages(): ReadonlyMap<string, number> {
    return this.#server.messages;
  }

  /** Refused requests by code, for metrics. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#server.refusals;
  }

  /** Takes connections of this HTTP server. */
  attach(server: Server): void {
    this.#server.attach(server);
  }

  /** History, replays, emotes, bots, webhooks, overlay addresses. */
  routes(): Router {
    const core = { messages: this.#messages, moderation: this.#moderation, people: this.#people, poster: this.#poster, audit: this.#audit };
    const { channels, accounts, replays } = this.#options;
    return this.#api.routes(core, { guests: this.#guests, channels, callers: accounts, replays });
  }

  async start(): Promise<void> {
    const { config, dataDir, accounts } = this.#options;
    const secret = config.deviceSecret || (await readOrMakeSecret(path.join(dataDir, 'chat-secret')));
    this.#server.open({
      handlers: this.#handlers(),
      origins: new Origins({ secret }),
      bearer: (token) => accounts.bearer(token),
      pass: (shown) => this.#guests.pass(shown),
      onGone: (connection) => this.#seating.dismiss(connection),
    });
    await this.#api.start();
    this.#presence.start();
    this.#catchUp?.start();
    this.#timer = setInterval(() => void this.#sweep(), SWEEP_MS);
    this.#expiryTimer = setInterval(() => void this.#seating.dismissExpired(this.#options.now?.() ?? new Date()), EXPIRY_LOOK_MS);
    await this.#sweep();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#expiryTimer);
    this.#delivery.stop();
    this.#taps.stop();
    this.#moderation.stop();
    await this.#catchUp?.stop();
    await this.#presence.stop();
    await this.#server.close();
    await this.#telling.stop();
    await this.#api.stop();
  }

  /** A show began or ended. */
  showChanged(channel: { id: string; slug: string }, event: 'stream-started' | 'stream-ended', broadcastId: string): void {
    this.#server.namespace.to(audienceOf(channel.id)).emit(event, { channel: channel.slug, broadcastId });
    this.#telling.add(this.#api.outbox.add(this.#options.db, channel, event, { broadcastId }).catch((error: unknown) => {
      this.#options.log.error('webhooks are not told of a show', { broadcast: broadcastId, error: messageOf(error) });
    }));
  }

  /** What was said during a show, one JSON object a line, as everybody may read it beside the recording; undefined when nobody said anything, or it is for members. */
  async transcript(show: { id: string; channelId: string }): Promise<AsyncIterable<string> | undefined> {
    const { modes } = await getRoom(this.#options.db, show.channelId);
    return modes.isMembersOnly ? undefined : transcript(this.#messages, show.id);
  }

  /** Somebody's role in a channel has changed, or that they follow it. */
  personChanged(channelId: string, userId: string): void {
    this.#fleet.tell({ kind: 'standing', channelId, userId });
  }

  #handlers(): Handlers {
    const { db, config, channels, accounts } = this.#options;
    const [seating, people, rooms, messages, poster, taps, moderation, presence] = [this.#seating, this.#people, this.#rooms, this.#messages, this.#poster, this.#taps, this.#moderation, this.#presence];
    const now = this.#options.now ?? (() => new Date());
    return new Map([
      ...viewerRequests({
        db, limits: config.limits,
        getChannel: async (slug) => channels.get(slug),
        bearer: (token) => accounts.bearer(token),
        seating, rooms, people, messages, poster, taps, now,
        emoteCodes: (id) => this.#api.emotes.codes(id),
        shared: (name) => this.#shared(name),
      }),
      ...moderatorRequests({ moderation, people, presence }),
      ...deskRequests({ db, moderation, people, queue: this.#queue, terms: this.#terms, cards: new UserCards({ db, people, audit: this.#audit }), shared: (name) => this.#shared(name), now }),
    ]);
  }

  #hear(news: News): void {
    if (news.kind === 'standing') void this.#seating.refresh(news.channelId, news.userId);
    else if (news.kind === 'readers') void this.#seating.refreshReaders(news.channelId);
    else this.#catchUp?.missed(news.sinceMs);
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
