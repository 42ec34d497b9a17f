import { readFile } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Component, Log } from '../platform/index.js';
import { ConnectionCounts, plainAddress, RefusalLog, WrongKeys } from './connection/admission.js';
import type { IngestConfig } from './config.js';
import { CertificateUnusable, RtmpNotListening } from './errors.js';
import type { PublishTarget, StreamKeys } from './publish-target.js';
import { RtmpSession } from './rtmp-session.js';
import { SharedReads } from './connection/shared-reads.js';

export interface RtmpServerOptions {
  config: IngestConfig;
  bindAddress: string;
  streamKeys: StreamKeys;
  broadcasts: PublishTarget;
  /** Shared with other ways to publish, so that an address has one count. */
  wrongKeys?: WrongKeys;
  log: Log;
}

/** The RTMP listener and, when a certificate is set, the RTMPS listener: they admit connections and own their sessions. */
export class RtmpServer implements Component {
  readonly #options: RtmpServerOptions;
  readonly #log: Log;
  readonly #counts: ConnectionCounts;
  readonly #wrongKeys: WrongKeys;
  readonly #refusals: RefusalLog;
  readonly #reads = new SharedReads();
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<RtmpSession>();
  #plain: Server | undefined;
  #tls: Server | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: RtmpServerOptions) {
    const { config } = options;
    this.#options = options;
    this.#log = options.log.child({ room: 'ingest' });
    this.#counts = new ConnectionCounts({ maxInAll: config.maxConnections, maxPerAddress: config.maxConnectionsPerAddress });
    this.#wrongKeys = options.wrongKeys ?? new WrongKeys({ perMinute: config.wrongKeysPerMinute });
    this.#refusals = new RefusalLog({ log: this.#log });
  }

  /** The TCP port of RTMP; undefined before the start. */
  get port(): number | undefined {
    return portOf(this.#plain);
  }

  /** The TCP port of RTMPS; undefined without a certificate. */
  get tlsPort(): number | undefined {
    return portOf(this.#tls);
  }

  /** Open connections, for metrics. */
  get connections(): number {
    return this.#counts.inAll;
  }

  /**
   * @throws {RtmpNotListening} when a port is taken.
   * @throws {CertificateUnusable} when the files for RTMPS cannot be read or do not fit.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Tells every encoder that the server stops; resolves when the last socket is gone, after about two seconds at most. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #start(): Promise<void> {
    const { config } = this.#options;
    this.#plain = createServer({ pauseOnConnect: true });
    this.#plain.on('connection', (accepted) => {
      const socket = this.#reads.adopt(accepted);
      void this.#admit(socket, () => this.#open(socket, 'rtmp'));
    });
    await this.#listen(this.#plain, config.port);
    if (config.tls.certFile !== '' && config.tls.keyFile !== '') await this.#startTls();
    this.#log.info('RTMP is listening', { port: this.port, tlsPort: this.tlsPort });
  }

  async #startTls(): Promise<void> {
    const { config } = this.#options;
    this.#tls = await createRtmpsServer(config);
    this.#tls.on('connection', (socket: Socket) => void this.#admit(socket, () => undefined));
    this.#tls.on('secureConnection', (socket: Socket) => this.#open(socket, 'rtmps'));
    this.#tls.on('tlsClientError', (error: Error, socket: Socket) => {
      this.#log.debug('TLS handshake failed', { error: error.message });
      socket.destroy(); // after a time-out nobody else does
    });
    await this.#listen(this.#tls, config.tls.port);
  }

  async #listen(server: Server, port: number): Promise<void> {
    await listen(server, port, this.#options.bindAddress);
    // Accepting can fail for a while, such as when file descriptors run out; the listener goes on.
    server.on('error', (error) => this.#log.error('RTMP listener failed', { error: error.message }));
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    const closing = [this.#plain, this.#tls].map((server) => server && close(server));
    for (const session of this.#sessions) session.close({ code: 'shutdown', message: 'the server is stopping' });
    await Promise.all([...this.#sessions].map((session) => session.closed));
    for (const socket of this.#sockets) socket.destroy(); // those without a session: TLS handshakes
    await Promise.all(closing);
  }

  /** Counts the connection and passes it on, or drops it before a byte is read. */
  async #admit(socket: Socket, open: () => void): Promise<void> {
    const address = plainAddress(socket.remoteAddress ?? '');
    socket.on('error', () => undefined); // a reset before a session listens is not worth a line
    const refusal = this.#counts.findRefusal(address);
    if (refusal !== undefined) return this.#refuse(socket, address, refusal);
    this.#counts.add(address);
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#counts.remove(address);
      this.#sockets.delete(socket);
    });
    if (await this.#wrongKeys.isBlocked(address)) this.#refuse(socket, address, 'too many wrong stream keys');
    else open();
  }

  #refuse(socket: Socket, address: string, reason: string): void {
    this.#refusals.note(address, reason);
    socket.destroy();
  }

  #open(socket: Socket, protocol: 'rtmp' | 'rtmps'): void {
    if (socket.destroyed || this.#stopping) {
      socket.destroy();
      return;
    }
    const { config, streamKeys, broadcasts } = this.#options;
    const remoteAddress = plainAddress(socket.remoteAddress ?? '');
    const session = new RtmpSession({ socket, protocol, remoteAddress, config, streamKeys, broadcasts, wrongKeys: this.#wrongKeys, log: this.#log });
    this.#sessions.add(session);
    void session.closed.then(() => this.#sessions.delete(session));
  }
}

function portOf(server: Server | undefined): number | undefined {
  const address = server?.address();
  return address && typeof address === 'object' ? address.port : undefined;
}

async function createRtmpsServer(config: IngestConfig): Promise<Server> {
  const { certFile, keyFile } = config.tls;
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    return createTlsServer({ cert, key, handshakeTimeout: config.handshakeTimeoutSec * 1000 });
  } catch (cause) {
    throw new CertificateUnusable(certFile, keyFile, cause);
  }
}

function listen(server: Server, port: number, bindAddress: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new RtmpNotListening(port, cause)));
    server.listen(port, bindAddress, resolve);
  });
}

function close(server: Server): Promise<void> {
  // The callback gets an error when the server never listened; it is closed either way.
  return new Promise((resolve) => server.close(() => resolve()));
}
