import { EventEmitter } from 'node:events';
import type { Log } from '../platform/index.js';
import type { Media } from './media.js';
import type { CloseReason, Publication, PublishingChannel } from './publication.js';
import { SourceMeter } from './source-meter.js';

export type BroadcastState = 'starting' | 'live' | 'reconnecting' | 'ended';

export interface BroadcastEvents {
  /** A publisher is connected; its configurations and frames follow as `media`. */
  attached: [publication: Publication];
  media: [media: Media];
  /** The publisher is gone; another may be attached later. */
  detached: [reason: CloseReason];
  state: [state: BroadcastState];
  ended: [reason: CloseReason];
}

const NEXT: Record<BroadcastState, BroadcastState[]> = {
  starting: ['live', 'reconnecting', 'ended'],
  live: ['reconnecting', 'ended'],
  reconnecting: ['starting', 'live', 'ended'],
  ended: [],
};

/** One show of a channel. It outlives publications: a publisher that comes back within the grace window continues it. */
export class Broadcast extends EventEmitter<BroadcastEvents> {
  readonly id: string;
  readonly channel: PublishingChannel;
  readonly startedAt: Date;
  readonly meter = new SourceMeter();
  readonly #log: Log;
  readonly #graceMs: number;
  #state: BroadcastState = 'starting';
  #publication: Publication | undefined;
  /** The publication whose return is waited for. */
  #lost: Publication | undefined;
  #graceTimer: NodeJS.Timeout | undefined;

  /** @param options.startedAt of a broadcast that an earlier run of the server began; it waits for its encoder. */
  constructor(options: { id: string; channel: PublishingChannel; graceMs: number; startedAt?: Date; log: Log }) {
    super();
    this.id = options.id;
    this.startedAt = options.startedAt ?? new Date();
    this.channel = options.channel;
    this.#graceMs = options.graceMs;
    this.#log = options.log;
    if (options.startedAt !== undefined) this.#awaitReturn({ code: 'connection-lost', message: 'the server was started anew' });
  }

  get state(): BroadcastState {
    return this.#state;
  }

  get publication(): Publication | undefined {
    return this.#publication;
  }

  /** The stream key that feeds it, or that is waited for while it is reconnecting. */
  get streamKeyId(): string | undefined {
    return (this.#publication ?? this.#lost)?.streamKeyId;
  }

  /** Makes this publication the one that feeds the broadcast; an older one is ended at once. */
  attach(publication: Publication): void {
    const old = this.#publication;
    this.#publication = publication;
    this.#lost = undefined;
    clearTimeout(this.#graceTimer);
    if (old) {
      this.#log.warn('newer publisher took over', { publication: publication.id, from: publication.remoteAddress, replaced: old.id, replacedFrom: old.remoteAddress });
      old.close({ code: 'taken-over', message: 'another encoder started to publish to this channel' });
      this.emit('detached', { code: 'taken-over', message: 'another encoder took over' });
    }
    if (this.#state === 'reconnecting') this.#moveTo('starting');
    this.meter.reset();
    publication.on('media', (media) => this.#take(media));
    publication.on('closed', (reason) => this.#lose(publication, reason));
    this.emit('attached', publication);
  }

  /** The publisher says that it will not come back. The word may arrive after its connection was lost. */
  conclude(publication: Publication, reason: CloseReason): void {
    if (this.#lost === publication) this.end(reason);
    else publication.close(reason);
  }

  /** Called when viewers can play: every rung has its first segment. */
  markLive(): void {
    if (this.#state === 'starting') this.#moveTo('live');
  }

  /** Ends the show once. */
  end(reason: CloseReason): void {
    if (this.#state === 'ended') return;
    clearTimeout(this.#graceTimer);
    const publication = this.#publication;
    this.#publication = undefined;
    this.#lost = undefined;
    this.#moveTo('ended', reason);
    publication?.close(reason);
    this.emit('ended', reason);
    this.removeAllListeners();
  }

  #take(media: Media): void {
    this.meter.measure(media);
    this.emit('media', media);
  }

  #lose(publication: Publication, reason: CloseReason): void {
    if (this.#publication !== publication) return;
    this.#publication = undefined;
    if (!this.#mayReturnAfter(reason)) {
      this.end(reason);
      return;
    }
    this.#lost = publication;
    this.#awaitReturn(reason);
    this.emit('detached', reason);
  }

  #mayReturnAfter({ code }: CloseReason): boolean {
    return this.#grace > 0 && (code === 'connection-lost' || (code === 'unpublished' && this.channel.endsOnUnpublish === false));
  }

  /** Ms. */
  get #grace(): number {
    return this.channel.graceMs ?? this.#graceMs;
  }

  #awaitReturn(reason: CloseReason): void {
    this.#moveTo('reconnecting', reason);
    this.#graceTimer = setTimeout(() => this.end(reason), this.#grace);
  }

  #moveTo(state: BroadcastState, reason?: CloseReason): void {
    if (!NEXT[this.#state].includes(state)) throw new Error(`broadcast cannot go from ${this.#state} to ${state}`);
    this.#log.info(`broadcast ${state}`, reason ? { was: this.#state, reason: reason.message } : { was: this.#state });
    this.#state = state;
    this.emit('state', state);
  }
}
