import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Component } from '../component.js';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';

/** The address or port cannot be listened on; the message names the setting. */
export class ListenFailed extends AppError {
  constructor(options: { host: string; port: number; cause: NodeJS.ErrnoException }) {
    const { host, port, cause } = options;
    super('listen_failed', listenAdvice(cause.code ?? cause.message, host, port), { expose: false, cause });
  }
}

export interface HttpServerOptions {
  handler: RequestListener;
  bindAddress: string;
  /** 0 takes any free port. */
  port: number;
  log: Log;
  /** Time for one request to arrive whole, ms. */
  requestTimeoutMs?: number;
  /** Requests with a body that may take longer until they are answered, as long as something of them arrives in every such time. */
  isLong?: (request: IncomingMessage) => boolean;
  /** Time for answers under way when the server stops, ms. */
  stopGraceMs?: number;
}

/** One connection costs about 10 KiB here; more than this is an attack or a job for several machines. */
const MAX_CONNECTIONS = 10_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than a proxy keeps its idle connections (nginx 60 s), so that it never sends into a closing one. */
const KEEP_ALIVE_MS = 72_000;
const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);
const DROP_REPORT_MS = 60_000;

/** A listening HTTP server with bounds on time and connections. */
export class HttpServer implements Component {
  readonly #server: Server;
  readonly #host: string;
  readonly #wantedPort: number;
  readonly #graceMs: number;
  readonly #log: Log;
  readonly #requestTimeoutMs: number;
  readonly #isLong: (request: IncomingMessage) => boolean;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #dropped = 0;
  #nextDropReportAt = 0;

  constructor(options: HttpServerOptions) {
    this.#host = options.bindAddress;
    this.#wantedPort = options.port;
    this.#graceMs = options.stopGraceMs ?? 5_000;
    this.#log = options.log;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
    this.#isLong = options.isLong ?? (() => false);
    this.#server = createServer({
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, this.#requestTimeoutMs),
      requestTimeout: 0, // one time for all requests would cut every long upload: #bound does it
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
    }, (request, response) => {
      this.#bound(request, response);
      options.handler(request, response);
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('drop', () => this.#countDrop());
  }

  /** The port that it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#wantedPort;
  }

  /** Lets somebody else answer upgrades and paths of its own, before the handler sees them. */
  share(take: (server: Server) => void): void {
    take(this.#server);
  }

  /** @throws {ListenFailed} */
  start(): Promise<void> {
    this.#starting ??= this.#listen();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#close();
    return this.#stopping;
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) => {
        reject(new ListenFailed({ host: this.#host, port: this.#wantedPort, cause }));
      });
      this.#server.listen(this.#wantedPort, this.#host, resolve);
    });
    this.#server.removeAllListeners('error').on('error', (error) => this.#log.error('http listener failed', { error: error.message }));
    this.#log.info('http listening', { address: this.#host, port: this.port });
  }

  /** Takes no more, lets answers under way finish, then cuts what is left. */
  async #close(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const sweep = setInterval(() => this.#server.closeIdleConnections(), 50);
    const deadline = setTimeout(() => this.#server.closeAllConnections(), this.#graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(deadline);
  }

  /** A body that does not arrive in time ends its connection, also when it was answered before. */
  #bound(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    let seenBytes = socket.bytesRead;
    const timer = setInterval(() => {
      if (request.complete || socket.destroyed) return clearInterval(timer);
      const mayGoOn = !response.headersSent && METHODS_WITH_BODY.has(request.method ?? '') && this.#isLong(request);
      if (mayGoOn && socket.bytesRead > seenBytes) seenBytes = socket.bytesRead;
      else refuseLate(socket, response);
    }, this.#requestTimeoutMs).unref();
    response.once('close', () => {
      if (request.complete || socket.destroyed) clearInterval(timer);
    });
  }

  #countDrop(): void {
    this.#dropped++;
    if (Date.now() < this.#nextDropReportAt) return;
    this.#nextDropReportAt = Date.now() + DROP_REPORT_MS;
    this.#log.warn('too many connections: new ones are dropped', { limit: MAX_CONNECTIONS, dropped: this.#dropped });
  }
}

function refuseLate(socket: Socket, response: ServerResponse): void {
  if (response.headersSent) socket.destroy();
  else response.writeHead(408, { Connection: 'close' }).end(() => socket.destroySoon());
}

function listenAdvice(code: string, host: string, port: number): string {
  const where = `TCP port ${port} on ${host}`;
  const settings = 'http.port (HTTP_PORT)';
  if (code === 'EADDRINUSE') return `${where} is in use: stop the other program, or set another ${settings}`;
  if (code === 'EACCES') return `${where} needs more rights: set ${settings} to 1024 or above, or put a proxy in front`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `this machine has no address ${host}: correct http.bindAddress (BIND_ADDRESS)`;
  return `${where} cannot be listened on (${code}): see http.bindAddress (BIND_ADDRESS) and ${settings}`;
}
