import type { Test } from 'tap';
import type { Frame, Media, RenditionMedia, Take } from '../../src/streams/index.js';
import { SourceMeter } from '../../src/streams/source-meter.js';
import { Transcode } from '../../src/transcode/index.js';
import { SlateClips } from '../../src/transcode/slate/slate-clips.js';
import { makeFlv, readFlv, replay } from './flv.js';
import { recordingLog } from './log.js';
import { until } from './until.js';

export interface TranscodeOptions {
  ladder?: 'auto' | 'off' | string[];
  ffmpegPath?: string;
  rungs?: { name: string; shortSide: number; bitrateKbps: number }[];
  /** Shown while no publisher is there; nothing when left out. */
  slateImage?: string;
}

/** What a transcode gave for one rendition of one take. */
export interface Output {
  configs: Extract<RenditionMedia, { type: 'config' }>['config'][];
  frames: Frame[];
}

export type Item = { timeMs: number; media: Media };

/** A transcode with a meter before it, as the product joins them, and all that comes out. It is closed with the test. */
export class TranscodeHarness {
  readonly transcode: Transcode;
  readonly log = recordingLog();
  readonly takes: Take[] = [];
  readonly failures: string[] = [];
  finishedTakes = 0;
  readonly #meter = new SourceMeter();
  readonly #outputs = new Map<string, Output>();

  constructor(t: Test, options: TranscodeOptions = {}) {
    const rungs = options.rungs ?? [{ name: '180p', shortSide: 180, bitrateKbps: 300 }];
    const ffmpegPath = options.ffmpegPath ?? process.env['FFMPEG_PATH'] ?? 'ffmpeg';
    const { slateImage } = options;
    this.transcode = new Transcode({
      ...(slateImage === undefined ? {} : { slate: { clips: new SlateClips({ ffmpegPath, log: this.log }), images: () => [slateImage] } }),
      startedAtMs: Date.now(),
      config: { ffmpegPath: '', ladder: 'auto', rungs, preset: 'ultrafast', audioBitrateKbps: 96, maxLoad: 0.8, maxKeyFrameIntervalSec: 2.4 },
      ladder: () => options.ladder ?? 'auto',
      ffmpegPath,
      facts: () => this.#meter.facts(),
      cost: () => ({ decodePerMpx: 0.003, encodePerMpx: 0.016 }),
      coresFree: () => 16,
      log: this.log,
    });
    this.transcode.on('take', (take) => this.takes.push(take));
    this.transcode.on('media', (media) => this.#keep(media));
    this.transcode.on('takeFinished', () => { this.finishedTakes++; });
    this.transcode.on('failed', (reason) => this.failures.push(reason));
    t.after(() => this.transcode.close());
  }

  /** A publisher comes. */
  attach(): void {
    this.#meter.reset();
    this.transcode.attach();
  }

  readonly push = (media: Media): void => {
    this.#meter.measure(media);
    this.transcode.push(media);
  };

  /** Pushes at the pace of the timestamps, or so many times as fast. */
  async play(items: Item[], speed = 1, signal?: AbortSignal): Promise<void> {
    await replay(items, this.push, { speed, ...(signal ? { signal } : {}) });
  }

  output(take: number, rendition: string): Output {
    return this.#outputs.get(`${take} ${rendition}`) ?? { configs: [], frames: [] };
  }

  /** All takes of a rendition, in order. */
  allFrames(rendition: string): Frame[] {
    return this.takes.flatMap((take) => this.output(take.number, rendition).frames);
  }

  /** Process id of the running FFmpeg. */
  async pid(except?: number): Promise<number> {
    return until('FFmpeg runs', () => {
      const pid = this.transcode.status().encode?.pid;
      return pid === except ? undefined : pid;
    });
  }

  #keep(media: RenditionMedia): void {
    const key = `${media.take} ${media.rendition}`;
    const output = this.#outputs.get(key) ?? { configs: [], frames: [] };
    this.#outputs.set(key, output);
    if (media.type === 'config') output.configs.push(media.config);
    else output.frames.push(media.frame);
  }
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export interface SourceOptions {
  size?: string;
  fps?: number | string;
  seconds: number;
  keySec?: number;
  video?: string[];
  audio?: string[] | undefined;
  filter?: string;
}

/** A moving picture and a tone, coded by FFmpeg; `audio: undefined` leaves the tone out. */
export async function makeSource(options: SourceOptions): Promise<Item[]> {
  const { size = '320x240', fps = 30, seconds, keySec = 1, video = ['-bf', '0'], filter } = options;
  const audio = 'audio' in options ? options.audio : ['-c:a', 'aac', '-b:a', '96k'];
  return readFlv(await makeFlv([
    '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}`,
    ...(audio ? ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'] : []),
    '-t', String(seconds),
    ...(filter === undefined ? [] : ['-vf', filter, '-vsync', 'vfr']),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '1000', '-sc_threshold', '0', '-force_key_frames', `expr:gte(t,n_forced*${keySec})`, ...video,
    ...(audio ?? []),
  ]));
}

/** The same source, this much later. */
export function shifted(items: Item[], byMs: number): Item[] {
  return items.map(({ timeMs, media }) => ({
    timeMs: timeMs + byMs,
    media: media.type === 'config' ? media : { type: 'frame', frame: { ...media.frame, dtsMs: media.frame.dtsMs + byMs, ptsMs: media.frame.ptsMs + byMs } },
  }));
}

export const framesOf = (items: Item[], kind: 'video' | 'audio'): Frame[] => items.flatMap(({ media }) => (media.type === 'frame' && media.frame.kind === kind ? [media.frame] : []));
