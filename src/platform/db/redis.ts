import { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import type { Component } from '../component.js';
import type { Log } from '../log.js';

export interface RedisEvents {
  /** It answers: for the first time, or again. */
  ready: [];
  lost: [];
}

const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_MAX_MS = 2_000;
/** A Redis that hangs, or a network that swallows packets, is away after this time. */
const SILENCE_MS = 2_000;
const HEARTBEAT_MS = 2_000;

/**
 * The connections to Redis: one for commands, one that listens. What is in Redis may be lost, so nothing waits
 * for it: while it is away commands fail at once, and both connections are tried again for as long as the server runs.
 */
export class RedisConnection extends EventEmitter<RedisEvents> implements Component {
  /** For commands. */
  readonly client: Redis;
  /** For subscriptions; it takes them up again by itself. */
  readonly subscriber: Redis;
  readonly #log: Log;
  #heart: NodeJS.Timeout | undefined;
  #isReady = false;
  #stopping = false;

  /** @param options.url redis://… or rediss://… */
  constructor(options: { url: string; log: Log }) {
    super();
    this.#log = options.log;
    const settings = {
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt: number) => Math.min(attempt * 100, RETRY_MAX_MS),
    };
    this.client = new Redis(options.url, { ...settings, enableOfflineQueue: false });
    // What is subscribed before the connection stands is kept until it does.
    this.subscriber = new Redis(options.url, { ...settings, maxRetriesPerRequest: null });
    for (const connection of [this.client, this.subscriber]) {
      connection.on('error', () => undefined); // told by `close`, once
      connection.on('ready', () => this.#look());
      connection.on('close', () => this.#look());
    }
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Does not wait for a Redis that does not answer. */
  async start(): Promise<void> {
    const answers = Promise.all([this.client.connect(), this.subscriber.connect()]);
    await answers.catch((error: Error) => this.#log.warn('redis does not answer: going on without it', { error: error.message }));
    this.#heart ??= setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#heart);
    this.client.disconnect();
    this.subscriber.disconnect();
  }

  /** Throws when it does not answer; for health checks. */
  async check(): Promise<void> {
    await this.client.ping();
  }

  /** Who only listens would wait for ever on a connection that is dead. */
  #beat(): void {
    for (const connection of [this.client, this.subscriber]) {
      if (connection.status === 'ready') void connection.ping().catch(() => undefined); // told by `close`
    }
  }

  #look(): void {
    const isReady = this.client.status === 'ready' && this.subscriber.status === 'ready';
    if (isReady === this.#isReady || this.#stopping) return;
    this.#isReady = isReady;
    if (isReady) this.#log.info('redis connected');
    else this.#log.warn('redis is away: each server goes on by itself');
    this.emit(isReady ? 'ready' : 'lost');
  }
}
