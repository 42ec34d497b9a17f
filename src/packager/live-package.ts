import { EventEmitter } from 'node:events';
import type { Log } from '../platform/index.js';
import type { RenditionMedia, Take } from '../streams/index.js';
import type { PackagerConfig } from './config.js';
import type { BroadcastIndex } from './journal/broadcast-index.js';
import { Journal, JOURNAL_FILE } from './journal/journal.js';
import { LiveRendition } from './live-rendition.js';
import { multivariantPlaylist } from './playlist.js';
import type { Variant } from './playlist.js';
import { ROUNDING_MS, SegmentClock } from './track/segment-clock.js';
import type { SegmentClockOptions } from './track/segment-clock.js';
import type { PlaylistEdge, Segment } from './segment.js';
import type { SegmentStore, StoredFile } from './store/segment-store.js';

export interface LivePackageOptions {
  broadcastId: string;
  slug: string;
  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  epochMs: number;
  config: PackagerConfig;
  store: SegmentStore;
  /** Files stay when they leave the window: they are the recording. */
  isRecorded: boolean;
  /** What an earlier run of the server wrote of this broadcast. */
  resumed?: BroadcastIndex | undefined;
  log: Log;
}

export interface LivePackageEvents {
  /** Viewers can start: every rendition of the take has a segment, or the wait for a slow one is over. */
  playable: [];
  segment: [rendition: string, segment: Segment];
  /** A playlist says more than before. */
  advanced: [];
}

interface CachedPlaylist {
  version: number;
  full?: string;
  delta?: string;
}

/** Which playlist of a rendition: `isDelta` leaves out what the player has, `isDvr` has all that can be rewound to. */
export interface PlaylistWish {
  isDelta?: boolean;
  isDvr?: boolean;
}

/** What a viewer or the studio is told about a rendition. */
export interface RenditionFacts {
  name: string;
  kind: 'video' | 'audio';
  width: number | undefined;
  height: number | undefined;
  fps: number | undefined;
  bitrateKbps: number;
  segments: number;
  isDropped: boolean;
}

const MAX_WAIT_SEGMENTS = 2;
/** Far below what the store gives up at. */
const MAX_WAITING_BYTES = 16 << 20;
/** A rendition that is this many segments behind the first one has missed the rest. */
const MAX_BEHIND_SEGMENTS = 4;

/** One live broadcast as HLS: renditions, their segments and playlists. */
export class LivePackage extends EventEmitter<LivePackageEvents> {
  readonly broadcastId: string;
  readonly slug: string;
  readonly #epochMs: number;
  readonly #config: PackagerConfig;
  readonly #store: SegmentStore;
  readonly #journal: Journal;
  readonly #isRecorded: boolean;
  readonly #log: Log;
  readonly #clock: SegmentClock;
  readonly #renditions = new Map<string, LiveRendition>();
  /** Which rendition stands in for a dropped one, by name; for the log. */
  readonly #standIns = new Map<string, string>();
  #take: Take | undefined;
  /** Whether the take has listed pictures: a stand-in may change only at a discontinuity. */
  #hasFixedStandIns = false;
  #targetDurationSec = 0;
  #isPlayable = false;
  #hasEnded = false;
  /** Counts what playlists show; texts are made once for each. */
  #version = 0;
  readonly #texts = new Map<string, CachedPlaylist>();

  constructor(options: LivePackageOptions) {
    super();
    this.broadcastId = options.broadcastId;
    this.slug = options.slug;
    this.#epochMs = options.epochMs;
    this.#config = options.config;
    this.#store = options.store;
    this.#isRecorded = options.isRecorded;
    this.#journal = new Journal({ append: (text) => this.#store.append(JOURNAL_FILE, text) });
    this.#log = options.log;
    this.#clock = new SegmentClock(this.#limits());
    if (options.resumed === undefined) this.#journal.begin({ id: options.broadcastId, slug: options.slug, epochMs: options.epochMs });
    else this.#resume(options.resumed);
  }

  get isPlayable(): boolean {
    return this.#isPlayable;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The next stretch of the broadcast: its renditions replace those of the take before. */
  startTake(take: Take): void {
    this.#take = take;
    this.#journal.startTake(take);
    // The target duration may not change (RFC 8216bis §6.2.1); it grows only if key frames leave no choice.
    const neededSec = Math.ceil((take.keyFrameIntervalMs - ROUNDING_MS) / 1000);
    this.#targetDurationSec = Math.max(this.#targetDurationSec, Math.round(this.#config.segmentSec), neededSec);
    this.#clock.startTake(take.keyFrameIntervalMs, this.#limits());
    for (const rendition of take.renditions) {
      if (!this.#renditions.has(rendition.name)) this.#renditions.set(rendition.name, this.#createRendition(rendition.name, rendition.kind));
    }
    this.#hasFixedStandIns = false;
    this.#pointDroppedElsewhere(take);
    this.#advance();
  }

  push(media: RenditionMedia): void {
    const rendition = this.#renditions.get(media.rendition);
    if (rendition === undefined || this.#hasEnded) return;
    if (media.type === 'config') {
      rendition.startTake(media.take, media.config, { leads: this.#leads(rendition.kind) });
      // The height of a rung is known only now.
      if (this.#take !== undefined && !this.#hasFixedStandIns) this.#pointDroppedElsewhere(this.#take);
      return;
    }
    rendition.push(media.frame);
    if (media.frame.kind === 'video') this.#renditions.forEach((other) => other.release());
  }

  /** Every rendition closes what is open: the take is over. */
  finishTake(): void {
    this.#renditions.forEach((rendition) => rendition.finishTake());
  }

  /** The broadcast is over: playlists get their end. */
  finish(): void {
    if (this.#hasEnded) return;
    try {
      this.finishTake();
    } finally {
      this.#hasEnded = true;
      this.#journal.end();
      this.#advance();
    }
  }

  /** The server stops, and the broadcast goes on when it is there again: everything is on the disk when this resolves. */
  async suspend(): Promise<void> {
    this.removeAllListeners();
    this.finishTake();
    await this.#store.close();
  }

  /** @param options.isDvr with the playlists of all that can be rewound to. */
  multivariantPlaylist({ isDvr = false }: Pick<PlaylistWish, 'isDvr'> = {}): string | undefined {
    if (!this.#isPlayable) return undefined;
    const current = [...this.#renditions.values()].filter((rendition) => !rendition.isDropped && rendition.hasSegments);
    const audio = current.find((rendition) => rendition.kind === 'audio');
    const group = audio?.audioGroup();
    const videos = current.filter((rendition) => rendition.kind === 'video');
    const variants: Variant[] = [...videos, ...(audio ? [audio] : [])].map((rendition) => rendition.variant(audio));
    return multivariantPlaylist(variants, group, isDvr ? 'dvr' : 'index');
  }

  /**
   * The media playlist of a rendition, or undefined when there is none (yet). The same text until it says more.
   * @param wish a delta leaves out what the player has (RFC 8216bis §6.2.5.1).
   */
  mediaPlaylist(name: string, { isDelta = false, isDvr = false }: PlaylistWish = {}): string | undefined {
    const rendition = this.#renditions.get(name);
    if (!rendition?.hasSegments) return undefined;
    const key = `${name} ${isDvr}`;
    const kept = this.#texts.get(key);
    const texts = kept?.version === this.#version ? kept : { version: this.#version };
    this.#texts.set(key, texts);
    if (isDelta) return (texts.delta ??= this.#writePlaylist(rendition, { isDelta, isDvr }));
    return (texts.full ??= this.#writePlaylist(rendition, { isDelta, isDvr }));
  }

  /** How far the media playlist of a rendition has come, or undefined when there is none (yet). */
  edge(name: string): PlaylistEdge | undefined {
    const rendition = this.#renditions.get(name);
    if (!rendition?.hasSegments) return undefined;
    return { ...rendition.edge(), targetDurationSec: this.#targetDurationSec, hasEnded: this.#hasEnded };
  }

  /** The bytes of a part, `coming` when it may be the next one, or undefined when there is none of that name. */
  findPart(name: string, number: number, index: number): StoredFile | 'coming' | undefined {
    const found = this.#renditions.get(name)?.findPart(number, index);
    return found === 'coming' && this.#hasEnded ? undefined : found;
  }

  /** @param name path inside the broadcast's folder, such as `720p/12.m4s`. */
  findFile(name: string): StoredFile | undefined {
    return this.#store.find(name);
  }

  facts(): RenditionFacts[] {
    return [...this.#renditions.values()].map((rendition) => rendition.facts());
  }

  /** Deletes every file; the package is gone. */
  async destroy(): Promise<void> {
    this.removeAllListeners();
    await this.#store.destroy();
  }

  /** Number of the last segment that was made; undefined before the first. */
  get lastNumber(): number | undefined {
    const numbers = [...this.#renditions.values()].flatMap((rendition) => rendition.last?.number ?? []);
    return numbers.length === 0 ? undefined : Math.max(...numbers);
  }

  /** Whether who has all the time should wait for the disk. */
  get isFull(): boolean {
    return this.#store.waitingBytes > MAX_WAITING_BYTES;
  }

  /** Whether something of it has not reached the disk; for when it has settled. */
  get hasLost(): boolean {
    return this.#store.hasLost;
  }

  /** Resolves when finished segments are on disk. */
  async settled(): Promise<void> {
    await this.#store.settled();
  }

  #writePlaylist(rendition: LiveRendition, options: { isDelta: boolean; isDvr: boolean }): string {
    const listed = [...this.#renditions.values()].filter((one) => one.hasSegments);
    return rendition.playlist({
      targetDurationSec: this.#targetDurationSec,
      holdBackPartMs: Math.max(...listed.map((one) => one.partTargetMs)),
      reports: listed.filter((one) => one !== rendition).map((one) => one.report()),
      hasEnded: this.#hasEnded,
      epochMs: this.#epochMs,
      name: options.isDvr ? 'dvr' : 'index',
    }, options);
  }

  #advance(): void {
    this.#version++;
    this.emit('advanced');
  }

  /** Whether renditions of this kind set the boundaries of the take: video, or audio without video. */
  #leads(kind: 'video' | 'audio' | undefined): boolean {
    return kind === 'video' || !this.#take?.renditions.some((other) => other.kind === 'video');
  }

  #limits(): SegmentClockOptions {
    const targetSec = Math.max(this.#targetDurationSec, Math.round(this.#config.segmentSec));
    return { targetMs: this.#config.segmentSec * 1000, maxMs: targetSec * 1000 + ROUNDING_MS };
  }

  #createRendition(name: string, kind: 'video' | 'audio'): LiveRendition {
    return new LiveRendition({
      name,
      kind,
      clock: this.#clock,
      store: this.#store,
      baseUri: `/media/${this.broadcastId}`,
      partMs: this.#config.partSec * 1000,
      windowMs: this.#config.windowSec * 1000,
      dvrMs: this.#config.dvrSec * 1000,
      isRecorded: this.#isRecorded,
      journal: this.#journal,
      targetMs: () => this.#targetDurationSec * 1000,
      onSegment: (segment) => this.#announce(name, segment),
      onPart: () => this.#advance(),
    });
  }

  /**
   * The numbers go on. Viewers may have seen parts of one more segment, which died with the server: it is listed as a
   * gap, so that no number ever means two things.
   */
  #resume({ renditions }: BroadcastIndex): void {
    for (const indexed of renditions) {
      const rendition = this.#createRendition(indexed.name, indexed.kind);
      this.#renditions.set(indexed.name, rendition);
      rendition.resume(indexed);
      this.#targetDurationSec = Math.max(this.#targetDurationSec, ...indexed.segments.map(({ durationMs }) => Math.round(durationMs / 1000)));
    }
    const lasts = renditions.flatMap(({ segments }) => segments.at(-1) ?? []);
    const last = lasts.toSorted((a, b) => a.number - b.number).at(-1);
    if (last === undefined) return;
    const lost = { number: last.number + 1, startMs: last.startMs + last.durationMs, take: last.take, discontinuity: last.discontinuity };
    this.#clock.resume(lost, this.#config.segmentSec * 1000);
    for (const rendition of this.#renditions.values()) rendition.listLost(lost);
    this.#isPlayable = true;
  }

  /** A rung that is gone goes on with the pictures of the next one below, or with gaps, so that its viewers do not stop. */
  #pointDroppedElsewhere(take: Take): void {
    for (const rendition of this.#renditions.values()) {
      const isCurrent = take.renditions.some((other) => other.name === rendition.name);
      const substitutes = take.renditions.filter((other) => other.kind === rendition.kind);
      const target = isCurrent ? undefined : this.#substitute(rendition, substitutes.map((other) => other.name));
      rendition.setDropped(!isCurrent, target);
    }
  }

  #fixStandIns(): void {
    this.#hasFixedStandIns = true;
    this.#renditions.forEach((rendition) => rendition.followParts());
    for (const { name, isDropped, standIn = 'nothing' } of this.#renditions.values()) {
      if (!isDropped) this.#standIns.delete(name);
      else if (this.#standIns.get(name) !== standIn) {
        this.#standIns.set(name, standIn);
        this.#log.info('rendition dropped', { rendition: name, continuedBy: standIn });
      }
    }
  }

  #substitute(rendition: LiveRendition, names: string[]): LiveRendition | undefined {
    const heightOf = (other: LiveRendition): number => other.facts().height ?? 0;
    const candidates = names.flatMap((name) => this.#renditions.get(name) ?? []).sort((a, b) => heightOf(b) - heightOf(a));
    const height = heightOf(rendition);
    const known = candidates.filter((other) => heightOf(other) > 0);
    return known.find((other) => heightOf(other) <= height) ?? known.at(-1) ?? candidates.at(-1);
  }

  #announce(name: string, segment: Segment): void {
    // A key frame that came later than ever before: what is listed may not be longer than the target duration.
    this.#targetDurationSec = Math.max(this.#targetDurationSec, Math.round(segment.durationMs / 1000));
    this.emit('segment', name, segment);
    if (!this.#hasFixedStandIns && this.#leads(this.#renditions.get(name)?.kind)) this.#fixStandIns();
    for (const other of this.#renditions.values()) {
      other.follow(name, segment);
      other.skipTo(segment.number - MAX_BEHIND_SEGMENTS);
    }
    this.#advance();
    if (!this.#isPlayable && this.#isReady()) {
      this.#isPlayable = true;
      this.emit('playable');
    }
  }

  #isReady(): boolean {
    const names = this.#take?.renditions.map((rendition) => rendition.name) ?? [];
    const counts = names.map((name) => this.#renditions.get(name)?.segmentCount ?? 0);
    return counts.length > 0 && (counts.every((count) => count > 0) || Math.max(...counts) > MAX_WAIT_SEGMENTS);
  }
}
