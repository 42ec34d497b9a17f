import type { AudioConfig, RenditionMedia, Take, VideoConfig } from '../../streams/index.js';
import type { SlateClip, SlateClips } from './slate-clips.js';
import { SLATE_CLIP_MS } from './slate-clips.js';
import { castSlate, SlateTake } from './slate-take.js';
import type { SlateTrack } from './slate-take.js';

export interface SlateOptions {
  clips: SlateClips;
  /** Paths of the pictures to show, the best first; asked for when they are needed. */
  images: () => string[];
  /** The moment on the broadcast's clock, ms. */
  nowMs: () => number;
  onTake: (take: Take) => void;
  onMedia: (media: RenditionMedia) => void;
}

/** What viewers see while nothing comes from the streamer: a picture with a sentence, in the shape of what they saw. */
export class Slate {
  readonly #options: SlateOptions;
  #formats = new Map<string, VideoConfig | AudioConfig>();
  #running: SlateTake | undefined;
  /** Counts wishes: one that was taken back while its pictures were made comes to nothing. */
  #wish = 0;

  constructor(options: SlateOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#running !== undefined;
  }

  /** A new take: what it is made of follows. */
  startTake(): void {
    this.#formats = new Map();
  }

  /** The format of a rendition, as viewers have it. Its slate is made now, so that it is there when it is needed. */
  learn(rendition: string, config: VideoConfig | AudioConfig): void {
    this.#formats.set(rendition, config);
    if (config.kind === 'video') void this.#makeClip(config);
  }

  /** There is another picture: it is made ready, and shown the next time. */
  refresh(): void {
    for (const config of this.#formats.values()) {
      if (config.kind === 'video') void this.#makeClip(config);
    }
  }

  /**
   * Shows the slate until {@link stop}.
   * @param startMs on the broadcast's clock: nothing before it is left to show.
   */
  async start(number: () => number, startMs: () => number): Promise<void> {
    if (this.#running !== undefined) return;
    const wish = ++this.#wish;
    const { videos, sound } = castSlate(this.#formats);
    const tracks = (await Promise.all(videos.map(async ({ name, config }) => this.#trackOf(name, config)))).flatMap((track) => track ?? []);
    if (wish !== this.#wish || tracks.length === 0) return;
    const renditions = [...tracks.map(({ name }) => ({ name, kind: 'video' as const })), ...(sound ? [{ name: sound.name, kind: 'audio' as const }] : [])];
    const take: Take = { number: number(), isSlate: true, keyFrameIntervalMs: SLATE_CLIP_MS, renditions: renditions.map((one) => ({ ...one, origin: 'encoded' })) };
    this.#options.onTake(take);
    this.#running = new SlateTake({ take, tracks, sound, startMs: Math.max(startMs(), this.#options.nowMs()), nowMs: this.#options.nowMs, onMedia: this.#options.onMedia });
  }

  /** Returns where it ended on the broadcast's clock, ms; undefined when it was not shown. */
  stop(): number | undefined {
    this.#wish++;
    const running = this.#running;
    this.#running = undefined;
    running?.stop();
    return running?.endMs;
  }

  async #trackOf(name: string, config: VideoConfig): Promise<SlateTrack | undefined> {
    const clip = await this.#makeClip(config);
    return clip && { name, clip };
  }

  /** Of the best picture that FFmpeg can use. */
  async #makeClip(config: VideoConfig): Promise<SlateClip | undefined> {
    for (const image of this.#options.images()) {
      const clip = await this.#options.clips.get(image, config);
      if (clip !== undefined) return clip;
    }
    return undefined;
  }
}
