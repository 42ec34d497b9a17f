/** What the server answers about a channel's chat, word for word. */

export interface Emote {
  id: string;
  code: string;
  url: string;
  isAnimated: boolean;
}

export interface ChannelPerson {
  id: string;
  username: string;
  role: 'moderator' | 'vip';
  since: string;
}

export type BotScope = 'read' | 'write' | 'moderate';

export interface Bot {
  id: string;
  name: string;
  scopes: BotScope[];
  createdAt: string;
  lastUsedAt: string | null;
}

export type WebhookEvent = 'message' | 'message-deleted' | 'moderation' | 'stream-started' | 'stream-ended';

export interface Webhook {
  id: string;
  url: string;
  events: WebhookEvent[];
  createdAt: string;
  failures: number;
  retryAt: string | null;
  disabled: { at: string; reason: string } | null;
  dropped: number;
}

export interface WebhookDelivery {
  id: string;
  event: string;
  state: 'waiting' | 'delivered' | 'failed';
  attempts: number;
  createdAt: string;
  doneAt: string | null;
  status: number | null;
  error: string | null;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Ask = <Reply>(method: Method, path: string, body?: unknown, signal?: AbortSignal) => Promise<Reply>;

/** What surrounds one channel's chat: emotes, people, bots, webhooks, the overlay. Every method throws a Problem when the server refuses. */
export class ChatSettingsApi {
  readonly #ask: Ask;
  readonly #act: (method: Method, path: string) => Promise<void>;
  readonly #path: string;

  /** @param options.act is for what is answered without words. */
  constructor(options: { slug: string; ask: Ask; act: (method: Method, path: string) => Promise<void> }) {
    this.#ask = options.ask;
    this.#act = options.act;
    this.#path = `/channels/${encodeURIComponent(options.slug)}`;
  }

  async emotes(signal?: AbortSignal): Promise<Emote[]> {
    return (await this.#ask<{ emotes: Emote[] }>('GET', `${this.#path}/emotes`, undefined, signal)).emotes;
  }

  async addEmote(code: string, picture: Blob): Promise<Emote> {
    return (await this.#ask<{ emote: Emote }>('PUT', `${this.#path}/emotes/${encodeURIComponent(code)}`, picture)).emote;
  }

  removeEmote(code: string): Promise<void> {
    return this.#act('DELETE', `${this.#path}/emotes/${encodeURIComponent(code)}`);
  }

  async people(signal?: AbortSignal): Promise<ChannelPerson[]> {
    return (await this.#ask<{ people: ChannelPerson[] }>('GET', `${this.#path}/people`, undefined, signal)).people;
  }

  async setRole(username: string, role: ChannelPerson['role']): Promise<ChannelPerson[]> {
    return (await this.#ask<{ people: ChannelPerson[] }>('PUT', `${this.#path}/people/${encodeURIComponent(username)}`, { role })).people;
  }

  async removeRole(username: string): Promise<ChannelPerson[]> {
    return (await this.#ask<{ people: ChannelPerson[] }>('DELETE', `${this.#path}/people/${encodeURIComponent(username)}`)).people;
  }

  async bots(signal?: AbortSignal): Promise<Bot[]> {
    return (await this.#ask<{ bots: Bot[] }>('GET', `${this.#path}/bots`, undefined, signal)).bots;
  }

  addBot(bot: { name: string; scopes: BotScope[] }): Promise<{ bot: Bot; token: string }> {
    return this.#ask('POST', `${this.#path}/bots`, bot);
  }

  async renewBotToken(id: string): Promise<string> {
    return (await this.#ask<{ token: string }>('POST', `${this.#path}/bots/${id}/token`)).token;
  }

  removeBot(id: string): Promise<void> {
    return this.#act('DELETE', `${this.#path}/bots/${id}`);
  }

  async webhooks(signal?: AbortSignal): Promise<Webhook[]> {
    return (await this.#ask<{ webhooks: Webhook[] }>('GET', `${this.#path}/webhooks`, undefined, signal)).webhooks;
  }

  addWebhook(hook: { url: string; events: WebhookEvent[] }): Promise<{ webhook: Webhook; secret: string }> {
    return this.#ask('POST', `${this.#path}/webhooks`, hook);
  }

  async enableWebhook(id: string): Promise<Webhook> {
    return (await this.#ask<{ webhook: Webhook }>('PATCH', `${this.#path}/webhooks/${id}`, { isEnabled: true })).webhook;
  }

  removeWebhook(id: string): Promise<void> {
    return this.#act('DELETE', `${this.#path}/webhooks/${id}`);
  }

  async deliveries(id: string, signal?: AbortSignal): Promise<WebhookDelivery[]> {
    return (await this.#ask<{ deliveries: WebhookDelivery[] }>('GET', `${this.#path}/webhooks/${id}/deliveries`, undefined, signal)).deliveries;
  }

  testWebhook(id: string): Promise<{ status: number | null; error: string | null }> {
    return this.#ask('POST', `${this.#path}/webhooks/${id}/test`);
  }

  /** When the overlay's address was made; null when there is none. */
  async overlayMadeAt(signal?: AbortSignal): Promise<string | null> {
    return (await this.#ask<{ madeAt: string | null }>('GET', `${this.#path}/overlay`, undefined, signal)).madeAt;
  }

  /** A new address, in place of the one before; relative to this site. */
  async renewOverlay(): Promise<string> {
    return (await this.#ask<{ path: string }>('POST', `${this.#path}/overlay`)).path;
  }

  removeOverlay(): Promise<void> {
    return this.#act('DELETE', `${this.#path}/overlay`);
  }
}
