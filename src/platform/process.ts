import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { AppError } from './errors.js';

export class ProcessNotStarted extends AppError {
  constructor(command: string, cause: unknown) {
    super('process_not_started', `${command} could not be started`, { expose: false, cause });
  }
}

export interface ProcessExit {
  /** Exit code, or undefined when a signal ended it. */
  code: number | undefined;
  signal: NodeJS.Signals | undefined;
  /** Last lines of stderr, oldest first. */
  stderr: string[];
}

export interface ProcessOptions {
  command: string;
  args: string[];
  /** Number of extra pipes, from file descriptor 3 on; the child writes, we read. */
  outputs?: number;
  /** Keep stdout as a stream; otherwise it is discarded. */
  stdout?: boolean;
  /** Scheduling priority, -20 (most) to 19 (least favourable). */
  niceness?: number;
}

const STDERR_LINES = 40;
const STDERR_LINE_LENGTH = 500;

/** A child process: argument array, no shell; the last lines of stderr are kept; one typed exit. */
export class Process {
  readonly #child: ChildProcess;
  readonly #stderr: string[] = [];
  readonly #exited: Promise<ProcessExit>;
  #partialLine = '';
  #hasExited = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#keepStderr(text));
    this.#exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#hasExited = true;
        if (this.#partialLine !== '') this.#keepStderr('\n');
        resolve({ code: code ?? undefined, signal: signal ?? undefined, stderr: this.#stderr });
      });
    });
  }

  /**
   * Starts a child and resolves once it runs.
   * @throws {ProcessNotStarted} when the command cannot be executed.
   */
  static async start(options: ProcessOptions): Promise<Process> {
    const extra = Array.from({ length: options.outputs ?? 0 }, () => 'pipe' as const);
    const niced = options.niceness !== undefined && options.niceness !== 0;
    const command = niced ? 'nice' : options.command;
    const args = niced ? ['-n', String(options.niceness), options.command, ...options.args] : options.args;
    const child = spawn(command, args, {
      stdio: ['pipe', options.stdout ? 'pipe' : 'ignore', 'pipe', ...extra],
      windowsHide: true,
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => reject(new ProcessNotStarted(options.command, cause)));
    });
    // A child that dies between two writes is reported by its exit, not by the broken pipe.
    child.stdin?.on('error', () => undefined);
    child.on('error', () => undefined);
    return new Process(child);
  }

  /** Process id, for logs and for tests that end it. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  get stdin(): Writable {
    return required(this.#child.stdin);
  }

  get stdout(): Readable {
    return required(this.#child.stdout);
  }

  /** Settles once, when the child is gone and its pipes are closed; never rejects. */
  get exited(): Promise<ProcessExit> {
    return this.#exited;
  }

  /** The same, and by then it is killed when the time is over or the signal aborts. */
  async exitedWithin({ timeoutMs, signal }: { timeoutMs?: number; signal?: AbortSignal }): Promise<ProcessExit> {
    const kill = (): void => this.kill('SIGKILL');
    const timer = timeoutMs === undefined ? undefined : setTimeout(kill, timeoutMs);
    signal?.addEventListener('abort', kill, { once: true });
    if (signal?.aborted) kill();
    const exit = await this.#exited;
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
    return exit;
  }

  /** What one of its pipes gives, whole once it has exited. If that is more than `maxBytes`, it is killed, and nothing is left. */
  collect(pipe: Readable, maxBytes: number): Buffer[] {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    pipe.on('error', () => undefined); // the exit tells why
    pipe.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= maxBytes) return void chunks.push(chunk);
      chunks.length = 0;
      this.kill('SIGKILL');
    });
    return chunks;
  }

  /** The nth extra pipe, file descriptor 3 + n. */
  output(n: number): Readable {
    const pipe = this.#child.stdio[3 + n];
    if (!pipe || !('read' in pipe)) throw new Error(`process has no output ${n}`);
    return pipe;
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#hasExited) this.#child.kill(signal);
  }

  #keepStderr(text: string): void {
    const lines = (this.#partialLine + text).split(/[\r\n]+/);
    this.#partialLine = (lines.pop() ?? '').slice(0, STDERR_LINE_LENGTH);
    for (const line of lines) {
      if (line !== '') this.#stderr.push(line.slice(0, STDERR_LINE_LENGTH));
    }
    this.#stderr.splice(0, Math.max(0, this.#stderr.length - STDERR_LINES));
  }
}

/** Runs a command to its end and returns what it printed, bounded to 1 MiB. */
export async function runProcess(options: ProcessOptions & { timeoutMs: number }): Promise<ProcessExit & { stdout: string }> {
  const child = await Process.start({ ...options, stdout: true });
  child.stdin.end();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes <= 1 << 20) chunks.push(chunk);
  });
  const exit = await child.exitedWithin(options);
  return { ...exit, stdout: Buffer.concat(chunks).toString('utf8') };
}

function required<T>(stream: T | null): T {
  if (stream === null) throw new Error('process was started without this stream');
  return stream;
}
