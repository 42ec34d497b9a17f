import type { SessionReply, User } from './contract.js';
import { Problem, readProblem } from './problem.js';

export type SessionState =
  /** Not asked yet whether the cookie still opens a session. */
  | { name: 'unknown' }
  | { name: 'signed-out' }
  | { name: 'signed-in'; user: User };

/** The part of `localStorage` that a session needs. */
export interface Remembered {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const HINT = 'tidemark.signed-in';

/**
 * Who uses this page. The access token lives in memory only; the refresh token is a cookie that no script can read.
 * A hint without any secret in `remembered` tells whether asking for a refresh on load is worth a request.
 */
export class Session {
  readonly #origin: string;
  readonly #remembered: Remembered;
  readonly #listeners = new Set<() => void>();
  #state: SessionState = { name: 'unknown' };
  #accessToken: string | undefined;
  #renewal: Promise<boolean> | undefined;

  constructor(options: { origin: string; remembered: Remembered }) {
    this.#origin = options.origin;
    this.#remembered = options.remembered;
  }

  get state(): SessionState {
    return this.#state;
  }

  get accessToken(): string | undefined {
    return this.#accessToken;
  }

  /** Calls back after each change of state; returns the way to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** On load: opens the session that the cookie stands for. Viewers who never signed in cost no request. */
  async restore(): Promise<void> {
    if (this.#state.name !== 'unknown') return;
    if (this.#remembered.getItem(HINT) === null) this.#moveTo({ name: 'signed-out' });
    else await this.renew();
  }

  async register(account: { username: string; email: string; password: string }): Promise<void> {
    this.#open(await this.#ask('register', account));
  }

  async signIn(credentials: { login: string; password: string }): Promise<void> {
    this.#open(await this.#ask('login', credentials));
  }

  /** Gets a new access token by the cookie; false when the session is over. Calls at the same time share one request. */
  renew(): Promise<boolean> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async signOut(): Promise<void> {
    await send(`${this.#origin}/api/v1/auth/logout`, { method: 'POST' }).catch(() => undefined);
    this.#close();
  }

  async #renewOnce(): Promise<boolean> {
    try {
      this.#open(await this.#ask('refresh'));
      return true;
    } catch (error) {
      // Only a refusal ends the session: a server that restarts must not sign anybody out.
      if (error instanceof Problem && (error.status === 0 || error.status >= 500)) throw error;
      this.#close();
      return false;
    }
  }

  async #ask(what: 'register' | 'login' | 'refresh', body?: unknown): Promise<SessionReply> {
    const response = await send(`${this.#origin}/api/v1/auth/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body ?? {}),
    });
    if (!response.ok) throw await readProblem(response);
    return parsed(response);
  }

  #open(reply: SessionReply): void {
    this.#accessToken = reply.accessToken;
    this.#remembered.setItem(HINT, reply.user.username);
    this.#moveTo({ name: 'signed-in', user: reply.user });
  }

  #close(): void {
    this.#accessToken = undefined;
    this.#remembered.removeItem(HINT);
    this.#moveTo({ name: 'signed-out' });
  }

  #moveTo(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** `fetch` whose failure is a Problem with status 0; an abort stays an abort. */
export async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Problem({ code: 'unreachable', status: 0, message: 'no reply' });
  }
}

/** The body of a good reply, in the shape that the contract names. */
export async function parsed<Reply>(response: Response): Promise<Reply> {
  const reply: Reply = JSON.parse(await response.text());
  return reply;
}
