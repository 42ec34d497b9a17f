import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Component, Log } from '../platform/index.js';
import { messageOf, Process, runProcess } from '../platform/index.js';
import type { EncodeCost } from './ladder.js';

export interface CalibrationOptions {
  ffmpegPath: string;
  preset: string;
  dataDir: string;
  /** Whether nothing is encoded: a measurement would be wrong, and would disturb. */
  isIdle: () => boolean;
  log: Log;
}

const stored = z.object({
  machine: z.string(),
  decodePerMpx: z.number().positive(),
  encodePerMpx: z.number().positive(),
});

/** Used until this machine has been measured: an ordinary core of 2020. */
const ASSUMED: EncodeCost = { decodePerMpx: 0.003, encodePerMpx: 0.016 };
const SECONDS = 4;
const SOURCE = { width: 1920, height: 1080, fps: 30 };
const RUNG = { width: 1280, height: 720 };
/** The measurement waits for what is live. */
const NICENESS = 19;
const TIMEOUT_MS = 120_000;
/** A streamer who starts the server and goes live at once is not disturbed. */
const IDLE_CHECK_MS = 20_000;

/** Measures once, in the background, what decoding and encoding cost on this machine, and remembers it in the data folder. */
export class Calibration implements Component {
  readonly #options: CalibrationOptions;
  #cost = ASSUMED;
  #measuring: Promise<void> | undefined;
  #stopped = false;
  #running: Process | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CalibrationOptions) {
    this.#options = options;
  }

  get cost(): EncodeCost {
    return this.#cost;
  }

  async start(): Promise<void> {
    const machine = await this.#machine();
    const known = await this.#read();
    if (known?.machine === machine) {
      this.#use(known);
      return;
    }
    this.#timer = setInterval(() => this.#measureWhenIdle(machine), IDLE_CHECK_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#running?.kill('SIGKILL');
    await this.#measuring;
  }

  #measureWhenIdle(machine: string): void {
    if (!this.#options.isIdle()) return;
    clearInterval(this.#timer);
    this.#measuring = this.#measure(machine).catch((error: unknown) => {
      if (!this.#stopped) this.#options.log.warn('calibration failed; assuming an ordinary machine', { error: messageOf(error) });
    });
  }

  #use(cost: EncodeCost): void {
    this.#cost = { decodePerMpx: cost.decodePerMpx, encodePerMpx: cost.encodePerMpx };
  }

  async #measure(machine: string): Promise<void> {
    const { log, dataDir } = this.#options;
    await mkdir(dataDir, { recursive: true });
    const folder = await mkdtemp(path.join(dataDir, 'calibration-'));
    try {
      const source = path.join(folder, 'source.mp4');
      const { width, height, fps } = SOURCE;
      // Noise keeps the encoder as busy as a camera does.
      await this.#run(['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${fps},noise=alls=12:allf=t`, '-t', String(SECONDS), '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '6M', '-pix_fmt', 'yuv420p', source]);
      const decodeSec = await this.#run(['-i', source, '-f', 'null', '-']);
      const bothSec = await this.#run(['-i', source, '-vf', `scale=${RUNG.width}:${RUNG.height}`, '-c:v', 'libx264', '-preset', this.#options.preset, '-bf', '0', '-crf', '23', '-maxrate', '2800k', '-bufsize', '2800k', '-x264-params', 'rc-lookahead=0:mbtree=0', '-f', 'null', '-']);
      const cost = {
        decodePerMpx: decodeSec / ((width * height * fps * SECONDS) / 1e6),
        encodePerMpx: Math.max(0.0001, (bothSec - decodeSec) / ((RUNG.width * RUNG.height * fps * SECONDS) / 1e6)),
      };
      this.#use(cost);
      await writeFile(this.#file(), `${JSON.stringify({ machine, ...cost }, null, 2)}\n`);
      log.info('machine measured for the ladder', { decodePerMpx: Number(cost.decodePerMpx.toFixed(5)), encodePerMpx: Number(cost.encodePerMpx.toFixed(5)) });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Runs FFmpeg to its end; returns the CPU seconds that it took. */
  async #run(args: string[]): Promise<number> {
    if (this.#stopped) throw new Error('stopped');
    const child = await Process.start({ command: this.#options.ffmpegPath, args: ['-hide_banner', '-y', '-nostdin', '-benchmark', '-loglevel', 'info', ...args], niceness: NICENESS });
    this.#running = child;
    const exit = await child.exitedWithin({ timeoutMs: TIMEOUT_MS });
    const line = exit.stderr.findLast((text) => text.startsWith('bench: utime='));
    const seconds = [...(line ?? '').matchAll(/(?:utime|stime)=([\d.]+)s/g)].map((match) => Number(match[1]));
    if (exit.code !== 0 || seconds.length !== 2) throw new Error(`FFmpeg could not be measured: ${exit.stderr.at(-1) ?? 'it printed nothing'}`);
    return seconds.reduce((sum, value) => sum + value, 0);
  }

  async #machine(): Promise<string> {
    const { ffmpegPath, preset } = this.#options;
    const { stdout } = await runProcess({ command: ffmpegPath, args: ['-version'], timeoutMs: 10_000 });
    const processors = cpus();
    return [processors[0]?.model ?? 'unknown', processors.length, preset, stdout.split('\n')[0] ?? ''].join(' / ');
  }

  async #read(): Promise<z.infer<typeof stored> | undefined> {
    try {
      return stored.parse(JSON.parse(await readFile(this.#file(), 'utf8')));
    } catch {
      return undefined; // not measured yet, or written by another version: measured again
    }
  }

  #file(): string {
    return path.join(this.#options.dataDir, 'calibration.json');
  }
}
