import { randomUUID } from 'node:crypto';
import type { Db } from '../../platform/index.js';
import { TooMany, WebhookUnknown } from '../errors.js';
import { makeToken } from '../secret-token.js';
import { bodyOf } from './outbox.js';
import { deleteWebhook, findTarget, insertWebhook, listDeliveries, listWebhooks, updateWebhook } from './queries.js';
import type { DeliveryReport, Webhook, WebhookEvent } from './queries.js';
import type { Outcome, Sender } from './sender.js';
import { checkTargetUrl } from './target-url.js';

export interface WebhooksOptions {
  db: Db;
  sender: Pick<Sender, 'send'>;
  allowPrivate: boolean;
  now?: () => Date;
}

const MAX_WEBHOOKS = 10;
const SHOWN_DELIVERIES = 20;

/** The webhooks of channels, as their owners manage them. */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #db: Db;
  readonly #now: () => Date;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#now = options.now ?? (() => new Date());
  }

  async list(channelId: string): Promise<Webhook[]> {
    return listWebhooks(this.#db, channelId);
  }

  /** The secret signs what is sent; nobody is shown it again. @throws {TooMany} {WebhookAddressRefused} */
  async create(channelId: string, wish: { url: string; events: WebhookEvent[] }): Promise<{ webhook: Webhook; secret: string }> {
    const { href: url } = checkTargetUrl(wish.url, this.#options);
    if ((await listWebhooks(this.#db, channelId)).length >= MAX_WEBHOOKS) throw new TooMany('webhooks of a channel', MAX_WEBHOOKS);
    const id = randomUUID();
    const { token: secret } = makeToken('whsec_');
    await insertWebhook(this.#db, { id, channelId, url, events: wish.events, secret, at: this.#now() });
    return { webhook: await this.#get(channelId, id), secret };
  }

  /** Changes what is given. @throws {WebhookUnknown} {WebhookAddressRefused} */
  async update(channelId: string, id: string, changes: { url?: string | undefined; events?: WebhookEvent[] | undefined; isEnabled?: true | undefined }): Promise<Webhook> {
    const { url } = changes;
    const checked = url === undefined ? changes : { ...changes, url: checkTargetUrl(url, this.#options).href };
    if (!(await updateWebhook(this.#db, { id, channelId }, checked))) throw new WebhookUnknown();
    return this.#get(channelId, id);
  }

  /** @throws {WebhookUnknown} */
  async remove(channelId: string, id: string): Promise<void> {
    if (!(await deleteWebhook(this.#db, { id, channelId }))) throw new WebhookUnknown();
  }

  /** The newest first. @throws {WebhookUnknown} */
  async deliveries(channelId: string, id: string): Promise<DeliveryReport[]> {
    await this.#get(channelId, id);
    return listDeliveries(this.#db, id, SHOWN_DELIVERIES);
  }

  /** Sends one at once, whatever became of others, and says what came back. @throws {WebhookUnknown} */
  async test(channel: { id: string; slug: string }, id: string): Promise<Outcome> {
    const target = await findTarget(this.#db, { id, channelId: channel.id });
    if (target === undefined) throw new WebhookUnknown();
    const parcel = { id: randomUUID(), event: 'test' };
    return this.#options.sender.send({ ...target, ...parcel, body: bodyOf({ ...parcel, channel: channel.slug, at: this.#now(), data: {} }) });
  }

  async #get(channelId: string, id: string): Promise<Webhook> {
    const found = (await listWebhooks(this.#db, channelId)).find((webhook) => webhook.id === id);
    if (found === undefined) throw new WebhookUnknown();
    return found;
  }
}
