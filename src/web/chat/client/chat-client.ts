import type { Socket } from 'socket.io-client';
import type { Answer, ClientEvents, Failure, ServerEvents, Wish } from '../../api/chat-contract.js';
import type { Remembered, Session } from '../../api/session.js';
import { ChatRoom } from './chat-room.js';

export interface ChatClientOptions {
  /** Of the server; empty: the page's own. */
  origin: string;
  session: Session;
  remembered: Remembered;
  /** What an overlay shows to be let in, in place of an account. */
  overlay?: string | undefined;
}

const DEVICE = 'tidemark.chat-device';
const ANSWER_MS = 10_000;
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 10_000;
/** After the server closed the connection, or refused it without saying how long. */
const REFUSED_RETRY_MS = 3_000;
/** A page that is left for another one of the same channel keeps its room. */
const LINGER_MS = 2_000;

/** The page's one connection to the chat, made when the first room is entered, and the rooms that it is in. */
export class ChatClient {
  readonly #options: ChatClientOptions;
  readonly #rooms = new Map<string, { room: ChatRoom; users: number }>();
  /** Each gives its listener to a socket. */
  readonly #subscriptions = new Set<(socket: Socket) => void>();
  #opening: Promise<Socket> | undefined;
  #socket: Socket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** The token that the server knows of. */
  #toldToken: string | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: ChatClientOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#socket?.connected === true;
  }

  /** The room of a channel, entered or about to be. Each call is undone by one of `leave`. */
  enter(slug: string): ChatRoom {
    const known = this.#rooms.get(slug);
    if (known !== undefined) {
      known.users++;
      return known.room;
    }
    const room = new ChatRoom({ slug, line: this, now: () => Date.now() });
    this.#rooms.set(slug, { room, users: 1 });
    void this.#open().then(() => {
      if (this.isConnected) void room.enter();
    });
    return room;
  }

  leave(slug: string): void {
    const entry = this.#rooms.get(slug);
    if (entry === undefined) return;
    entry.users--;
    setTimeout(() => {
      if (entry.users > 0 || this.#rooms.get(slug) !== entry) return;
      this.#rooms.delete(slug);
      entry.room.close();
      if (this.#rooms.size === 0) this.close();
      else void this.ask('leave-room', { channel: slug });
    }, LINGER_MS);
  }

  /** Asks the server. A token that has run out is renewed once; without a connection or an answer the failure is `unreachable`. */
  async ask<E extends keyof ClientEvents>(name: E, wish: Wish<E>): Promise<Answer<E> | Failure> {
    const reply = await this.#askOnce(name, wish);
    if (reply.ok || reply.code !== 'chat_token_expired') return reply;
    const isRenewed = await this.#options.session.renew().catch(() => false);
    if (!isRenewed) return reply;
    await this.#authenticate();
    return this.#askOnce(name, wish);
  }

  /** Calls back with each event of a kind, of all rooms; returns the way to stop. */
  on<E extends keyof ServerEvents>(name: E, listener: ServerEvents[E]): () => void {
    const subscribe = (socket: Socket): void => void socket.on<string>(name, listener);
    this.#subscriptions.add(subscribe);
    if (this.#socket !== undefined) subscribe(this.#socket);
    return () => {
      this.#subscriptions.delete(subscribe);
      this.#socket?.off<string>(name, listener);
    };
  }

  /** Ends the connection. */
  close(): void {
    clearTimeout(this.#retry);
    const opening = this.#opening;
    this.#opening = undefined;
    void opening?.then((socket) => {
      socket.disconnect();
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#unsubscribe?.();
    });
  }

  #open(): Promise<Socket> {
    this.#opening ??= this.#connect();
    return this.#opening;
  }

  async #connect(): Promise<Socket> {
    // Pages without a chat never load it.
    const { io } = await import('socket.io-client');
    await this.#sessionKnown();
    const { origin, overlay, session, remembered } = this.#options;
    const socket: Socket = io(`${origin}/chat`, {
      // Polling only where a proxy lets no WebSocket through.
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: RETRY_MS,
      reconnectionDelayMax: MAX_RETRY_MS,
      auth: (give) => {
        this.#toldToken = session.accessToken;
        const device = remembered.getItem(DEVICE);
        give({ ...(overlay === undefined ? {} : { overlay }), ...(this.#toldToken === undefined ? {} : { token: this.#toldToken }), ...(device === null ? {} : { device }) });
      },
    });
    this.#socket = socket;
    this.#listen(socket);
    this.#unsubscribe = session.subscribe(() => void this.#authenticate());
    return socket;
  }

  #listen(socket: Socket): void {
    for (const subscribe of this.#subscriptions) subscribe(socket);
    socket.on('connect', () => {
      for (const { room } of this.#rooms.values()) void room.enter();
    });
    socket.on('hello', (event: Parameters<ServerEvents['hello']>[0]) => void this.#greeted(event));
    socket.on('disconnect', (reason) => {
      for (const { room } of this.#rooms.values()) room.lost();
      // Socket.IO comes back by itself from everything but this.
      if (reason === 'io server disconnect') this.#connectAfter(socket, REFUSED_RETRY_MS * (0.5 + Math.random()));
    });
    socket.on('connect_error', (error) => {
      const refusal = failureOf(error);
      if (refusal === undefined) return;
      for (const { room } of this.#rooms.values()) room.lost(refusal);
      this.#connectAfter(socket, (refusal.retryAfterSec ?? REFUSED_RETRY_MS / 1_000) * 1_000);
    });
  }

  #connectAfter(socket: Socket, ms: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => socket.connect(), ms);
  }

  /** Keeps the device's token; a connection whose access token was too old becomes somebody's again. */
  async #greeted({ device, user }: Parameters<ServerEvents['hello']>[0]): Promise<void> {
    const { session, remembered } = this.#options;
    remembered.setItem(DEVICE, device);
    if (user === undefined && session.state.name === 'signed-in') await session.renew().catch(() => false);
  }

  /** Tells the server who uses the page now. */
  async #authenticate(): Promise<void> {
    const token = this.#options.session.accessToken;
    if (!this.isConnected || token === this.#toldToken) return;
    this.#toldToken = token;
    const reply = await this.#askOnce('authenticate', { token: token ?? null });
    if (!reply.ok) return;
    // A room for members lets in who has just signed in.
    for (const { room } of this.#rooms.values()) if (room.view.phase === 'refused') void room.enter();
  }

  async #askOnce<E extends keyof ClientEvents>(name: E, wish: Wish<E>): Promise<Answer<E> | Failure> {
    const socket = this.#socket;
    // Socket.IO would keep it and send it later: rooms know better what still counts then.
    if (socket?.connected !== true) return UNREACHABLE;
    try {
      const reply: Answer<E> = await socket.timeout(ANSWER_MS).emitWithAck(name, wish);
      return reply;
    } catch {
      return UNREACHABLE;
    }
  }

  /** On load the page asks once whether somebody is signed in; a connection before that would be a reader's. */
  #sessionKnown(): Promise<void> {
    const { session } = this.#options;
    if (session.state.name !== 'unknown') return Promise.resolve();
    return new Promise((resolve) => {
      const stop = session.subscribe(() => {
        if (session.state.name === 'unknown') return;
        stop();
        resolve();
      });
    });
  }
}

const UNREACHABLE: Failure = { ok: false, code: 'unreachable', message: 'the chat does not answer' };

/** What the server said of a connection that it does not take; undefined when nobody answered. */
function failureOf(error: Error): Failure | undefined {
  if (!('data' in error)) return undefined;
  const { data } = error;
  if (typeof data !== 'object' || data === null || !('code' in data) || typeof data.code !== 'string') return undefined;
  const retryAfterSec = 'retryAfterSec' in data && typeof data.retryAfterSec === 'number' ? data.retryAfterSec : undefined;
  return { ok: false, code: data.code, message: error.message, ...(retryAfterSec === undefined ? {} : { retryAfterSec }) };
}
