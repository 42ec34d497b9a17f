import { Problem } from '../set-up/step.mjs';

/** The part of the server's public API that the demo uses. */
export class Api {
  #base;
  #accessToken;

  constructor(base) {
    this.#base = base;
  }

  /** Whether a server answers at all, healthy or not. */
  async answers() {
    return fetch(`${this.#base}/health`, { signal: AbortSignal.timeout(2_000) }).then(() => true, () => false);
  }

  async isReady() {
    return fetch(`${this.#base}/health`, { signal: AbortSignal.timeout(2_000) }).then((response) => response.ok, () => false);
  }

  hasAccounts() {
    return this.#call('GET', '/api/v1/server').then((server) => server.hasAccounts);
  }

  async register(account) {
    this.#accessToken = (await this.#call('POST', '/api/v1/auth/register', account)).accessToken;
  }

  async login({ username, password }) {
    this.#accessToken = (await this.#call('POST', '/api/v1/auth/login', { login: username, password })).accessToken;
  }

  /** Answers { id, key }. */
  addStreamKey(slug, label) {
    return this.#call('POST', `/api/v1/channels/${slug}/stream-keys`, { label });
  }

  async hasStreamKey(slug, id) {
    const { streamKeys } = await this.#call('GET', `/api/v1/channels/${slug}/stream-keys`);
    return streamKeys.some((key) => key.id === id);
  }

  setTitle(slug, title) {
    return this.#call('PATCH', `/api/v1/channels/${slug}`, { title });
  }

  async isLive(slug) {
    const { broadcasts } = await this.#call('GET', '/api/v1/live');
    return broadcasts.some((broadcast) => broadcast.channel.slug === slug);
  }

  async #call(method, path, body) {
    const headers = { 'content-type': 'application/json', ...(this.#accessToken && { authorization: `Bearer ${this.#accessToken}` }) };
    const response = await fetch(this.#base + path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(15_000) });
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    const refusal = new Problem(`the server refused ${method} ${path} (${response.status}): ${answer.detail ?? answer.title ?? 'no reason given'}`);
    throw Object.assign(refusal, { status: response.status, code: answer.code });
  }
}
