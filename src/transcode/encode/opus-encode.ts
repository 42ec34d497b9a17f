import type { Log, ProcessExit } from '../../platform/index.js';
import { messageOf, Process } from '../../platform/index.js';
import type { AudioConfig, Frame } from '../../streams/index.js';
import { MatroskaWriter } from './matroska.js';
import { opusPacketOf, ticksNear, TsReader } from './ts-reader.js';
import type { PesPacket } from './ts-reader.js';

export interface OpusPacket {
  /** On the broadcast's clock, ms. */
  ptsMs: number;
  /** One Opus packet (RFC 6716 §3). */
  payload: Buffer;
}

export interface OpusEncodeOptions {
  ffmpegPath: string;
  config: AudioConfig;
  onPacket: (packet: OpusPacket) => void;
  log: Log;
}

/** A frame this long is a packet; shorter ones would double the packets to send. */
const PACKET_MS = 20;
const BITRATE_KBPS = 96;
const TICKS_PER_MS = 90;
/** Coded sound that FFmpeg may be behind; with more, it hangs. */
const MAX_WAITING_BYTES = 256 << 10;
const RESTART_MS = 2_000;
const STOP_LIMIT_MS = 1_000;
const RUN_START_MS = 10_000;

/** Turns the sound of a broadcast into Opus, by an FFmpeg of its own, for as long as somebody listens. */
export class OpusEncode {
  readonly #options: OpusEncodeOptions;
  #state: 'open' | 'closed' = 'open';
  #run: OpusRun | undefined;
  #starting: Promise<void> | undefined;
  #restart: NodeJS.Timeout | undefined;
  #setEnded: () => void = () => undefined;
  /** Resolves after the close, when FFmpeg is gone. */
  readonly ended = new Promise<void>((resolve) => { this.#setEnded = resolve; });

  constructor(options: OpusEncodeOptions) {
    this.#options = options;
  }

  /** @param frame on the broadcast's clock. The first ones, until FFmpeg runs, are left out. */
  push(frame: Frame): void {
    if (this.#state === 'closed') return;
    if (this.#run !== undefined) this.#run.write(frame);
    else if (this.#starting === undefined && this.#restart === undefined) this.#starting = this.#start();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#restart);
    void this.#end();
  }

  async #end(): Promise<void> {
    await this.#starting;
    await this.#run?.stop();
    this.#run = undefined;
    this.#setEnded();
  }

  async #start(): Promise<void> {
    try {
      this.#run = await OpusRun.start(this.#options, () => this.#runEnded());
    } catch (error) {
      this.#options.log.error('FFmpeg could not be started for Opus', { error: messageOf(error) });
      this.#runEnded();
    }
    this.#starting = undefined;
  }

  #runEnded(): void {
    if (this.#state === 'closed') return;
    this.#run = undefined;
    this.#restart = setTimeout(() => { this.#restart = undefined; }, RESTART_MS);
    this.#restart.unref();
  }
}

/** One FFmpeg: AAC in on stdin, Opus out on stdout. */
class OpusRun {
  readonly #process: Process;
  readonly #input = new MatroskaWriter();
  readonly #onPacket: OpusEncodeOptions['onPacket'];
  readonly #log: Log;
  #startMs: number | undefined;
  /** Time of the packet before, 90 kHz. */
  #ticks = RUN_START_MS * TICKS_PER_MS;
  #isStopping = false;

  private constructor(process: Process, { config, onPacket, log }: OpusEncodeOptions, onEnded: () => void) {
    this.#process = process;
    this.#onPacket = onPacket;
    this.#log = log;
    process.stdin.write(this.#input.header([config]));
    const reader = new TsReader({ onPes: (packet) => this.#takePes(packet) });
    process.stdout.on('error', () => undefined); // the exit tells why
    process.stdout.on('data', (chunk: Buffer) => this.#read(reader, chunk));
    void process.exited.then((exit) => {
      this.#logEnd(exit);
      onEnded();
    });
  }

  static async start(options: OpusEncodeOptions, onEnded: () => void): Promise<OpusRun> {
    const process = await Process.start({ command: options.ffmpegPath, args: opusArguments(), stdout: true });
    options.log.info('Opus encode started', { pid: process.pid });
    return new OpusRun(process, options, onEnded);
  }

  write(frame: Frame): void {
    this.#startMs ??= frame.ptsMs;
    const { stdin } = this.#process;
    if (stdin.writableLength > MAX_WAITING_BYTES) return this.#process.kill('SIGKILL');
    stdin.cork();
    stdin.write(this.#input.frameHeader(frame, Math.max(0, Math.round(frame.ptsMs - this.#startMs + RUN_START_MS))));
    stdin.write(frame.payload);
    stdin.uncork();
  }

  /** Resolves when it is gone, within a second. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_LIMIT_MS);
    await this.#process.exited;
    clearTimeout(timer);
  }

  /** FFmpeg calls it an error when its input ends before the first sound; who stopped listening by then knows better. */
  #logEnd({ code, signal, stderr }: ProcessExit): void {
    if (this.#isStopping) this.#log.info('Opus encode ended');
    else if (code !== 0) this.#log.error('FFmpeg for Opus ended unexpectedly', { code, signal, stderr: stderr.slice(-3).join(' | ') });
  }

  #read(reader: TsReader, chunk: Buffer): void {
    try {
      reader.write(chunk);
    } catch (error) {
      this.#log.error('FFmpeg wrote something that is not Opus in MPEG-TS', { error: messageOf(error), fault: 'bug' });
      this.#process.kill('SIGKILL');
    }
  }

  #takePes({ pts, data }: PesPacket): void {
    if (this.#startMs === undefined) return;
    this.#ticks = ticksNear(this.#ticks, pts);
    this.#onPacket({ ptsMs: this.#startMs - RUN_START_MS + this.#ticks / TICKS_PER_MS, payload: opusPacketOf(data) });
  }
}

function opusArguments(): string[] {
  return [
    '-hide_banner', '-nostdin',
    '-loglevel', 'error',
    '-nostats',
    '-probesize', '32', // the header says all
    '-analyzeduration', '1',
    '-f', 'matroska', '-i', 'pipe:0',
    '-af', 'aresample=48000:async=1', // sound that is missing becomes silence, so packets can be counted
    '-ac', '2',
    '-c:a', 'libopus',
    '-b:a', `${BITRATE_KBPS}k`,
    '-application', 'lowdelay', // no look-ahead for speech
    '-frame_duration', String(PACKET_MS),
    '-copyts', // times as they came
    '-muxdelay', '0',
    '-muxpreload', '0',
    '-pes_payload_size', '0', // each packet leaves as soon as it is made; Ogg would keep one back
    '-flush_packets', '1',
    '-f', 'mpegts', 'pipe:1',
  ];
}
