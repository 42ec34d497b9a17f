import { randomUUID } from 'node:crypto';
import type { Db } from '../../platform/index.js';
import { BotNameTaken, BotTokenRejected, BotUnknown, TooMany } from '../errors.js';
import { hashToken, isSameHash, isToken, makeToken } from '../secret-token.js';
import { deleteBot, findBotByHash, insertBot, isAccountName, listBots, touchBot, updateBotToken } from './queries.js';
import type { Bot, BotRow, BotScope } from './queries.js';

const PREFIX = 'tmb_';
const MAX_BOTS = 20;
const TOUCH_MS = 60_000;

export interface BotsOptions {
  db: Db;
  /** A token is no longer good: what is connected with it is cut off. */
  onRevoked: (channelId: string, botId: string) => void;
  now?: () => Date;
}

/** The bots of channels: made, their tokens shown once and checked, deleted. */
export class Bots {
  readonly #options: BotsOptions;
  readonly #db: Db;
  readonly #now: () => Date;

  constructor(options: BotsOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#now = options.now ?? (() => new Date());
  }

  async list(channelId: string): Promise<Bot[]> {
    return listBots(this.#db, channelId);
  }

  /** Nobody can read the token again later. @throws {TooMany} {BotNameTaken} */
  async create(channelId: string, wish: { name: string; scopes: BotScope[] }): Promise<{ bot: Bot; token: string }> {
    if ((await listBots(this.#db, channelId)).length >= MAX_BOTS) throw new TooMany('bots of a channel', MAX_BOTS);
    // Nobody is to be taken for somebody else.
    if (await isAccountName(this.#db, wish.name)) throw new BotNameTaken(wish.name);
    const { token, hash } = makeToken(PREFIX);
    const bot = { id: randomUUID(), name: wish.name, scopes: [...new Set(wish.scopes)], createdAt: this.#now() };
    if (!(await insertBot(this.#db, { ...bot, channelId, tokenHash: hash }))) throw new BotNameTaken(wish.name);
    return { bot: { ...bot, lastUsedAt: null }, token };
  }

  /** A new token; the old one ends. @throws {BotUnknown} */
  async rotate(channelId: string, id: string): Promise<string> {
    const { token, hash } = makeToken(PREFIX);
    if (!(await updateBotToken(this.#db, { id, channelId, tokenHash: hash }))) throw new BotUnknown();
    this.#options.onRevoked(channelId, id);
    return token;
  }

  /** @throws {BotUnknown} */
  async remove(channelId: string, id: string): Promise<void> {
    if (!(await deleteBot(this.#db, { id, channelId }))) throw new BotUnknown();
    this.#options.onRevoked(channelId, id);
  }

  /** Whether a token is one of a bot, good or not. */
  owns(token: string): boolean {
    return token.startsWith(PREFIX);
  }

  /** The bot that a token is of. @throws {BotTokenRejected} */
  async resolve(token: string): Promise<BotRow> {
    if (!isToken(PREFIX, token)) throw new BotTokenRejected();
    const hash = hashToken(token);
    const bot = await findBotByHash(this.#db, hash);
    if (!isSameHash(hash, bot?.tokenHash ?? hashToken('')) || bot === undefined) throw new BotTokenRejected();
    await this.#touch(bot);
    return bot;
  }

  /** Once a minute at most: a busy bot must not become a loop of writes. */
  async #touch({ id, lastUsedAt }: BotRow): Promise<void> {
    const now = this.#now();
    if (lastUsedAt === null || now.getTime() - lastUsedAt.getTime() >= TOUCH_MS) await touchBot(this.#db, id, now);
  }
}
