import { EventEmitter } from 'node:events';
import type { AudioConfig, Frame, RenditionMedia, Take, VideoConfig } from '../../streams/index.js';
import { parameterSetsOf } from '../rtp/h264-payload.js';
import { KeyGroup } from './key-group.js';
import { chooseLayers } from './layers.js';
import type { Layers } from './layers.js';
import type { VideoSender } from './video-sender.js';

/** A decoder for sound and an encoder to Opus, as long as it is open. */
export interface OpusEncoding {
  push(frame: Frame): void;
  close(): void;
}

/** Opens one for a format; what it makes comes on the broadcast's clock. */
export type OpenOpus = (config: AudioConfig, onPacket: (packet: { ptsMs: number; payload: Buffer }) => void) => OpusEncoding;

export interface LiveFeedOptions {
  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  epochMs: number;
  facts: () => { hasBFrames: boolean };
  openOpus: OpenOpus;
}

export interface LiveFeedEvents {
  /** Another rendition is the main one, or there is none any more. */
  layers: [layers: Layers];
}

interface Track {
  config: VideoConfig;
  parameterSets: readonly Buffer[];
  group: KeyGroup;
  /** Pictures before the first key frame are of no use. */
  hasKey: boolean;
}

/** Where the packets of an open feed go. */
export interface FeedOutlet {
  video: VideoSender;
  sendOpus: (packet: { ptsMs: number; payload: Buffer }) => void;
}

/** The media of one broadcast on its way to RTP. Without an outlet it keeps the last group of pictures, and costs next to nothing. */
export class LiveFeed extends EventEmitter<LiveFeedEvents> {
  readonly epochMs: number;
  readonly #options: LiveFeedOptions;
  readonly #tracks = new Map<string, Track>();
  #take: Take | undefined;
  #layers: Layers = { main: undefined, low: undefined, note: undefined };
  #audioConfig: AudioConfig | undefined;
  #outlet: FeedOutlet | undefined;
  #opus: OpusEncoding | undefined;

  constructor(options: LiveFeedOptions) {
    super();
    this.epochMs = options.epochMs;
    this.#options = options;
  }

  get layers(): Layers {
    return this.#layers;
  }

  get hasAudio(): boolean {
    return this.#audioConfig !== undefined;
  }

  startTake(take: Take): void {
    this.#take = take;
    this.#tracks.clear();
    this.#audioConfig = undefined;
    this.#closeOpus();
  }

  push(media: RenditionMedia): void {
    if (media.take !== this.#take?.number) return;
    if (media.type === 'config') this.#takeConfig(media.rendition, media.config);
    else if (media.frame.kind === 'audio') this.#takeAudio(media.frame);
    else this.#takePicture(media.rendition, media.frame);
  }

  /** Takes the source's own sound where it is Opus: it goes out as it is, in place of the rendition in AAC. */
  pushOpus(media: RenditionMedia): void {
    if (media.take !== this.#take?.number) return;
    if (media.type === 'frame') return this.#outlet?.sendOpus(media.frame);
    if (media.config.kind === 'audio') this.#audioConfig = media.config;
  }

  /** Packets go here until it is closed; the sound is encoded for as long. */
  open(outlet: FeedOutlet): void {
    this.#outlet = outlet;
  }

  close(): void {
    this.#outlet = undefined;
    this.#closeOpus();
  }

  /** What the main rendition has shown since its last key frame. */
  mainGroup(): { frames: readonly Frame[]; parameterSets: readonly Buffer[] } {
    const track = this.#tracks.get(this.#layers.main ?? '');
    return { frames: track?.group.frames ?? [], parameterSets: track?.parameterSets ?? [] };
  }

  #takeConfig(rendition: string, config: VideoConfig | AudioConfig): void {
    if (config.kind === 'audio') {
      if (this.#audioConfig?.codec === 'opus') return;
      this.#audioConfig = config;
      this.#closeOpus();
      return;
    }
    this.#tracks.set(rendition, { config, parameterSets: config.codec === 'h264' ? parameterSetsOf(config.description) : [], group: new KeyGroup(), hasKey: false });
    this.#choose();
  }

  #takePicture(rendition: string, frame: Frame): void {
    const { main, low } = this.#layers;
    const track = this.#tracks.get(rendition);
    if (track === undefined || (rendition !== main && rendition !== low)) return;
    if (frame.isKey && this.#isPassed(rendition) && this.#options.facts().hasBFrames) this.#choose();
    track.hasKey ||= frame.isKey;
    if (!track.hasKey) return;
    if (rendition === low) return this.#outlet?.video.sendLow(frame, track.parameterSets);
    track.group.add(frame);
    this.#outlet?.video.sendMain(frame, track.parameterSets);
  }

  #takeAudio(frame: Frame): void {
    if (this.#outlet === undefined || this.#audioConfig === undefined || this.#audioConfig.codec === 'opus') return;
    this.#opus ??= this.#options.openOpus(this.#audioConfig, (packet) => this.#outlet?.sendOpus(packet));
    this.#opus.push(frame);
  }

  #choose(): void {
    const renditions = this.#take?.renditions ?? [];
    const candidates = renditions.flatMap((rendition) => {
      const config = this.#tracks.get(rendition.name)?.config;
      return config === undefined ? [] : [{ rendition, config }];
    });
    const layers = chooseLayers(candidates, this.#options.facts());
    // The rungs of a take tell their formats a moment after the source: until then there may yet be one to play.
    const isComplete = candidates.length === renditions.filter(({ kind }) => kind === 'video').length;
    if (layers.main === undefined && !isComplete) return;
    const { main, low, note } = this.#layers;
    if (layers.main === main && layers.low === low && layers.note === note) return;
    this.#layers = layers;
    this.emit('layers', layers);
  }

  #isPassed(name: string): boolean {
    return this.#take?.renditions.find((rendition) => rendition.name === name)?.origin === 'passthrough';
  }

  #closeOpus(): void {
    this.#opus?.close();
    this.#opus = undefined;
  }
}
