import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Log, ProcessExit } from '../../platform/index.js';
import { Process } from '../../platform/index.js';
import type { Media, RenditionMedia, Take } from '../../streams/index.js';
import { FlvReader, parseFlvTag } from '../../streams/index.js';
import { FileRefused, FileRunEnded, FileSinkFull } from './errors.js';
import { RUN_START_SEC } from './file-arguments.js';
import type { FilePlan } from './file-plan.js';
import { MAX_TAG_BYTES, NICENESS } from './file-probe.js';
import { Interleave } from './interleave.js';

/** Takes a file's renditions, at its own pace. A package of the packager fits. */
export interface FileSink {
  startTake(take: Take): void;
  push(media: RenditionMedia): void;
  finishTake(): void;
  /** More than it writes at once is waiting. */
  readonly isFull: boolean;
  /** What can be written is written: when it is full then, there is no room. */
  settled(): Promise<void>;
}

export interface FileRunOptions {
  ffmpegPath: string;
  args: string[];
  plan: FilePlan;
  durationSec: number;
  sink: FileSink;
  /** 0 to 1. */
  onProgress: (share: number) => void;
  signal: AbortSignal;
  log: Log;
}

const WATCH_EVERY_MS = 2_000;
/** FFmpeg that makes nothing for so long is stopped. */
const MAX_STALL_MS = 120_000;
/** A slow machine needs a multiple of the duration; nothing needs more. */
const MAX_SLOWNESS = 40;
const LEAST_TIME_MS = 600_000;
const MAX_RESIDENT_BYTES = 3 * 2 ** 30;
const PAGE_BYTES = 4096;
/** FFmpeg ends well on a file that it could decode only a part of. */
const LEAST_SHARE = 0.9;
const LEAST_MISSING_MS = 2_000;
const MAX_INTERLEAVED_BYTES = 48 << 20;
const TAKE = 0;
/** Sent by somebody; with others FFmpeg fell over the file by itself. */
const SENT_SIGNALS = new Set<NodeJS.Signals>(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

/** One run of FFmpeg over a file into a sink, which sets the pace. */
export class FileRun {
  readonly #options: FileRunOptions;
  readonly #process: Process;
  readonly #outputs: Readable[];
  readonly #interleave: Interleave;
  readonly #doneMs = new Map<string, number>();
  readonly #configured = new Set<string>();
  readonly #startedMs = performance.now();
  #movedMs = performance.now();
  #isWaiting = false;
  #failure: unknown;

  private constructor(process: Process, options: FileRunOptions) {
    this.#options = options;
    this.#process = process;
    const names = options.plan.renditions.map(({ name }) => name);
    this.#outputs = names.map((_, i) => process.output(i));
    this.#interleave = new Interleave({ renditions: names, maxWaitingBytes: MAX_INTERLEAVED_BYTES, onMedia: (rendition, media) => this.#pass(rendition, media) });
    for (const [i, name] of names.entries()) this.#read(name, process.output(i));
  }

  /**
   * Runs to the end of the file; what the sink has then is complete.
   * @throws {FileRefused} when FFmpeg cannot read it, or needs too much for it. @throws {ProcessNotStarted} {FileRunEnded} {FileSinkFull}
   */
  static async toEnd(options: FileRunOptions): Promise<void> {
    const { ffmpegPath, args, plan, signal, log } = options;
    signal.throwIfAborted();
    const process = await Process.start({ command: ffmpegPath, args, outputs: plan.renditions.length, niceness: NICENESS });
    log.info('encode of a file started', { renditions: plan.renditions.map(({ name }) => name).join(','), pid: process.pid });
    options.sink.startTake({ number: TAKE, renditions: plan.renditions, keyFrameIntervalMs: plan.keyFrameIntervalMs });
    await new FileRun(process, options).#finish();
  }

  async #finish(): Promise<void> {
    const { signal, sink } = this.#options;
    const timer = setInterval(() => void this.#watch(), WATCH_EVERY_MS);
    const exit = await this.#process.exitedWithin({ signal });
    clearInterval(timer);
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    this.#checkEnd(exit);
    sink.finishTake();
  }

  #read(rendition: string, pipe: Readable): void {
    const reader = new FlvReader({ maxTagBytes: MAX_TAG_BYTES, onTag: (tag) => {
      const media = parseFlvTag(tag.type, tag.timestampMs, tag.body);
      if (media !== undefined) this.#interleave.add(rendition, media);
    } });
    pipe.on('error', () => undefined); // the exit tells why
    pipe.on('end', () => this.#guard(() => this.#interleave.end(rendition)));
    pipe.on('data', (chunk: Buffer) => {
      this.#guard(() => reader.write(chunk));
      this.#wait();
    });
  }

  #guard(work: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #pass(rendition: string, media: Media): void {
    if (media.type === 'config') {
      if (this.#configured.has(rendition)) throw new FileRefused('damaged', 'the format of this file changes in the middle: export it anew in one piece');
      this.#configured.add(rendition);
      this.#options.sink.push({ type: 'config', take: TAKE, rendition, config: media.config });
      return;
    }
    this.#movedMs = performance.now();
    this.#doneMs.set(rendition, media.frame.ptsMs);
    this.#options.sink.push({ type: 'frame', take: TAKE, rendition, frame: media.frame });
  }

  /** Pipes that are not read make FFmpeg wait: nothing of a file is dropped. */
  #wait(): void {
    const { sink } = this.#options;
    if (this.#isWaiting || this.#failure !== undefined || !sink.isFull) return;
    this.#isWaiting = true;
    for (const pipe of this.#outputs) pipe.pause();
    const settled = sink.settled().then(() => {
      if (sink.isFull) throw new FileSinkFull();
    });
    void settled.catch((error: unknown) => this.#fail(error)).finally(() => { // also then: pipes that are not read have no end
      this.#isWaiting = false;
      this.#movedMs = performance.now();
      for (const pipe of this.#outputs) pipe.resume();
    });
  }

  /** Where the slowest rendition is, ms of the file. */
  #slowestMs(): number {
    const ends = this.#options.plan.renditions.map(({ name }) => this.#doneMs.get(name) ?? 0);
    return Math.max(0, Math.min(...ends) - RUN_START_SEC * 1000);
  }

  async #watch(): Promise<void> {
    const { durationSec, onProgress } = this.#options;
    onProgress(Math.min(1, this.#slowestMs() / 1000 / durationSec));
    const nowMs = performance.now();
    if (!this.#isWaiting && nowMs - this.#movedMs > MAX_STALL_MS) this.#fail(new FileRefused('too_heavy', `FFmpeg made nothing of this file for ${MAX_STALL_MS / 1000} s`));
    if (nowMs - this.#startedMs > Math.max(LEAST_TIME_MS, durationSec * 1000 * MAX_SLOWNESS)) this.#fail(new FileRefused('too_heavy', 'this file takes this machine too long'));
    if ((await residentBytes(this.#process.pid)) > MAX_RESIDENT_BYTES) this.#fail(new FileRefused('too_heavy', 'this file takes more memory than it may'));
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#process.kill('SIGKILL');
  }

  #checkEnd({ code, signal, stderr }: ProcessExit): void {
    const doneMs = this.#slowestMs();
    const wholeMs = this.#options.durationSec * 1000;
    if (signal !== undefined && SENT_SIGNALS.has(signal)) throw new FileRunEnded(signal, { cause: stderr.join(' | ') });
    if (code !== 0) throw new FileRefused('damaged', 'FFmpeg could not read this file to its end', { cause: stderr.join(' | ') });
    if (wholeMs - doneMs <= LEAST_MISSING_MS || doneMs >= LEAST_SHARE * wholeMs) return;
    throw new FileRefused('damaged', `this file is damaged: ${Math.round(doneMs / 1000)} of ${Math.round(wholeMs / 1000)} seconds could be read`, { cause: stderr.join(' | ') });
  }
}

/** Memory that a process holds; 0 where the system does not say. */
async function residentBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
  return (Number(text.split(' ')[1]) || 0) * PAGE_BYTES;
}
