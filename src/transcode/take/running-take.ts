import type { Log, ProcessExit } from '../../platform/index.js';
import type { AudioConfig, Frame, Media, RenditionMedia, Take, VideoConfig } from '../../streams/index.js';
import { Encode } from '../encode/encode.js';
import type { EncodeStats } from '../encode/encode.js';
import { ffmpegArguments, ffmpegOutputs } from '../encode/ffmpeg-arguments.js';
import type { FfmpegArgumentsOptions } from '../encode/ffmpeg-arguments.js';
import type { LadderPlan } from '../ladder.js';
import { RecentGroup } from './recent-group.js';
import { Silence } from './silence.js';

export interface RunningTakeOptions {
  take: Take;
  plan: LadderPlan;
  /** The formats of the source, which do not change while the take runs. */
  configs: (VideoConfig | AudioConfig)[];
  onMedia: (media: RenditionMedia) => void;
  /** The source's own sound, where it is Opus. */
  onOpus: (media: RenditionMedia) => void;
  log: Log;
}

export interface EncodeStart {
  ffmpegPath: string;
  preset: string;
  /** Pictures a second of the source. */
  fps: number;
  /** Broadcast clock of the first frame that is to come out, ms. */
  resumeMs: number;
  /** Frames that FFmpeg decodes and does not show: the pictures after them are made from them. */
  replayed: Frame[];
  onSlow: () => void;
  onCrashed: (exit: ProcessExit) => void;
}

/** One take while it runs: source frames on the broadcast's clock in, renditions out, FFmpeg beside it. */
export class RunningTake {
  readonly plan: LadderPlan;
  /** For a new FFmpeg in the middle; empty where the source's pictures pass, since their next key frame is near. */
  readonly group = new RecentGroup();
  readonly #take: Take;
  readonly #configs: RunningTakeOptions['configs'];
  readonly #onMedia: RunningTakeOptions['onMedia'];
  readonly #onOpus: RunningTakeOptions['onOpus'] | undefined;
  readonly #log: Log;
  readonly #silence: Silence | undefined;
  #hasSaidSilence = false;
  #encode: Encode | undefined;

  constructor(options: RunningTakeOptions) {
    this.plan = options.plan;
    this.#take = options.take;
    this.#configs = options.configs;
    this.#onMedia = options.onMedia;
    this.#onOpus = this.#audio?.codec === 'opus' ? options.onOpus : undefined;
    this.#log = options.log;
    this.#silence = this.#passes('audio') && this.#audio !== undefined ? Silence.of(this.#audio) : undefined;
  }

  get isEncoding(): boolean {
    return this.#encode !== undefined;
  }

  stats(): EncodeStats | undefined {
    return this.#encode?.stats();
  }

  /** Tells the formats of what passes. */
  announce(): void {
    for (const { name, kind, origin } of this.#take.renditions) {
      const config = this.#configs.find((one) => one.kind === kind);
      if (origin === 'passthrough' && config !== undefined) this.#emit(name, { type: 'config', config });
    }
    if (this.#audio !== undefined) this.#onOpus?.({ type: 'config', config: this.#audio, take: this.#take.number, rendition: 'audio' });
  }

  /** @throws {ProcessNotStarted} when FFmpeg cannot be executed. */
  async startEncode(start: EncodeStart): Promise<void> {
    const outputs = ffmpegOutputs(this.plan);
    if (outputs.length === 0) return;
    const { resumeMs, replayed } = start;
    const startMs = replayed[0]?.dtsMs ?? resumeMs;
    const skipBeforeSec = replayed.length === 0 ? undefined : Encode.runTimeSec(resumeMs, startMs);
    const args = ffmpegArguments({ plan: this.plan, preset: start.preset, ...this.#source(start.fps), skipBeforeSec });
    const encode = await Encode.start({ ffmpegPath: start.ffmpegPath, args, outputs, configs: this.#encodedConfigs(), startMs, firstShownMs: resumeMs, log: this.#log });
    this.#encode = encode;
    encode.on('media', (rendition, media) => this.#emit(rendition, media));
    encode.on('slow', start.onSlow);
    encode.on('crashed', (exit) => {
      this.#encode = undefined;
      start.onCrashed(exit);
    });
    if (this.#isEncoded('video')) for (const frame of replayed) encode.write(frame);
  }

  /** @param frame on the broadcast's clock. */
  deliver(frame: Frame): void {
    for (const passed of this.#silence?.pass(frame) ?? [frame]) this.#pass(passed);
    if (frame.kind === 'audio') this.#onOpus?.({ type: 'frame', frame, take: this.#take.number, rendition: 'audio' });
    if (this.#silence?.isFilling && !this.#hasSaidSilence) {
      this.#hasSaidSilence = true;
      this.#log.warn('sound is missing; silence stands in for it');
    }
    if (this.#isEncoded(frame.kind)) this.#encode?.write(frame);
    if (frame.kind === 'video' && !this.#passes('video')) this.group.add(frame);
  }

  /** FFmpeg brings out what it has, within the deadline, and is gone. */
  async finish(deadlineMs: number): Promise<void> {
    const encode = this.#encode;
    this.#encode = undefined;
    await encode?.finish(deadlineMs);
  }

  #pass(frame: Frame): void {
    for (const { name, kind, origin } of this.#take.renditions) {
      if (origin === 'passthrough' && kind === frame.kind) this.#emit(name, { type: 'frame', frame });
    }
  }

  #emit(rendition: string, media: Media): void {
    this.#onMedia({ ...media, take: this.#take.number, rendition });
  }

  get #audio(): AudioConfig | undefined {
    return this.#configs.find((config) => config.kind === 'audio');
  }

  #passes(kind: 'video' | 'audio'): boolean {
    return this.#take.renditions.some((rendition) => rendition.kind === kind && rendition.origin === 'passthrough');
  }

  #isEncoded(kind: 'video' | 'audio'): boolean {
    return kind === 'video' ? this.plan.encoded.length > 0 : this.plan.encodedAudioKbps !== undefined;
  }

  /** The tracks of the source that FFmpeg has to read. */
  #encodedConfigs(): RunningTakeOptions['configs'] {
    return this.#configs.filter(({ kind }) => this.#isEncoded(kind));
  }

  #source(fps: number): Pick<FfmpegArgumentsOptions, 'isInterlaced' | 'sourceCodec' | 'sourceAudioCodec' | 'sourceMpxPerSec'> {
    const video = this.#configs.find((config) => config.kind === 'video');
    const sourceAudioCodec = this.#audio?.codec;
    if (video === undefined) return { isInterlaced: false, sourceCodec: 'h264', sourceAudioCodec, sourceMpxPerSec: 0 };
    return { sourceAudioCodec, isInterlaced: video.interlaced, sourceCodec: video.codec, sourceMpxPerSec: (video.width * video.height * fps) / 1e6 };
  }
}
