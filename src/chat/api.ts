import path from 'node:path';
import { Router } from 'express';
import type { Request } from 'express';
import type { Component, Db, LimiterOptions, Log } from '../platform/index.js';
import { Bots } from './bots/bots.js';
import { Guests } from './bots/guests.js';
import type { ChatCallers } from './bots/guests.js';
import { botRoutes } from './bots/routes.js';
import type { ChatConfig } from './config.js';
import { Emotes } from './emotes/emotes.js';
import { emotePictureRoutes, emoteRoutes } from './emotes/routes.js';
import type { Messages } from './messages/messages.js';
import type { Poster } from './messages/poster.js';
import type { Audit } from './moderation/audit.js';
import type { Moderation } from './moderation/moderation.js';
import { Overlays } from './overlay/overlays.js';
import { overlayRoutes } from './overlay/routes.js';
import type { People } from './people/people.js';
import { getRoom } from './room/queries.js';
import { chatRoutes } from './routes.js';
import type { Replays } from './routes.js';
import type { RoomChannel } from './socket/connection.js';
import { Courier } from './webhooks/courier.js';
import { Outbox } from './webhooks/outbox.js';
import { webhookRoutes } from './webhooks/routes.js';
import { Sender } from './webhooks/sender.js';
import { Webhooks } from './webhooks/webhooks.js';

/** Channels, as far as these routes care. */
export interface ApiChannels {
  /** @throws for a channel that does not exist. */
  get(slug: string): Promise<RoomChannel>;
  /** For its owner or an admin. @throws for others */
  getManaged(slug: string, caller: { id: string; role: 'admin' | 'user' }): Promise<RoomChannel>;
}

export interface ApiCallers extends ChatCallers {
  caller(request: Request): Promise<{ id: string; role: 'admin' | 'user' }>;
}

export interface ChatApiOptions {
  db: Db;
  dataDir: string;
  config: ChatConfig['webhooks'];
  /** Counts under this name for all servers. */
  shared: (name: string) => LimiterOptions['shared'];
  /** A bot's or an overlay's token has ended. */
  onRevoked: (passId: string) => void;
  log: Log;
  now?: () => Date;
}

/** The rooms that programs reach, once they are there. */
export interface ChatCore {
  messages: Messages;
  moderation: Moderation;
  people: People;
  poster: Poster;
  audit: Audit;
}

/** What is around the rooms: emotes, bots, overlay addresses, webhooks. */
export class ChatApi implements Component {
  readonly #db: Db;
  readonly emotes: Emotes;
  readonly outbox: Outbox;
  readonly #bots: Bots;
  readonly #overlays: Overlays;
  readonly #webhooks: Webhooks;
  readonly #courier: Courier;

  constructor(options: ChatApiOptions) {
    const { db, dataDir, shared, log, config: { allowPrivate } } = options;
    const clock = options.now === undefined ? {} : { now: options.now };
    this.#db = db;
    this.emotes = new Emotes({ db, folder: path.resolve(dataDir, 'emotes'), shared });
    const onRevoked = (_channelId: string, passId: string): void => options.onRevoked(passId);
    this.#bots = new Bots({ db, onRevoked, ...clock });
    this.#overlays = new Overlays({ db, onRevoked });
    const sender = new Sender({ allowPrivate, ...clock });
    this.#webhooks = new Webhooks({ db, sender, allowPrivate, ...clock });
    this.#courier = new Courier({ db, sender, log, ...clock });
    this.outbox = new Outbox({ onAdded: () => this.#courier.wake(), ...clock });
  }

  async start(): Promise<void> {
    await this.emotes.start();
    await this.#courier.start();
  }

  async stop(): Promise<void> {
    await this.#courier.stop();
    await this.emotes.stop();
  }

  guests(core: Pick<ChatCore, 'people' | 'moderation'>, callers: ChatCallers): Guests {
    return new Guests({ bots: this.#bots, overlays: this.#overlays, callers, ...core });
  }

  /** Under `/api/v1`, and the pictures of emotes beside it. */
  routes(core: ChatCore, site: { guests: Guests; channels: ApiChannels; callers: ApiCallers; replays: Replays }): Router {
    const { guests, channels, callers, replays } = site;
    const getChannel = (slug: string): Promise<RoomChannel> => channels.get(slug);
    const managed = async (request: Request<{ slug: string }>): Promise<RoomChannel> => channels.getManaged(request.params.slug, await callers.caller(request));
    const { emotes } = this;
    const isMembersOnly = async (channelId: string): Promise<boolean> => (await getRoom(this.#db, channelId)).modes.isMembersOnly;
    const router = Router();
    router.use(emotePictureRoutes({ emotes }));
    router.use('/api/v1',
      chatRoutes({ guests, ...core, replays, getChannel, isMembersOnly }),
      emoteRoutes({
        emotes, getChannel, audit: core.audit,
        moderator: async (channel, request) => (await guests.account(channel, request)).user,
        onChanged: (channel) => core.moderation.roomChanged(channel),
      }),
      botRoutes({ bots: this.#bots, managed }),
      overlayRoutes({ overlays: this.#overlays, managed }),
      webhookRoutes({ webhooks: this.#webhooks, managed }));
    return router;
  }
}
