import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import type { Log, ProcessExit } from '../../platform/index.js';
import { AppError, messageOf, Process } from '../../platform/index.js';
import type { AudioConfig, Frame, Media, VideoConfig } from '../../streams/index.js';
import { FlvReader, parseFlvTag } from '../../streams/index.js';
import { EncodeSupervision } from './encode-supervision.js';
import { MatroskaWriter } from './matroska.js';

export interface EncodeOptions {
  ffmpegPath: string;
  args: string[];
  /** Rendition of each output pipe. */
  outputs: string[];
  /** The tracks of the source that are given. */
  configs: (VideoConfig | AudioConfig)[];
  /** Broadcast clock of the first frame that is given, and of the first that is to come out, ms. */
  startMs: number;
  firstShownMs: number;
  log: Log;
}

export interface EncodeEvents {
  media: [rendition: string, media: Media];
  /** FFmpeg is below real time for 5 s. */
  slow: [];
  /** FFmpeg ended without being asked to. */
  crashed: [exit: ProcessExit];
}

export interface EncodeStats {
  pid: number;
  /** Media seconds made in a second; 1 is real time. */
  speed: number;
  lagMs: number;
  droppedFrames: number;
}

/** Coded source that FFmpeg may be behind; past it, frames are dropped up to the next key frame. */
const MAX_WAITING_BYTES = 16 << 20;
/** Further behind than this, frames are dropped: the sound and the other rungs do not wait for ever. */
const MAX_LAG_MS = 5_000;
/** FLV times, which come out, have 31 bits in FFmpeg; each run counts from here, so only a run of 24 days would meet the end. */
const RUN_START_MS = 10_000;
const MAX_TAG_BYTES = 8 << 20;
const SAMPLE_INTERVAL_MS = 500;

/** One run of FFmpeg: the source in on stdin, renditions out on pipes, watched by what comes out of them. */
export class Encode extends EventEmitter<EncodeEvents> {
  readonly #process: Process;
  readonly #log: Log;
  readonly #input = new MatroskaWriter();
  readonly #supervision = new EncodeSupervision();
  readonly #doneMs = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  /** The broadcast's clock at zero of this run, ms. */
  readonly #zeroMs: number;
  readonly #hasVideo: boolean;
  #state: 'running' | 'finishing' | 'ended' = 'running';
  readonly #fedMs = { video: 0, audio: 0 };
  #isDropping = false;
  #droppedFrames = 0;
  #wasHung = false;

  private constructor(process: Process, options: EncodeOptions) {
    super();
    this.#process = process;
    this.#log = options.log;
    this.#hasVideo = options.configs.some(({ kind }) => kind === 'video');
    this.#zeroMs = options.startMs - RUN_START_MS;
    process.stdin.write(this.#input.header(options.configs));
    options.outputs.forEach((rendition, i) => {
      this.#doneMs.set(rendition, options.firstShownMs);
      this.#read(rendition, process.output(i));
    });
    this.#timer = setInterval(() => this.#watch(), SAMPLE_INTERVAL_MS);
    void process.exited.then((exit) => this.#end(exit));
  }

  /** @throws {ProcessNotStarted} when FFmpeg cannot be executed. */
  static async start(options: EncodeOptions): Promise<Encode> {
    const process = await Process.start({ command: options.ffmpegPath, args: options.args, outputs: options.outputs.length });
    options.log.info('encode started', { renditions: options.outputs.join(','), pid: process.pid });
    return new Encode(process, options);
  }

  /** The time that FFmpeg itself sees, seconds, of a moment in a run that starts at `startMs` of the broadcast's clock. */
  static runTimeSec(momentMs: number, startMs: number): number {
    return (momentMs - startMs + RUN_START_MS) / 1000;
  }

  /** Gives a frame on the broadcast's clock to FFmpeg. */
  write(frame: Frame): void {
    if (this.#state !== 'running' || this.#mustDrop(frame)) return;
    const { stdin } = this.#process;
    stdin.cork();
    stdin.write(this.#input.frameHeader(frame, Math.max(0, Math.round(frame.ptsMs - this.#zeroMs))));
    stdin.write(frame.payload);
    stdin.uncork();
    this.#fedMs[frame.kind] = Math.max(this.#fedMs[frame.kind], frame.dtsMs);
  }

  stats(): EncodeStats {
    return { pid: this.#process.pid, speed: this.#supervision.speed, lagMs: this.#supervision.lagMs, droppedFrames: this.#droppedFrames };
  }

  /** No more input: FFmpeg finishes what it has, within the deadline, and is gone. */
  async finish(deadlineMs: number): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'finishing';
      this.#process.stdin.end();
    }
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), deadlineMs);
    await this.#process.exited;
    clearTimeout(timer);
  }

  #mustDrop(frame: Frame): boolean {
    const isFull = this.#process.stdin.writableLength > MAX_WAITING_BYTES || this.#lagMs() > MAX_LAG_MS;
    const isStart = frame.isKey && frame.kind === (this.#hasVideo ? 'video' : 'audio');
    if (this.#isDropping && !isFull && isStart) this.#isDropping = false;
    if (isFull && !this.#isDropping) {
      this.#isDropping = true;
      this.#log.warn('FFmpeg does not keep up; dropping frames up to a key frame', { waitingBytes: this.#process.stdin.writableLength, lagMs: Math.round(this.#lagMs()) });
    }
    if (this.#isDropping) this.#droppedFrames++;
    return this.#isDropping;
  }

  #read(rendition: string, pipe: Readable): void {
    const reader = new FlvReader({ maxTagBytes: MAX_TAG_BYTES, onTag: (tag) => {
      const media = parseFlvTag(tag.type, tag.timestampMs + this.#zeroMs, tag.body);
      if (media === undefined) return;
      if (media.type === 'frame') this.#doneMs.set(rendition, media.frame.ptsMs);
      this.emit('media', rendition, media);
    } });
    pipe.on('error', () => undefined); // the exit tells why
    pipe.on('data', (chunk: Buffer) => {
      try {
        reader.write(chunk);
      } catch (error) {
        const what = error instanceof AppError ? 'FFmpeg wrote something that is not FLV' : 'an encoded frame could not be handled';
        this.#log.error(what, { rendition, error: messageOf(error), fault: 'bug' });
        this.#process.kill('SIGKILL');
      }
    });
  }

  #watch(): void {
    const fedMs = Math.max(this.#fedMs.video, this.#fedMs.audio);
    if (fedMs === 0 || this.#state !== 'running') return;
    this.#supervision.add({ wallMs: performance.now(), fedMs, doneMs: fedMs - this.#lagMs() });
    const verdict = this.#supervision.verdict();
    if (verdict === 'slow') this.emit('slow');
    if (verdict === 'hung' && !this.#wasHung) {
      this.#wasHung = true;
      this.#log.error('FFmpeg made nothing for 5 s and is killed', { pid: this.#process.pid });
      this.#process.kill('SIGKILL');
    }
  }

  /** Of the slowest output behind its own track: pictures that stopped coming are no fault of FFmpeg. */
  #lagMs(): number {
    const lags = [...this.#doneMs].map(([rendition, doneMs]) => this.#fedMs[rendition === 'audio' ? 'audio' : 'video'] - doneMs);
    return Math.max(0, ...lags);
  }

  #end(exit: ProcessExit): void {
    const wasAsked = this.#state === 'finishing';
    this.#state = 'ended';
    clearInterval(this.#timer);
    if (!wasAsked) this.emit('crashed', exit);
    this.removeAllListeners();
  }
}
