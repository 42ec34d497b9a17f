import type { Log } from '../../platform/index.js';
import type { TranscodeConfig } from '../config.js';
import type { EncodeCost } from '../ladder.js';
import { fileArguments } from './file-arguments.js';
import { planFile } from './file-plan.js';
import type { FilePlan } from './file-plan.js';
import { probeFile } from './file-probe.js';
import type { FileProbe, FileTools } from './file-probe.js';
import { FileRun } from './file-run.js';
import type { FileSink } from './file-run.js';

export interface FileTranscodeOptions {
  tools: FileTools;
  config: TranscodeConfig;
  ladder: 'auto' | 'off' | string[];
  cost: EncodeCost;
  /** Threads that encoders may have, asked when they start. */
  threads: () => number;
  log: Log;
}

/** A stranger's file that was looked at, and what becomes of it. */
export class FileTranscode {
  readonly #options: FileTranscodeOptions;
  readonly #probe: FileProbe;
  readonly #plan: FilePlan;

  private constructor(probe: FileProbe, options: FileTranscodeOptions) {
    this.#options = options;
    this.#probe = probe;
    this.#plan = planFile({ probe, config: options.config, ladder: options.ladder, cost: options.cost });
  }

  /** @throws {FileRefused} with the reason in plain words. @throws {ProcessNotStarted} */
  static async open(file: string, options: FileTranscodeOptions, signal: AbortSignal): Promise<FileTranscode> {
    return new FileTranscode(await probeFile(file, options.tools, signal), options);
  }

  /** Seconds. */
  get durationSec(): number {
    return this.#probe.walk.durationSec;
  }

  /** What its renditions take at most on the disk, bytes. */
  get sizeBytes(): number {
    const { video, audio } = this.#probe.walk;
    const copiedKbps = this.#plan.passesVideo ? video?.kbps ?? 0 : 0;
    const audioKbps = this.#plan.audio === 'passed' ? audio?.kbps ?? 0 : this.#options.config.audioBitrateKbps;
    const encodedKbps = this.#plan.encoded.reduce((sum, { bitrateKbps }) => sum + bitrateKbps, 0);
    return Math.round((copiedKbps + audioKbps + encodedKbps) * 125 * this.durationSec);
  }

  /** Gives every rendition to the sink, at its pace. @throws like {@link FileRun.toEnd} */
  async run(sink: FileSink, { onProgress, signal }: { onProgress: (share: number) => void; signal: AbortSignal }): Promise<void> {
    const { tools, config, threads, log } = this.#options;
    const args = fileArguments({ probe: this.#probe, plan: this.#plan, preset: config.preset, audioBitrateKbps: config.audioBitrateKbps, threads: threads() });
    await FileRun.toEnd({ ffmpegPath: tools.ffmpegPath, args, plan: this.#plan, durationSec: this.durationSec, sink, onProgress, signal, log });
  }
}
