import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import type { Component, Log } from '../platform/index.js';
import { messageOf } from '../platform/index.js';
import { Broadcast } from './broadcast.js';
import { StreamEndedLately } from './errors.js';
import { Publication } from './publication.js';
import type { CloseReason, PublicationOptions, PublishingChannel } from './publication.js';

/** A broadcast that a stop of the server left live. */
export interface LeftBroadcast {
  id: string;
  channelId: string;
  startedAt: Date;
}

/** Where broadcasts are remembered. */
export interface BroadcastStore {
  insert(broadcast: { id: string; channelId: string; startedAt: Date }): Promise<void>;
  end(broadcast: { id: string; endedAt: Date; reason: string }): Promise<void>;
  /** What a stop or a crash of the server left live. */
  listLive(): Promise<LeftBroadcast[]>;
}

export interface BroadcastsEvents {
  started: [broadcast: Broadcast];
  /** Its row is written: other rows may refer to it. */
  stored: [broadcast: Broadcast];
  ended: [broadcast: Broadcast, reason: CloseReason];
}

const STOPPED = 'the server stopped while it was live';
const ENDED_KEYS_KEPT = 1_000;

/** The registry of what is on air: one broadcast per channel at most. */
export class Broadcasts extends EventEmitter<BroadcastsEvents> implements Component {
  readonly #store: BroadcastStore;
  readonly #graceMs: number;
  readonly #ownerEndHoldMs: number;
  readonly #findReturning: (left: LeftBroadcast) => Promise<PublishingChannel | undefined>;
  readonly #onLeftEnded: (left: LeftBroadcast) => Promise<void>;
  readonly #log: Log;
  readonly #byChannel = new Map<string, Broadcast>();
  /** Rows being written, by broadcast: an end is stored after its beginning. */
  readonly #inserting = new Map<Broadcast, Promise<void>>();
  readonly #storingEnds = new Set<Promise<void>>();
  /** Keys ended lately: one may be revoked between its check and the publication that it opens. */
  readonly #endedKeys = new Map<string, CloseReason>();
  /** Channel → when an encoder that keeps reconnecting was last sent away, ms. */
  readonly #endedByOwnerMs = new Map<string, number>();

  /** @param options.findReturning the channel of a broadcast that can go on after the server was started anew; undefined when it cannot. */
  constructor(options: { store: BroadcastStore; graceMs: number; ownerEndHoldMs: number; findReturning?: (left: LeftBroadcast) => Promise<PublishingChannel | undefined>; onLeftEnded?: (left: LeftBroadcast) => Promise<void>; log: Log }) {
    super();
    this.#store = options.store;
    this.#graceMs = options.graceMs;
    this.#ownerEndHoldMs = options.ownerEndHoldMs;
    this.#onLeftEnded = options.onLeftEnded ?? (async () => undefined);
    this.#findReturning = options.findReturning ?? (async () => undefined);
    this.#log = options.log;
  }

  /** What an earlier run of the server left live goes on when its encoder comes back in time, and is ended else. */
  async start(): Promise<void> {
    for (const left of await this.#store.listLive()) {
      const channel = this.#graceMs === 0 ? undefined : await this.#findReturning(left);
      if (channel === undefined) await this.#endLeft(left);
      else this.#add(new Broadcast({ ...left, channel, graceMs: this.#graceMs, log: this.#log.child({ broadcast: left.id, channel: channel.slug }) }));
    }
  }

  /** With a grace, the broadcasts stay live in the store: they go on when the server is there again. */
  async stop(): Promise<void> {
    for (const broadcast of this.list()) broadcast.end({ code: 'shutdown', message: 'the server is stopping' });
    await Promise.all(this.#storingEnds);
  }

  /**
   * Opens a publication on the channel's broadcast, starting one when none is on air; an older publication is ended.
   * The publication may be closed already when it is given back. Throws when the broadcast cannot be stored.
   * @throws {StreamEndedLately} when its owner ended it a moment ago.
   */
  async publish(options: Omit<PublicationOptions, 'id'>): Promise<Publication> {
    const publication = new Publication({ ...options, id: randomUUID() });
    const ended = this.#endedKeys.get(options.streamKeyId);
    if (ended !== undefined) {
      publication.close(ended);
      return publication;
    }
    this.#refuseEndedLately(options.channel.id);
    const current = this.#byChannel.get(options.channel.id);
    const broadcast = current ?? this.#create(options);
    // Before the row is written, so that the last to come is the one that stays.
    broadcast.attach(publication);
    if (current === undefined) await this.#insert(broadcast);
    return publication;
  }

  /** The publisher is done; see {@link Broadcast.conclude}. */
  conclude(publication: Publication, reason: CloseReason): void {
    const broadcast = this.#byChannel.get(publication.channel.id);
    if (broadcast === undefined) publication.close(reason);
    else broadcast.conclude(publication, reason);
  }

  /** Ends every publication that was opened with this key, and what waits for one. */
  endPublicationsOf(streamKeyId: string, reason: CloseReason): void {
    this.#endedKeys.set(streamKeyId, reason);
    if (this.#endedKeys.size > ENDED_KEYS_KEPT) this.#endedKeys.delete([...this.#endedKeys.keys()][0] ?? '');
    for (const broadcast of this.list()) {
      if (broadcast.streamKeyId === streamKeyId) broadcast.end(reason);
    }
  }

  findBySlug(slug: string): Broadcast | undefined {
    return this.list().find((broadcast) => broadcast.channel.slug === slug);
  }

  /** The channel was changed: pages show title and latency at once, the next publication gets the ladder. */
  updateChannel(channelId: string, changes: Pick<PublishingChannel, 'title' | 'ladder' | 'latency' | 'graceMs' | 'endsOnUnpublish'>): void {
    const broadcast = this.#byChannel.get(channelId);
    if (broadcast === undefined) return;
    broadcast.channel.title = changes.title;
    broadcast.channel.ladder = changes.ladder;
    broadcast.channel.latency = changes.latency;
    broadcast.channel.graceMs = changes.graceMs;
    broadcast.channel.endsOnUnpublish = changes.endsOnUnpublish;
  }

  list(): Broadcast[] {
    return [...this.#byChannel.values()];
  }

  #create(options: Omit<PublicationOptions, 'id'>): Broadcast {
    const id = randomUUID();
    const log = this.#log.child({ broadcast: id, channel: options.channel.slug });
    return this.#add(new Broadcast({ id, channel: options.channel, graceMs: this.#graceMs, log }));
  }

  #add(broadcast: Broadcast): Broadcast {
    this.#byChannel.set(broadcast.channel.id, broadcast);
    broadcast.once('ended', (reason) => this.#forget(broadcast, reason));
    this.emit('started', broadcast);
    return broadcast;
  }

  async #endLeft(left: LeftBroadcast): Promise<void> {
    await this.#store.end({ id: left.id, endedAt: new Date(), reason: STOPPED });
    this.#log.warn('ended a broadcast that a stop of the server had left live', { broadcast: left.id });
    await this.#onLeftEnded(left);
  }

  async #insert(broadcast: Broadcast): Promise<void> {
    const inserting = this.#store.insert({ id: broadcast.id, channelId: broadcast.channel.id, startedAt: broadcast.startedAt });
    this.#inserting.set(broadcast, inserting);
    try {
      await inserting;
      this.emit('stored', broadcast);
    } catch (error) {
      broadcast.end({ code: 'shutdown', message: 'the broadcast could not be stored' });
      throw error;
    } finally {
      this.#inserting.delete(broadcast);
    }
  }

  /** Every attempt starts the wait again: encoders retry for minutes, and only silence shows that one was stopped. */
  #refuseEndedLately(channelId: string): void {
    const endedMs = this.#endedByOwnerMs.get(channelId);
    if (endedMs === undefined) return;
    this.#endedByOwnerMs.delete(channelId);
    if (Date.now() - endedMs > this.#ownerEndHoldMs) return;
    this.#endedByOwnerMs.set(channelId, Date.now());
    throw new StreamEndedLately(Math.ceil(this.#ownerEndHoldMs / 1000));
  }

  #forget(broadcast: Broadcast, reason: CloseReason): void {
    if (reason.code === 'ended-by-owner') this.#endedByOwnerMs.set(broadcast.channel.id, Date.now());
    this.#byChannel.delete(broadcast.channel.id);
    this.emit('ended', broadcast, reason);
    const storing = this.#storeEnd(broadcast, reason).finally(() => this.#storingEnds.delete(storing));
    this.#storingEnds.add(storing);
  }

  /** Stores the end of what was stored; never rejects. */
  async #storeEnd(broadcast: Broadcast, reason: CloseReason): Promise<void> {
    const endedAt = new Date();
    try {
      await this.#inserting.get(broadcast);
    } catch {
      return; // there is no row to end; whoever publishes hears why
    }
    if (reason.code === 'shutdown' && this.#graceMs > 0) return;
    await this.#store.end({ id: broadcast.id, endedAt, reason: reason.message }).catch((error: unknown) => {
      this.#log.error('end of broadcast could not be stored', { broadcast: broadcast.id, error: messageOf(error) });
    });
  }
}
