import type { AudioConfig, Frame, VideoConfig } from '../streams/index.js';
import { initSegment } from './cmaf/init.js';
import type { RenditionFacts } from './live-package.js';
import type { IndexedRendition } from './journal/broadcast-index.js';
import type { Journal } from './journal/journal.js';
import { mediaPlaylist } from './playlist.js';
import type { AudioGroup, MediaPlaylist, RenditionReport, Variant } from './playlist.js';
import { listedParts, OpenParts } from './open-parts.js';
import { RenditionTrack } from './track/rendition-track.js';
import type { PackedSegment } from './track/rendition-track.js';
import { ROUNDING_MS } from './track/segment-clock.js';
import type { Boundary, SegmentClock } from './track/segment-clock.js';
import type { OpenSegment, Part, PlaylistEdge, Segment } from './segment.js';
import type { SegmentStore, StoredFile } from './store/segment-store.js';
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
  /** How far viewers can rewind, ms. */
  dvrMs: number;
  /** Whether files stay when nobody can fetch them from the live playlist any more. */
  isRecorded: boolean;
  journal: Journal;
  /** The target duration of the playlists, which may grow. */
  targetMs: () => number;
  onSegment: (segment: Segment) => void;
  /** A part can be listed. */
  onPart: () => void;
}

/** How close to the length of the segment before a segment is when it is taken for whole. */
const LENGTH_JITTER_MS = 20;

/** One rendition of a live broadcast: its track, its window of segments and its playlist. */
export class LiveRendition {
  readonly name: string;
  readonly kind: 'video' | 'audio';
  readonly #clock: SegmentClock;
  readonly #store: SegmentStore;
  readonly #baseUri: string;
  readonly #targetMs: () => number;
  readonly #onSegment: (segment: Segment) => void;
  readonly #onPart: () => void;
  readonly #isRecorded: boolean;
  readonly #journal: Journal;
  readonly #open: OpenParts;
  readonly #track: RenditionTrack;
  readonly #window: SegmentWindow;
  #config: VideoConfig | AudioConfig | undefined;
  #initName = '';
  #take = 0;
  #segmentCount = 0;
  #isDropped = false;
  #continuedBy: LiveRendition | undefined;
  #followsParts = false;

  constructor(options: LiveRenditionOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.#clock = options.clock;
    this.#store = options.store;
    this.#baseUri = options.baseUri;
    this.#isRecorded = options.isRecorded;
    this.#journal = options.journal;
    this.#targetMs = options.targetMs;
    this.#onSegment = options.onSegment;
    this.#onPart = options.onPart;
    this.#open = new OpenParts({ partMs: options.partMs });
    this.#window = new SegmentWindow({ windowMs: options.windowMs, dvrMs: options.dvrMs, targetMs: options.targetMs, onExpired: (segment) => this.#expire(segment) });
    this.#track = new RenditionTrack({
      kind: options.kind,
      clock: options.clock,
      partMs: options.partMs,
      onPart: (boundary, part) => this.#listPart(boundary, part),
      onSegment: (packed) => this.#place(packed),
    });
  }

  get hasSegments(): boolean {
    return this.#window.last !== undefined;
  }

  /** Its last segment: where it stands. */
  get last(): Segment | undefined {
    return this.#window.last;
  }

  /** Goes on with what an earlier run of the server wrote. */
  resume({ inits, segments }: IndexedRendition): void {
    for (const [take, config] of inits) {
      this.#config = config;
      this.#initName = `${this.name}/init-${take}.mp4`;
      this.#store.adopt(this.#initName, initSegment(config).length);
    }
    for (const { take, ...segment } of segments) {
      const [name, initName] = [`${this.name}/${segment.number}.m4s`, `${this.name}/init-${take}.mp4`];
      this.#store.adopt(name, segment.sizeBytes);
      this.#segmentCount++;
      this.#window.add({ ...segment, uri: `${this.#baseUri}/${name}`, initUri: `${this.#baseUri}/${initName}`, isGap: false, parts: [] });
    }
  }

  /** Lists a segment of which viewers may have seen parts, and which is lost. */
  listLost(boundary: Boundary): void {
    const last = this.#window.last;
    if (last === undefined) return;
    this.#fillGapBefore(boundary.number);
    if (last.number < boundary.number) this.#listGap(boundary, last.initUri, this.#clock.durationOf(boundary));
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
    this.#take = take;
    this.#store.add(this.#initName, [initSegment(config)], { isPinned: true, onWritten: () => this.#journal.addInit(this.name, take, config) });
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
    this.#followsParts = false;
  }

  /** Who stands in is settled: its parts are listed too. */
  followParts(): void {
    this.#followsParts = true;
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

  playlist(options: Pick<MediaPlaylist, 'targetDurationSec' | 'holdBackPartMs' | 'hasEnded' | 'epochMs' | 'reports' | 'name'>, { isDelta, isDvr }: { isDelta: boolean; isDvr: boolean }): string {
    const content = { segments: isDvr ? this.#window.rewindable : this.#window.listed, open: this.#openSegment(), nextPartUri: this.#nextPartUri() };
    return mediaPlaylist({ ...options, ...content, partTargetMs: this.partTargetMs }, { isDelta });
  }

  /** PART-TARGET, whole ms. */
  get partTargetMs(): number {
    return this.#open.targetMs;
  }

  edge(): Omit<PlaylistEdge, 'targetDurationSec' | 'hasEnded'> {
    const last = this.#window.last;
    return {
      lastNumber: last?.number ?? -1,
      lastParts: last?.parts.length ?? 0,
      openParts: this.#openSegment()?.parts.length ?? 0,
      partTargetMs: this.partTargetMs,
    };
  }

  /** How far this rendition has come, for the playlists of the others. */
  report(): RenditionReport {
    const { lastNumber, lastParts, openParts } = this.edge();
    if (openParts > 0) return { name: this.name, lastNumber: lastNumber + 1, lastPart: openParts - 1 };
    return { name: this.name, lastNumber, lastPart: Math.max(0, lastParts - 1) };
  }

  /** The bytes of a part, `coming` when it may be the next one, or undefined when there is none of that name. */
  findPart(number: number, index: number): StoredFile | 'coming' | undefined {
    const last = this.#window.last?.number ?? -1;
    if (number > last) return this.#open.find(number, index) ?? (this.#isNext(number, index) ? 'coming' : undefined);
    const part = this.#window.find(number)?.parts[index];
    if (part === undefined || !this.#isOwn(part.uri)) return undefined;
    return this.#store.findSlice(`${this.name}/${number}.m4s`, { offsetBytes: part.offsetBytes, sizeBytes: part.sizeBytes });
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

  #listPart(boundary: Boundary, part: Part): void {
    if (boundary.number <= (this.#window.last?.number ?? -1)) return;
    this.#fillGapBefore(boundary.number);
    const initUri = `${this.#baseUri}/${this.#initName}`;
    this.#open.add({ ...boundary, initUri }, part, (index) => this.#partUri(boundary.number, index));
    this.#onPart();
  }

  /** The segment that is being made, here or in the rendition that stands in. */
  #openSegment(): OpenSegment | undefined {
    if (this.#isDropped && !this.#followsParts) return undefined;
    const maker = this.#isDropped ? this.#continuedBy : this;
    const open = maker === undefined ? undefined : maker.#open.segment;
    return open !== undefined && open.number === (this.#window.last?.number ?? open.number - 1) + 1 ? open : undefined;
  }

  /** Where the next part will be, as far as the segment before lets one foresee it. */
  #nextPartUri(): string | undefined {
    const maker = this.#isDropped ? this.#continuedBy : this;
    if (maker === undefined || (this.#isDropped && !this.#followsParts)) return undefined;
    const { number, index } = maker.#nextPart();
    return maker.#partUri(number, index);
  }

  #nextPart(): { number: number; index: number } {
    const last = this.#window.last;
    const open = this.#open.segment;
    if (open === undefined) return { number: (last?.number ?? -1) + 1, index: 0 };
    const expectedMs = last !== undefined && last.discontinuity === open.discontinuity ? last.durationMs : this.#targetMs();
    const isWhole = this.#open.durationMs >= expectedMs - LENGTH_JITTER_MS;
    return isWhole ? { number: open.number + 1, index: 0 } : { number: open.number, index: open.parts.length };
  }

  /** Only what comes next may be waited for: the next part of the open segment, or the first of the one after it. */
  #isNext(number: number, index: number): boolean {
    if (this.#isDropped) return false;
    const open = this.#open.segment;
    if (open === undefined) return index === 0 && number === (this.#window.last?.number ?? -1) + 1;
    return number === open.number ? index === open.parts.length : index === 0 && number === open.number + 1;
  }

  #partUri(number: number, index: number): string {
    return `${this.#baseUri}/${this.name}/${number}.${index}.m4s`;
  }

  #place(packed: PackedSegment): void {
    this.#open.clear();
    // It was given up already: nothing that is listed changes.
    if (packed.boundary.number <= (this.#window.last?.number ?? -1)) return;
    const name = `${this.name}/${packed.boundary.number}.m4s`;
    this.#fillGapBefore(packed.boundary.number);
    const take = this.#take;
    const segment: Segment = {
      number: packed.boundary.number,
      startMs: packed.boundary.startMs,
      durationMs: packed.durationMs,
      discontinuity: packed.boundary.discontinuity,
      uri: `${this.#baseUri}/${name}`,
      initUri: `${this.#baseUri}/${this.#initName}`,
      sizeBytes: packed.parts.reduce((sum, part) => sum + part.sizeBytes, 0),
      frames: packed.frames,
      isGap: false,
      parts: listedParts(packed.parts, (index) => this.#partUri(packed.boundary.number, index)),
    };
    this.#store.add(name, packed.parts.flatMap((part) => part.buffers), { onWritten: () => this.#journal.addSegment(this.name, take, segment) });
    this.#list(segment);
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
      parts: [],
    });
  }

  #list(segment: Segment): void {
    this.#segmentCount++;
    this.#window.add(segment);
    this.#onSegment(segment);
  }

  /** A segment that nobody can fetch from a live playlist any more goes, and with the last of its take the init segment. */
  #expire(segment: Segment): void {
    if (!segment.isGap) this.#removeOwn(segment.uri);
    this.#removeUnusedInit(segment.initUri);
  }

  #removeUnusedInit(initUri: string): void {
    if (!this.#window.all().some((other) => other.initUri === initUri)) this.#removeOwn(initUri);
  }

  /** What stands in for this rendition's own belongs to the other one, which deletes it. */
  #removeOwn(uri: string): void {
    if (!this.#isOwn(uri)) return;
    const name = uri.slice(this.#baseUri.length + 1);
    if (this.#isRecorded) this.#store.forget(name);
    else this.#store.remove(name);
  }

  #isOwn(uri: string): boolean {
    return uri.startsWith(`${this.#baseUri}/${this.name}/`);
  }
}

/** Pixels that a player shows: the sample aspect ratio applied to the width. */
function displaySize(config: VideoConfig): { width: number; height: number } {
  return { width: Math.round((config.width * config.sar.width) / config.sar.height), height: config.height };
}
