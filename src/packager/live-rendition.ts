import type { AudioConfig, Frame, VideoConfig } from '../streams/index.js';
import { initSegment } from './cmaf/init.js';
import type { RenditionFacts } from './live-package.js';
import { mediaPlaylist } from './playlist.js';
import type { AudioGroup, MediaPlaylist, Variant } from './playlist.js';
import { RenditionTrack } from './rendition-track.js';
import type { PackedSegment } from './rendition-track.js';
import { ROUNDING_MS } from './segment-clock.js';
import type { Boundary, SegmentClock } from './segment-clock.js';
import type { Segment } from './segment.js';
import type { SegmentStore } from './store/segment-store.js';
import { SegmentWindow } from './segment-window.js';

export interface LiveRenditionOptions {
  name: string;
  kind: 'video' | 'audio';
  clock: SegmentClock;
  store: SegmentStore;
  /** Path under the server's root that the broadcast's files have. */
  baseUri: string;
  partMs: number;
  windowMs: number;
  /** The target duration of the playlists, which may grow. */
  targetMs: () => number;
  onSegment: (segment: Segment) => void;
}

/** One rendition of a live broadcast: its track, its window of segments and its playlist. */
export class LiveRendition {
  readonly name: string;
  readonly kind: 'video' | 'audio';
  readonly #clock: SegmentClock;
  readonly #store: SegmentStore;
  readonly #baseUri: string;
  readonly #targetMs: () => number;
  readonly #onSegment: (segment: Segment) => void;
  readonly #track: RenditionTrack;
  readonly #window: SegmentWindow;
  #config: VideoConfig | AudioConfig | undefined;
  #initName = '';
  #segmentCount = 0;
  #isDropped = false;
  #continuedBy: LiveRendition | undefined;

  constructor(options: LiveRenditionOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.#clock = options.clock;
    this.#store = options.store;
    this.#baseUri = options.baseUri;
    this.#targetMs = options.targetMs;
    this.#onSegment = options.onSegment;
    this.#window = new SegmentWindow({ windowMs: options.windowMs, targetMs: options.targetMs, onExpired: (segment) => this.#deleteFile(segment) });
    this.#track = new RenditionTrack({
      kind: options.kind,
      clock: options.clock,
      partMs: options.partMs,
      onPart: () => undefined,
      onSegment: (packed) => this.#place(packed),
    });
  }

  get hasSegments(): boolean {
    return this.#window.listed.length > 0;
  }

  /** Segments made since the broadcast began. */
  get segmentCount(): number {
    return this.#segmentCount;
  }

  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** The name of the rendition whose segments are listed here while this one is dropped. */
  get standIn(): string | undefined {
    return this.#continuedBy?.name;
  }

  startTake(take: number, config: VideoConfig | AudioConfig, options: { leads: boolean }): void {
    this.#track.startTake(take, config, options);
    this.#config = config;
    // A take that listed nothing leaves nothing: encoders flap for hours.
    if (this.#initName !== '') this.#removeUnusedInit(`${this.#baseUri}/${this.#initName}`);
    this.#initName = `${this.name}/init-${take}.mp4`;
    this.#store.add(this.#initName, [initSegment(config)], { isPinned: true });
  }

  push(frame: Frame): void {
    this.#track.push(frame);
  }

  release(): void {
    this.#track.release();
  }

  finishTake(): void {
    this.#track.finishTake();
  }

  /** A dropped rendition repeats the segments of another one under its own name; without another one, it lists gaps. */
  setDropped(isDropped: boolean, continuedBy: LiveRendition | undefined): void {
    this.#isDropped = isDropped;
    this.#continuedBy = continuedBy;
  }

  /** Hears of a new segment of any rendition, and lists it, or the hole it leaves here, when this one is dropped. */
  follow(name: string, segment: Segment): void {
    const last = this.#window.last;
    if (!this.#isDropped || last === undefined || segment.number <= last.number) return;
    if (this.#continuedBy !== undefined && this.#continuedBy.name !== name) return;
    this.#fillGapBefore(segment.number);
    if (this.#continuedBy === undefined) this.#listGap(segment, last.initUri, segment.durationMs);
    else this.#window.add(segment);
  }

  playlist(options: Omit<MediaPlaylist, 'segments'>): string {
    return mediaPlaylist({ ...options, segments: [...this.#window.listed] });
  }

  /** As an entry of the multivariant playlist; the bitrates have the audio in them. */
  variant(audio: LiveRendition | undefined): Variant {
    const own = this.#window.rate;
    const extra = audio === undefined || audio === this ? { peakBps: 0, averageBps: 0 } : audio.#window.rate;
    const others = audio === undefined || audio === this ? [] : [audio];
    const video = this.#config?.kind === 'video' ? this.#config : undefined;
    return {
      name: this.name,
      peakBps: own.peakBps + extra.peakBps,
      averageBps: own.averageBps + extra.averageBps,
      codecs: [this, ...others].flatMap((rendition) => rendition.#config?.codecString ?? []),
      resolution: video && displaySize(video),
      frameRate: video && this.#window.framesPerSec > 0 ? this.#window.framesPerSec : undefined,
    };
  }

  audioGroup(): AudioGroup | undefined {
    return this.#config?.kind === 'audio' ? { name: this.name, channels: this.#config.channels } : undefined;
  }

  facts(): RenditionFacts {
    const video = this.#config?.kind === 'video' ? this.#config : undefined;
    return {
      name: this.name,
      kind: this.kind,
      width: video && displaySize(video).width,
      height: video && displaySize(video).height,
      fps: video && this.#window.framesPerSec > 0 ? Math.round(this.#window.framesPerSec * 100) / 100 : undefined,
      bitrateKbps: Math.round(this.#window.rate.averageBps / 1000),
      segments: this.#segmentCount,
      isDropped: this.#isDropped,
    };
  }

  /** Lists what is overdue, missing segments as gaps: players wait for a playlist that does not grow. */
  skipTo(number: number): void {
    this.#track.closeBefore(number);
    this.#fillGapBefore(number);
  }

  #place(packed: PackedSegment): void {
    // It was given up already: nothing that is listed changes.
    if (packed.boundary.number <= (this.#window.last?.number ?? -1)) return;
    const name = `${this.name}/${packed.boundary.number}.m4s`;
    const buffers = packed.parts.flatMap((part) => part.buffers);
    this.#store.add(name, buffers);
    this.#fillGapBefore(packed.boundary.number);
    this.#list({
      number: packed.boundary.number,
      startMs: packed.boundary.startMs,
      durationMs: packed.durationMs,
      discontinuity: packed.boundary.discontinuity,
      uri: `${this.#baseUri}/${name}`,
      initUri: `${this.#baseUri}/${this.#initName}`,
      sizeBytes: packed.parts.reduce((sum, part) => sum + part.sizeBytes, 0),
      frames: packed.frames,
      isGap: false,
    });
  }

  /** Numbers that this rendition missed are listed as gaps: numbers stay equal across rungs. */
  #fillGapBefore(number: number): void {
    const last = this.#window.last;
    if (last === undefined) return;
    for (let missing = last.number + 1; missing < number; missing++) {
      const boundary = this.#clock.find(missing);
      if (boundary !== undefined) this.#listGap(boundary, last.initUri, this.#clock.durationOf(boundary));
    }
  }

  #listGap({ number, startMs, discontinuity }: Pick<Boundary, 'number' | 'startMs' | 'discontinuity'>, initUri: string, knownMs: number | undefined): void {
    this.#window.add({
      number,
      startMs,
      durationMs: Math.min(knownMs ?? this.#targetMs(), this.#targetMs() + ROUNDING_MS),
      discontinuity,
      uri: `${this.#baseUri}/${this.name}/${number}.m4s`,
      initUri,
      sizeBytes: 0,
      frames: 0,
      isGap: true,
    });
  }

  #list(segment: Segment): void {
    this.#segmentCount++;
    this.#window.add(segment);
    this.#onSegment(segment);
  }

  /** Deletes a segment, and with the last of its take the init segment. */
  #deleteFile(segment: Segment): void {
    if (!segment.isGap) this.#removeOwn(segment.uri);
    this.#removeUnusedInit(segment.initUri);
  }

  #removeUnusedInit(initUri: string): void {
    if (!this.#window.all().some((other) => other.initUri === initUri)) this.#removeOwn(initUri);
  }

  /** What stands in for this rendition's own belongs to the other one, which deletes it. */
  #removeOwn(uri: string): void {
    const folder = `${this.#baseUri}/`;
    if (uri.startsWith(`${folder}${this.name}/`)) this.#store.remove(uri.slice(folder.length));
  }
}

/** Pixels that a player shows: the sample aspect ratio applied to the width. */
function displaySize(config: VideoConfig): { width: number; height: number } {
  return { width: Math.round((config.width * config.sar.width) / config.sar.height), height: config.height };
}
