import type { AudioConfig, Frame, Media, RenditionMedia, Take, VideoConfig } from '../../streams/index.js';
import { Silence } from '../take/silence.js';
import { SLATE_CLIP_MS } from './slate-clips.js';
import type { SlateClip } from './slate-clips.js';

/** A rendition that a slate stands for. */
export interface SlateTrack {
  name: string;
  clip: SlateClip;
}

export interface SlateTakeOptions {
  take: Take;
  tracks: SlateTrack[];
  /** The sound that is silent meanwhile; undefined without any. */
  sound: { name: string; config: AudioConfig } | undefined;
  /** On the broadcast's clock: the first picture, ms. */
  startMs: number;
  /** The moment on the broadcast's clock, ms. */
  nowMs: () => number;
  onMedia: (media: RenditionMedia) => void;
}

const TICK_MS = 60;

/** A slate while it runs: the same group of pictures again and again, and silence, at the pace of the clock. */
export class SlateTake {
  readonly #options: SlateTakeOptions;
  readonly #silence: Silence | undefined;
  readonly #timer: NodeJS.Timeout;
  /** Pictures of each track that went out. */
  #shown = 0;
  #endMs: number;

  constructor(options: SlateTakeOptions) {
    this.#options = options;
    this.#endMs = options.startMs;
    this.#silence = options.sound && Silence.of(options.sound.config);
    for (const { name, clip } of options.tracks) this.#emit(name, { type: 'config', config: clip.config });
    if (options.sound !== undefined) this.#emit(options.sound.name, { type: 'config', config: options.sound.config });
    this.#show();
    this.#timer = setInterval(() => this.#show(), TICK_MS);
  }

  /** The number of its take. */
  get take(): number {
    return this.#options.take.number;
  }

  /** Where it ends if it is stopped now, on the broadcast's clock, ms. */
  get endMs(): number {
    return this.#endMs;
  }

  /** Its silence lasts as long as its last picture: players wait where sound has a hole. */
  stop(): void {
    clearInterval(this.#timer);
    this.#fillSound(this.#endMs);
  }

  /** Whatever is due goes out: a process that was held up catches up. */
  #show(): void {
    const [first] = this.#options.tracks;
    const count = first?.clip.frames.length ?? 0;
    for (let timeMs = this.#timeOf(this.#shown, count); count > 0 && timeMs <= this.#options.nowMs(); timeMs = this.#timeOf(this.#shown, count)) {
      for (const { name, clip } of this.#options.tracks) this.#showPicture(name, clip, timeMs, this.#shown % count);
      this.#shown++;
      this.#endMs = this.#timeOf(this.#shown, count);
    }
  }

  #timeOf(index: number, count: number): number {
    return this.#options.startMs + Math.round((index * SLATE_CLIP_MS) / Math.max(1, count));
  }

  #showPicture(name: string, clip: SlateClip, timeMs: number, index: number): void {
    const picture = clip.frames[index];
    if (picture === undefined) return;
    const frame: Frame = { ...picture, dtsMs: timeMs, ptsMs: timeMs };
    this.#emit(name, { type: 'frame', frame });
    if (name === this.#options.tracks[0]?.name) this.#fillSound(timeMs);
  }

  #fillSound(untilMs: number): void {
    const { sound } = this.#options;
    if (sound === undefined) return;
    for (const silent of this.#silence?.fill(untilMs) ?? []) this.#emit(sound.name, { type: 'frame', frame: silent });
  }

  #emit(rendition: string, media: Media): void {
    this.#options.onMedia({ ...media, take: this.#options.take.number, rendition });
  }
}

/** What of a stream a slate takes the place of. */
export interface SlateCast {
  videos: { name: string; config: VideoConfig }[];
  sound: { name: string; config: AudioConfig } | undefined;
}

/**
 * Whom a slate stands for: the renditions in H.264, which all players take; where a rung is missing, its playlist goes
 * on with another one's. A stream without any gets a slate in H.264 all the same.
 */
export function castSlate(formats: Map<string, VideoConfig | AudioConfig>): SlateCast {
  const all = [...formats].map(([name, config]) => ({ name, config }));
  const videos = all.flatMap(({ name, config }) => (config.kind === 'video' ? [{ name, config }] : []));
  const plain = videos.filter(({ config }) => config.codec === 'h264');
  const sound = all.flatMap(({ name, config }) => (config.kind === 'audio' && Silence.of(config) !== undefined ? [{ name, config }] : []))[0];
  return { videos: plain.length > 0 ? plain : videos, sound };
}
