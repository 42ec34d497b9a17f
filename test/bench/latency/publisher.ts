import { once } from 'node:events';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Encoding } from './encoding.js';
import { FlvFrames } from './flv-frames.js';
import type { FlvFrame } from './flv-frames.js';
import { paint } from './pattern.js';

export interface PublisherOptions {
  ffmpegPath: string;
  url: string;
  width: number;
  height: number;
  fps: number;
  kbps: number;
  encoding: Encoding;
}

/** One picture on its way, all times ms since 1970. */
export interface SentFrame {
  paintedMs: number;
  /** When the encoder gave it out; undefined while it has it. */
  encodedMs: number | undefined;
  /** Coded, as it is in the stream. */
  sizeBytes: number;
}

type Encoder = ChildProcessByStdio<Writable, Readable, Readable>;

/** Rows of background beyond the picture, through which it scrolls. */
const SCROLL_ROWS = 240;
const FRAMES_KEPT = 9_000;
const CHROMA = 128;

/** A publisher whose pictures carry the time at which they were painted. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #encoder: Encoder;
  readonly #background: Buffer;
  readonly #sent: SentFrame[] = [];
  #firstKept = 0;
  #firstPtsMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastWords = '';
  #skipped = 0;

  private constructor(options: PublisherOptions, encoder: Encoder) {
    this.#options = options;
    this.#encoder = encoder;
    this.#background = makeBackground(options.width, options.height + SCROLL_ROWS);
    const frames = new FlvFrames((frame) => this.#onEncoded(frame));
    encoder.stdout.on('data', (chunk: Buffer) => frames.push(chunk));
    encoder.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-500);
    });
    encoder.stdin.on('error', () => undefined);
  }

  static async start(options: PublisherOptions): Promise<Publisher> {
    const encoder = spawn(options.ffmpegPath, encoderArguments(options), { stdio: ['pipe', 'pipe', 'pipe'] });
    await once(encoder, 'spawn');
    const publisher = new Publisher(options, encoder);
    publisher.#paintAll();
    return publisher;
  }

  get pid(): number {
    return this.#encoder.pid ?? -1;
  }

  /** Pictures that went out, oldest first; only late ones. */
  get sent(): readonly SentFrame[] {
    return this.#sent;
  }

  /** Pictures that were not painted, because the encoder had not taken the one before. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Why it is not publishing any more; undefined while it is. */
  get failure(): string | undefined {
    return this.#encoder.exitCode === null && this.#encoder.signalCode === null ? undefined : `the publisher ended: ${this.#lastWords.trim()}`;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.failure !== undefined) return;
    const gone = once(this.#encoder, 'exit');
    this.#encoder.kill('SIGKILL');
    await gone;
  }

  #paintAll(): void {
    const startMs = performance.now();
    let count = 0;
    const next = (): void => {
      if (this.failure !== undefined) return;
      // A picture that nobody takes would carry a time that is long past when it is.
      if (this.#encoder.stdin.writableNeedDrain) this.#skipped++;
      else this.#encoder.stdin.write(this.#paint(count));
      count++;
      this.#timer = setTimeout(next, Math.max(0, startMs + (count * 1000) / this.#options.fps - performance.now()));
    };
    next();
  }

  #paint(count: number): Buffer {
    const { width, height } = this.#options;
    const luma = width * height;
    const frame = Buffer.allocUnsafe((luma * 3) / 2);
    const row = (count * 2) % SCROLL_ROWS;
    this.#background.copy(frame, 0, row * width, row * width + luma);
    frame.fill(CHROMA, luma);
    const paintedMs = Date.now();
    paint(frame, { width, height }, paintedMs);
    this.#sent.push({ paintedMs, encodedMs: undefined, sizeBytes: 0 });
    if (this.#sent.length > FRAMES_KEPT) {
      this.#sent.shift();
      this.#firstKept++;
    }
    return frame;
  }

  /** With B-frames, pictures leave the encoder in another order than they came: their times tell which they are. */
  #onEncoded({ sizeBytes, ptsMs }: FlvFrame): void {
    this.#firstPtsMs ??= ptsMs;
    const number = Math.round(((ptsMs - this.#firstPtsMs) * this.#options.fps) / 1000);
    const frame = this.#sent[number - this.#firstKept];
    if (frame === undefined) return;
    frame.encodedMs = Date.now();
    frame.sizeBytes = sizeBytes;
  }
}

/** Smooth waves with a little grain: costs an encoder about what a face and a wall do. */
function makeBackground(width: number, height: number): Buffer {
  const luma = Buffer.alloc(width * height);
  let noise = 1;
  for (let i = 0; i < luma.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) >>> 0;
    luma[i] = 110 + 50 * Math.sin(x / 37) * Math.cos(y / 23) + (noise >>> 29);
  }
  return luma;
}

function encoderArguments({ url, width, height, fps, kbps, encoding }: PublisherOptions): string[] {
  const keyInterval = String(encoding.gopSec * fps);
  return [
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    // Raw pictures need no looking into before they are passed on.
    '-probesize', '32', '-analyzeduration', '0', '-fflags', 'nobuffer',
    '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`, '-framerate', String(fps), '-i', 'pipe:0',
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-map', '0:v', '-map', '1:a',
    '-c:v', 'libx264', ...encoding.x264, '-pix_fmt', 'yuv420p',
    '-g', keyInterval, '-keyint_min', keyInterval, '-sc_threshold', '0',
    '-b:v', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps}k`,
    '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
    '-flags', '+global_header', '-flush_packets', '1',
    // The second copy tells when each picture left the encoder, and how large it is.
    '-f', 'tee', `[f=flv:flvflags=no_duration_filesize]${url}|[f=flv:flvflags=no_duration_filesize]pipe\\:1`,
  ];
}
