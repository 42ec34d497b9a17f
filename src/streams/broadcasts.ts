import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import type { Component, Log } from '../platform/index.js';
import { messageOf } from '../platform/index.js';
import { Broadcast } from './broadcast.js';
import { Publication } from './publication.js';
import type { CloseReason, PublicationOptions } from './publication.js';

/** Where broadcasts are remembered. */
export interface BroadcastStore {
  insert(broadcast: { id: string; channelId: string; startedAt: Date }): Promise<void>;
  end(broadcast: { id: string; endedAt: Date; reason: string }): Promise<void>;
  /** Ends what a crash left live; returns how many. */
  endAllLive(reason: string): Promise<number>;
}

export interface BroadcastsEvents {
  started: [broadcast: Broadcast];
  ended: [broadcast: Broadcast, reason: CloseReason];
}

/** The registry of what is on air: one broadcast per channel at most. */
export class Broadcasts extends EventEmitter<BroadcastsEvents> implements Component {
  readonly #store: BroadcastStore;
  readonly #graceMs: number;
  readonly #log: Log;
  readonly #byChannel = new Map<string, Broadcast>();

  constructor(options: { store: BroadcastStore; graceMs: number; log: Log }) {
    super();
    this.#store = options.store;
    this.#graceMs = options.graceMs;
    this.#log = options.log;
  }

  async start(): Promise<void> {
    const repaired = await this.#store.endAllLive('the server stopped while it was live');
    if (repaired > 0) this.#log.warn('ended broadcasts that a stop of the server had left live', { count: repaired });
  }

  async stop(): Promise<void> {
    const ending = this.list().map((broadcast) => this.#endAndStore(broadcast, { code: 'shutdown', message: 'the server is stopping' }));
    await Promise.all(ending);
  }

  /** Opens a publication on the channel's broadcast, starting one when none is on air; an older publication is ended. */
  async publish(options: Omit<PublicationOptions, 'id'>): Promise<Publication> {
    const publication = new Publication({ ...options, id: randomUUID() });
    const current = this.#byChannel.get(options.channel.id);
    if (current) {
      current.attach(publication);
      return publication;
    }
    const broadcast = this.#create(options);
    await this.#store.insert({ id: broadcast.id, channelId: broadcast.channel.id, startedAt: broadcast.startedAt });
    // While the row was written, the broadcast may have been ended; then there is nothing to feed.
    if (broadcast.state === 'ended') publication.close({ code: 'shutdown', message: 'the broadcast ended before it started' });
    else broadcast.attach(publication);
    return publication;
  }

  /** Ends every publication that was opened with this key. */
  endPublicationsOf(streamKeyId: string, reason: CloseReason): void {
    for (const broadcast of this.list()) {
      if (broadcast.publication?.streamKeyId === streamKeyId) broadcast.publication.close(reason);
    }
  }

  findBySlug(slug: string): Broadcast | undefined {
    return this.list().find((broadcast) => broadcast.channel.slug === slug);
  }

  findByChannel(channelId: string): Broadcast | undefined {
    return this.#byChannel.get(channelId);
  }

  list(): Broadcast[] {
    return [...this.#byChannel.values()];
  }

  #create(options: Omit<PublicationOptions, 'id'>): Broadcast {
    const id = randomUUID();
    const log = this.#log.child({ broadcast: id, channel: options.channel.slug });
    const broadcast = new Broadcast({ id, channel: options.channel, graceMs: this.#graceMs, log });
    this.#byChannel.set(options.channel.id, broadcast);
    broadcast.once('ended', (reason) => void this.#forget(broadcast, reason));
    this.emit('started', broadcast);
    return broadcast;
  }

  async #endAndStore(broadcast: Broadcast, reason: CloseReason): Promise<void> {
    broadcast.end(reason);
    await this.#storeEnd(broadcast, reason);
  }

  async #forget(broadcast: Broadcast, reason: CloseReason): Promise<void> {
    this.#byChannel.delete(broadcast.channel.id);
    this.emit('ended', broadcast, reason);
    await this.#storeEnd(broadcast, reason);
  }

  async #storeEnd(broadcast: Broadcast, reason: CloseReason): Promise<void> {
    await this.#store.end({ id: broadcast.id, endedAt: new Date(), reason: reason.message }).catch((error: unknown) => {
      this.#log.error('end of broadcast could not be stored', { broadcast: broadcast.id, error: messageOf(error) });
    });
  }
}
