import { availableParallelism } from 'node:os';
import type { Component, Log } from '../platform/index.js';
import type { AudioConfig, SourceFacts } from '../streams/index.js';
import { Calibration } from './calibration.js';
import type { TranscodeConfig } from './config.js';
import { OpusEncode } from './encode/opus-encode.js';
import type { OpusPacket } from './encode/opus-encode.js';
import { FileTranscode } from './file/file-transcode.js';
import { SlateClips } from './slate/slate-clips.js';
import { Transcode } from './transcode.js';
import type { ResumedTranscode } from './transcode.js';

export interface TranscoderOptions {
  config: TranscodeConfig;
  ffmpegPath: string;
  dataDir: string;
  /** Paths of the pictures that stand in for a channel's publisher who is away, the best first. */
  slateImages: (channelId: string) => string[];
  log: Log;
}

/** The part of a broadcast that transcoding needs. */
export interface TranscodedBroadcast {
  id: string;
  startedAt: Date;
  channel: { id: string; slug: string; ladder: 'auto' | 'off' | string[] | undefined };
  meter: { facts(): SourceFacts };
}

/** The transcodes of all broadcasts; shares this machine's CPU among them. */
export class Transcoder implements Component {
  readonly #options: TranscoderOptions;
  readonly #calibration: Calibration;
  readonly #transcodes = new Set<Transcode>();
  readonly #slates: SlateClips;
  readonly #opusEncodes = new Set<OpusEncode>();

  constructor(options: TranscoderOptions) {
    this.#options = options;
    this.#slates = new SlateClips({ ffmpegPath: options.ffmpegPath, log: options.log });
    this.#calibration = new Calibration({
      ffmpegPath: options.ffmpegPath,
      preset: options.config.preset,
      dataDir: options.dataDir,
      isIdle: () => this.#transcodes.size === 0,
      log: options.log,
    });
  }

  async start(): Promise<void> {
    await this.#calibration.start();
  }

  async stop(): Promise<void> {
    const opusEncodes = [...this.#opusEncodes].map((encode) => {
      encode.close();
      return encode.ended;
    });
    await Promise.all([this.#calibration.stop(), this.#slates.stop(), ...opusEncodes, ...[...this.#transcodes].map((transcode) => this.close(transcode))]);
  }

  /** @param resumed where an earlier run of the server left it. */
  open(broadcast: TranscodedBroadcast, resumed?: ResumedTranscode): Transcode {
    const { config, ffmpegPath } = this.#options;
    const transcode: Transcode = new Transcode({
      startedAtMs: broadcast.startedAt.getTime(),
      config,
      ladder: () => broadcast.channel.ladder ?? config.ladder,
      ffmpegPath,
      facts: () => broadcast.meter.facts(),
      cost: () => this.#calibration.cost,
      coresFree: () => this.#coresFree(transcode),
      slate: { clips: this.#slates, images: () => this.#options.slateImages(broadcast.channel.id) },
      resumed,
      log: this.#options.log.child({ broadcast: broadcast.id, channel: broadcast.channel.slug }),
    });
    this.#transcodes.add(transcode);
    return transcode;
  }

  async close(transcode: Transcode): Promise<void> {
    await transcode.close();
    this.#transcodes.delete(transcode);
  }

  /** Sound as Opus, for as long as somebody listens; packets come on the broadcast's clock. */
  openOpus(config: AudioConfig, onPacket: (packet: OpusPacket) => void, log: Log): OpusEncode {
    const encode = new OpusEncode({ ffmpegPath: this.#options.ffmpegPath, config, onPacket, log });
    this.#opusEncodes.add(encode);
    void encode.ended.then(() => this.#opusEncodes.delete(encode));
    return encode;
  }

  /** Looks at a stranger's file. @throws {FileRefused} {ProcessNotStarted} */
  async openFile(file: string, options: { ladder: 'auto' | 'off' | string[] | undefined; signal: AbortSignal }): Promise<FileTranscode> {
    const { config, ffmpegPath, log } = this.#options;
    return FileTranscode.open(file, {
      tools: { ffmpegPath, ffprobePath: ffprobeBeside(ffmpegPath) },
      config,
      ladder: options.ladder ?? config.ladder,
      cost: this.#calibration.cost,
      threads: () => Math.max(1, Math.floor(this.#coresFree())),
      log,
    }, options.signal);
  }

  #coresFree(except?: Transcode): number {
    const others = [...this.#transcodes].filter((transcode) => transcode !== except);
    const planned = others.reduce((sum, transcode) => sum + transcode.plannedCores, 0);
    return availableParallelism() * this.#options.config.maxLoad - planned;
  }
}

/** The two come together. */
function ffprobeBeside(ffmpegPath: string): string {
  return ffmpegPath.replace(/ffmpeg(?=[^/\\]*$)/, 'ffprobe');
}
