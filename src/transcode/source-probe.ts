import type { AudioConfig, Frame, Media, SourceFacts, VideoConfig } from '../streams/index.js';

export interface SourceProbeOptions {
  /** Key frames further apart than this mean that the source cannot pass, seconds. */
  maxKeyFrameIntervalSec: number;
  /** Passing is the only way (`ladder: off`), so wait longer for the second key frame. */
  mustPass: boolean;
}

/** Audio may come this much later than video and still be a part of the first take. */
const AUDIO_WAIT_MS = 1_000;
const AUDIO_ONLY_MS = 2_000;
const NO_PICTURE_MS = 5_000;
const MUST_PASS_WAIT_MS = 12_000;
const MARGIN_MS = 200;
/** More is not kept waiting: the source is planned with what is known. */
const MAX_BYTES = 48 << 20;
const MAX_FRAMES = 20_000;

/** Collects the first frames of a source until enough is known to plan its ladder. */
export class SourceProbe {
  readonly #options: SourceProbeOptions;
  readonly #descriptions = new Map<'video' | 'audio', Buffer>();
  #frames: Frame[] = [];
  #sizeBytes = 0;
  #hasVideoConfig = false;
  #hasAudioConfig = false;
  #firstKeyMs: number | undefined;
  #keys = 0;
  #lastVideoMs = 0;
  #firstAudioMs: number | undefined;
  #lastAudioMs = 0;

  constructor(options: SourceProbeOptions) {
    this.#options = options;
  }

  add(media: Media): void {
    if (media.type === 'config') return this.#addConfig(media.config);
    const { frame } = media;
    if (frame.kind === 'audio' && this.#hasAudioConfig) this.#addAudio(frame);
    if (frame.kind === 'video' && this.#hasVideoConfig) this.#addVideo(frame);
  }

  /** Frames of one format only: what came before another one is forgotten. */
  #addConfig(config: VideoConfig | AudioConfig): void {
    const old = this.#descriptions.get(config.kind);
    this.#descriptions.set(config.kind, config.description);
    if (config.kind === 'video') this.#hasVideoConfig = true;
    else this.#hasAudioConfig = true;
    if (old === undefined || old.equals(config.description)) return;
    this.#clear();
    this.#firstKeyMs = undefined;
    this.#firstAudioMs = undefined;
    this.#keys = 0;
  }

  /**
   * The collected frames, from the first key frame on, once the source is known.
   * @param options.isKnown it is like one that was looked at before.
   */
  take(facts: () => SourceFacts, options: { isKnown: boolean } = { isKnown: false }): Frame[] | undefined {
    const isEnough = options.isKnown && (this.#firstKeyMs !== undefined || (!this.#hasVideoConfig && this.#firstAudioMs !== undefined));
    if (!isEnough && !this.#isKnown(facts)) return undefined;
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  #addAudio(frame: Frame): void {
    this.#firstAudioMs ??= frame.dtsMs;
    this.#lastAudioMs = frame.dtsMs;
    this.#keep(frame);
  }

  #addVideo(frame: Frame): void {
    this.#lastVideoMs = frame.dtsMs;
    if (frame.isKey) this.#keys++;
    if (this.#firstKeyMs === undefined) {
      if (!frame.isKey) return; // nothing can be decoded before it
      this.#firstKeyMs = frame.dtsMs;
      // Audio from before the first picture would be heard over nothing.
      this.#frames = this.#frames.filter((audio) => audio.ptsMs >= frame.ptsMs);
    }
    this.#keep(frame);
  }

  #keep(frame: Frame): void {
    this.#frames.push(frame);
    this.#sizeBytes += frame.payload.length;
    // Sound for which no picture comes.
    if (this.#firstKeyMs === undefined && this.#isFull()) this.#clear();
  }

  #clear(): void {
    this.#frames = [];
    this.#sizeBytes = 0;
  }

  #isFull(): boolean {
    return this.#sizeBytes > MAX_BYTES || this.#frames.length > MAX_FRAMES;
  }

  /** A camera that is off: its configuration came, and no picture after it. */
  #hasOnlySound(): boolean {
    return this.#hasAudioConfig && this.#firstAudioMs !== undefined && this.#lastAudioMs - this.#firstAudioMs >= NO_PICTURE_MS;
  }

  #isKnown(facts: () => SourceFacts): boolean {
    if (!this.#hasVideoConfig) return this.#hasAudioConfig && this.#firstAudioMs !== undefined && this.#lastAudioMs - this.#firstAudioMs >= AUDIO_ONLY_MS;
    if (this.#firstKeyMs === undefined) return this.#hasOnlySound();
    if (this.#isFull()) return true;
    const spanMs = this.#lastVideoMs - this.#firstKeyMs;
    if (!this.#hasAudioConfig && spanMs < AUDIO_WAIT_MS) return false;
    if (this.#keys > 1) return true;
    const waitMs = this.#options.mustPass ? MUST_PASS_WAIT_MS : this.#options.maxKeyFrameIntervalSec * 1000 + MARGIN_MS;
    return spanMs >= waitMs && facts().fps > 0;
  }
}
