import type { Request } from 'express';
import { BotNotHere, BotScopeMissing } from '../errors.js';
import type { Moderation, Moderator } from '../moderation/moderation.js';
import type { Overlays } from '../overlay/overlays.js';
import type { People } from '../people/people.js';
import type { Standing } from '../people/standing.js';
import type { Pass, RoomChannel } from '../socket/connection.js';
import type { Bots } from './bots.js';
import type { BotScope } from './queries.js';

/** Who makes a request; both throw when a token is sent and is not good. */
export interface ChatCallers {
  caller(request: Request): Promise<{ id: string }>;
  /** Undefined for a visitor. */
  findCaller(request: Request): Promise<{ id: string } | undefined>;
}

export interface GuestsOptions {
  bots: Bots;
  overlays: Overlays;
  people: People;
  moderation: Moderation;
  callers: ChatCallers;
}

/** A bot's token ends when it is deleted or made anew. */
const NEVER = new Date(8.64e15);

/** Who comes without a page: bots and overlays by socket, bots and accounts by REST. */
export class Guests {
  readonly #options: GuestsOptions;

  constructor(options: GuestsOptions) {
    this.#options = options;
  }

  /** What a connection shows at the door. @throws {BotTokenRejected} {OverlayTokenRejected} */
  async pass({ token, overlay }: { token: string | undefined; overlay: string | undefined }): Promise<Pass> {
    const { bots, overlays } = this.#options;
    if (overlay !== undefined) return { overlay: await overlays.resolve(overlay) };
    if (token === undefined || !bots.owns(token)) return {};
    const { id, name, scopes } = await bots.resolve(token);
    return { bot: { id, username: name, role: 'user', expiresAt: NEVER, bot: { scopes } } };
  }

  /** Who reads, if it has a token. @throws when it is not good, {BotNotHere} {BotScopeMissing} */
  async reader(channel: { id: string }, request: Request): Promise<Standing | undefined> {
    const bot = await this.bot(channel, request, 'read');
    if (bot !== undefined) return bot;
    const caller = await this.#options.callers.findCaller(request);
    return caller && this.#options.people.standing(channel.id, caller.id);
  }

  /** Who moderates, bot or not. @throws when it does not: {RoleRequired} {BotNotHere} {BotScopeMissing} */
  async moderator(channel: RoomChannel, request: Request): Promise<Moderator> {
    const bot = await this.bot(channel, request, 'moderate');
    return bot ?? this.account(channel, request);
  }

  /** Somebody with an account who moderates. @throws {RoleRequired} */
  async account(channel: RoomChannel, request: Request): Promise<Moderator> {
    const { callers, moderation } = this.#options;
    return moderation.moderator(channel, (await callers.caller(request)).id);
  }

  /** The bot that asks; undefined when the token is none of a bot. @throws {BotTokenRejected} {BotNotHere} {BotScopeMissing} */
  async bot(channel: { id: string }, request: Request, scope: BotScope): Promise<Standing | undefined> {
    const { bots, people } = this.#options;
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined || !bots.owns(token)) return undefined;
    const bot = await bots.resolve(token);
    const standing = bot.channelId === channel.id ? await people.standing(channel.id, bot.id) : undefined;
    if (standing === undefined) throw new BotNotHere();
    if (!bot.scopes.includes(scope)) throw new BotScopeMissing(scope);
    return standing;
  }
}
