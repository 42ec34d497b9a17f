import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import { z } from 'zod';
import { addressKey, clientAddress, Limiter, messageOf } from '../../platform/index.js';
import type { LimiterOptions, Log, RedisConnection } from '../../platform/index.js';
import type { ChatConfig } from '../config.js';
import { TooManySockets } from '../errors.js';
import type { ClientEvents, ServerEvents } from '../events.js';
import type { Origins } from '../people/origin.js';
import { Connection } from './connection.js';
import type { ChatNamespace, ChatSocket, FleetEvents, Pass, SignedIn } from './connection.js';
import { withPermits } from './permits.js';
import { joinThroughRedis } from './redis-adapter.js';
import { answerRequests, failureOf } from './requests.js';
import type { Handlers } from './requests.js';

export interface ChatServerOptions {
  limits: ChatConfig['limits'];
  trustProxy: number;
  redis: RedisConnection | undefined;
  shared: (name: string) => LimiterOptions['shared'];
  log: Log;
}

/** What a connection is answered by, and who is told of it. */
export interface ChatFrontDesk {
  handlers: Handlers;
  origins: Origins;
  bearer: (accessToken: string) => Promise<{ caller: { id: string; username: string; role: 'admin' | 'user' }; expiresAt: Date }>;
  /** What a bot or an overlay shows. @throws for a token that is not good. */
  pass: (shown: { token: string | undefined; overlay: string | undefined }) => Promise<Pass>;
  onGone: (connection: Connection) => void;
}

/** A message of 500 characters of four bytes, its fields and some air. */
const MAX_PAYLOAD_BYTES = 16_384;
const PING_INTERVAL_MS = 25_000;
const PING_TIMEOUT_MS = 20_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** What a client may say when it connects. */
const handshake = z.object({
  token: z.string().max(4_000).optional().catch(undefined),
  device: z.string().max(100).optional().catch(undefined),
  overlay: z.string().max(100).optional().catch(undefined),
});

/** Socket.IO's side of the chat: connections, their bounds, their identity. */
export class ChatServer {
  readonly #options: ChatServerOptions;
  readonly #io: Server<ClientEvents, ServerEvents, FleetEvents, Pass>;
  readonly namespace: ChatNamespace;
  readonly #connects: Limiter;
  /** Open connections by address. */
  readonly #open = new Map<string, number>();
  readonly #messages = new Map<string, number>();
  readonly #refusals = new Map<string, number>();

  constructor(options: ChatServerOptions) {
    this.#options = options;
    this.#connects = new Limiter({ attempts: options.limits.connectionsPerMin, windowSec: 60, shared: options.shared('chat-connect') });
    this.#io = new Server({
      serveClient: false,
      maxHttpBufferSize: MAX_PAYLOAD_BYTES,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_TIMEOUT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // Messages are short: compressing each of them for each reader costs more than it saves.
      perMessageDeflate: false,
    });
    this.namespace = this.#io.of('/chat');
  }

  /** Connections, of readers too. */
  get size(): number {
    return this.namespace.sockets.size;
  }

  /** What became of the messages since the start: `ok`, or the code of the refusal. */
  get messages(): ReadonlyMap<string, number> {
    return this.#messages;
  }

  /** How often a request was refused since the start, by code. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#refusals;
  }

  /** Takes connections of this HTTP server from now on. */
  attach(server: HttpServer): void {
    this.#io.attach(server);
  }

  open(desk: ChatFrontDesk): void {
    const { redis } = this.#options;
    if (redis !== undefined) this.#io.adapter(joinThroughRedis(redis));
    // Socket.IO's own namespace: nobody is served there.
    this.#io.use((_socket, next) => next(new Error('the chat is at /chat')));
    this.namespace.use((socket, next) => {
      void this.#admit(socket, desk).then(() => next(), (error: unknown) => next(refusalOf(error, this.#options.log)));
    });
    const permitted = { ...desk, handlers: withPermits(desk.handlers) };
    this.namespace.on('connection', (socket) => void this.#welcome(socket, permitted));
  }

  /** Ends all connections. The HTTP server stays its owner's. */
  async close(): Promise<void> {
    // Those of this server: the others go on.
    this.namespace.local.disconnectSockets(true);
    this.#io.engine?.close();
    await Promise.all([...this.#io._nsps.values()].map(({ adapter }) => adapter.close()));
  }

  /** @throws {RateLimited} {TooManySockets}, and like `desk.pass` */
  async #admit(socket: ChatSocket, desk: ChatFrontDesk): Promise<void> {
    const address = this.#addressOf(socket);
    const { socketsPerAddress } = this.#options.limits;
    if ((this.#open.get(address) ?? 0) >= socketsPerAddress) throw new TooManySockets(socketsPerAddress);
    await this.#connects.take(address);
    const { token, overlay } = handshake.parse(socket.handshake.auth);
    socket.data = await desk.pass({ token, overlay });
  }

  async #welcome(socket: ChatSocket, desk: ChatFrontDesk): Promise<void> {
    const address = this.#addressOf(socket);
    this.#count(address, 1);
    socket.on('disconnect', () => this.#count(address, -1));
    const { token, device: told } = handshake.parse(socket.handshake.auth);
    const device = desk.origins.deviceToken(told);
    const connection = new Connection({ socket, address, origin: desk.origins.of(device, address), eventsPer10Sec: this.#options.limits.eventsPer10Sec });
    // Before the token is looked up: what the client asks meanwhile waits for nothing and gets its answer.
    const { bot, overlay } = socket.data;
    const signingIn = bot === undefined && overlay === undefined ? this.#signIn(desk, token) : Promise.resolve(bot);
    answerRequests(connection, waitingFor(signingIn, desk.handlers), { log: this.#options.log, onAnswered: (name, code) => this.#tally(name, code) });
    socket.on('disconnect', () => desk.onGone(connection));
    const user = await signingIn;
    connection.become(user);
    const passId = (bot ?? overlay)?.id;
    if (passId !== undefined) await socket.join(passOf(passId));
    socket.emit('hello', { device, ...(user === undefined ? {} : { user: { id: user.id, username: user.username } }) });
  }

  /** Cuts off what is connected with a pass that has ended, on all servers. */
  revoke(passId: string): void {
    this.namespace.in(passOf(passId)).disconnectSockets(true);
  }

  /** A token that is no longer good makes a reader: the page sends a new one. */
  async #signIn(desk: ChatFrontDesk, token: string | undefined): Promise<SignedIn | undefined> {
    if (token === undefined) return undefined;
    return desk.bearer(token).then(({ caller, expiresAt }) => ({ ...caller, expiresAt }), (error: unknown) => {
      this.#options.log.debug('a chat connection has no good token', { error: messageOf(error) });
      return undefined;
    });
  }

  #tally(name: string, code: string): void {
    if (code !== 'ok') add(this.#refusals, code);
    if (name === 'chat-message') add(this.#messages, code);
  }

  #count(address: string, by: 1 | -1): void {
    const open = (this.#open.get(address) ?? 0) + by;
    if (open <= 0) this.#open.delete(address);
    else this.#open.set(address, open);
  }

  #addressOf(socket: ChatSocket): string {
    return addressKey(clientAddress(socket.request, this.#options.trustProxy));
  }
}

const passOf = (id: string): string => `pass:${id}`;
function add(tally: Map<string, number>, key: string): void {
  tally.set(key, (tally.get(key) ?? 0) + 1);
}

/** Requests that come while a token is looked up are answered as the one who holds it. */
function waitingFor(signingIn: Promise<unknown>, handlers: Handlers): Handlers {
  return new Map([...handlers].map(([name, handler]) => [name, async (connection, payload) => {
    await signingIn;
    return handler(connection, payload);
  }]));
}

/** Socket.IO sends `message` and `data` of an error to the client. */
function refusalOf(error: unknown, log: Log): Error {
  const failure = failureOf(error, log);
  return Object.assign(new Error(failure.message), { data: failure });
}
