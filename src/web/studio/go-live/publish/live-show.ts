import { Problem } from '../../../api/problem.js';
import { isFinal, pauseMs, setbackWords, TakenOver } from './setback.js';

/** One connection that publishes; it tells once that it was answered, once that it is connected, and at most once that it failed. */
export interface Session {
  /** Ends it and tells the server, whose broadcast ends with it; never fails. */
  close(): Promise<void>;
  /** Ends it without a word: the server keeps the broadcast open for the next connection. */
  drop(): void;
}

export interface SessionEvents {
  /** The server has made the publication. */
  answered: () => void;
  connected: () => void;
  /** It is dropped. */
  failed: (error: unknown) => void;
}

/** What a show needs from the server. */
export interface ShowServer {
  createKey(): Promise<{ id: string; key: string }>;
  revokeKey(id: string): Promise<void>;
  /** Seconds since the encoder that publishes to the channel now connected; undefined when none does. */
  publishedForSec(): Promise<number | undefined>;
  /** The key publishes: what an earlier visit left behind may go. */
  tidy(): Promise<void>;
}

export type ShowState =
  | { name: 'starting' }
  | { name: 'sending' }
  /** It tries again by itself. */
  | { name: 'reconnecting'; reason: string }
  /** Without a reason: as the streamer wished. */
  | { name: 'ended'; reason: string | undefined };

export interface ShowOptions<S extends Session> {
  server: ShowServer;
  openSession: (key: string, events: SessionEvents) => S;
  /** The pause before try number `setbacks`, ms. */
  pauseMs?: (setbacks: number, error: unknown) => number;
  nowMs?: () => number;
}

/** What the server said may be older than a connection that is younger than this. */
const FRESH_MS = 5_000;
/** The server tells ages in whole seconds. */
const CLEARLY_YOUNGER_SEC = 1;

/** A stream from this browser, from the key that is made for it to the key's end; a connection that breaks is replaced. */
export class LiveShow<S extends Session> {
  readonly #options: ShowOptions<S>;
  readonly #listeners = new Set<() => void>();
  #state: ShowState = { name: 'starting' };
  #key: { id: string; key: string } | undefined;
  #session: S | undefined;
  /** A publication that began later is not ours. */
  #ownUntilMs: number | undefined;
  #connectedAtMs: number | undefined;
  #setbacks = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ShowOptions<S>) {
    this.#options = options;
    void this.#start();
  }

  get state(): ShowState {
    return this.#state;
  }

  /** The connection of now; undefined while there is none. */
  get session(): S | undefined {
    return this.#session;
  }

  /** How long the connection of now has been up, ms. */
  get connectedMs(): number {
    return this.#state.name === 'sending' && this.#connectedAtMs !== undefined ? this.#nowMs() - this.#connectedAtMs : 0;
  }

  /** Calls back after each change of state; returns the way to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends it: the broadcast is over, and its key is no more. */
  async end(): Promise<void> {
    await this.#end(undefined);
  }

  /** Ends it while the page goes away: everything is on its way when this returns. */
  leave(): void {
    if (this.#isOver()) return;
    const session = this.#finish(undefined);
    void session?.close();
    void this.#revoke();
  }

  /** The server says that it receives nothing although this sends: browsers notice late that a connection is gone. */
  missed(): void {
    if (this.#state.name !== 'sending' || this.#session === undefined || this.connectedMs < FRESH_MS) return;
    this.#session.drop();
    this.#onFailed(this.#session, new Problem({ code: 'unreachable', status: 0, message: 'the server has closed the connection' }));
  }

  async #start(): Promise<void> {
    try {
      this.#key = await this.#options.server.createKey();
    } catch (error) {
      return await this.#end(setbackWords(error));
    }
    if (this.#isOver()) await this.#revoke();
    else this.#open(this.#key.key);
  }

  #open(key: string): void {
    this.#ownUntilMs = undefined;
    const session: S = this.#options.openSession(key, {
      answered: () => {
        this.#ownUntilMs = this.#nowMs();
      },
      connected: () => this.#onConnected(),
      failed: (error) => this.#onFailed(session, error),
    });
    this.#session = session;
  }

  #onConnected(): void {
    if (this.#isOver()) return;
    this.#connectedAtMs = this.#nowMs();
    this.#setbacks = 0;
    this.#moveTo({ name: 'sending' });
    void this.#options.server.tidy().catch(() => undefined);
  }

  #onFailed(session: S, error: unknown): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#ownUntilMs ??= this.#nowMs(); // its answer may have been lost
    // Who has never been on air is better told at once than kept waiting.
    if (isFinal(error) || this.#connectedAtMs === undefined) return void this.#end(setbackWords(error));
    this.#setbacks++;
    this.#moveTo({ name: 'reconnecting', reason: setbackWords(error) });
    this.#timer = setTimeout(() => void this.#tryAgain(), (this.#options.pauseMs ?? pauseMs)(this.#setbacks, error));
  }

  /** Two encoders that take the channel from each other for ever help nobody: the younger one keeps it. */
  async #tryAgain(): Promise<void> {
    const notOursForSec = (this.#nowMs() - (this.#ownUntilMs ?? 0)) / 1000;
    const otherSec = await this.#options.server.publishedForSec().catch(() => undefined);
    if (this.#isOver() || this.#key === undefined) return;
    if (otherSec !== undefined && otherSec + CLEARLY_YOUNGER_SEC < notOursForSec) return void this.#end(setbackWords(new TakenOver()));
    this.#open(this.#key.key);
  }

  async #end(reason: string | undefined): Promise<void> {
    if (this.#isOver()) return;
    const session = this.#finish(reason);
    await session?.close();
    await this.#revoke();
  }

  /** Returns the connection that is left to close. */
  #finish(reason: string | undefined): S | undefined {
    clearTimeout(this.#timer);
    const session = this.#session;
    this.#session = undefined;
    this.#moveTo({ name: 'ended', reason });
    return session;
  }

  /** A key that cannot be revoked now is remembered by `server`, and revoked before the next show. */
  async #revoke(): Promise<void> {
    const key = this.#key;
    this.#key = undefined;
    if (key !== undefined) await this.#options.server.revokeKey(key.id).catch(() => undefined);
  }

  #isOver(): boolean {
    return this.#state.name === 'ended';
  }

  #nowMs(): number {
    return (this.#options.nowMs ?? (() => performance.now()))();
  }

  #moveTo(state: ShowState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
