import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { withDeadline } from '../../../src/platform/index.js';

export interface ChildOptions {
  command: string;
  args: string[];
  /** Replaces the environment of the benchmark, except for PATH, HOME and NODE_OPTIONS. */
  env?: Record<string, string>;
  cwd?: string;
  /** Keep stdout as a stream; otherwise it is discarded. */
  stdout?: boolean;
  /** Time between SIGTERM and SIGKILL on `stop`, ms. */
  graceMs?: number;
}

const KILL_DEADLINE_MS = 5_000;
const STDERR_CHARACTERS = 4_000;
const INHERITED = ['PATH', 'HOME', 'NODE_OPTIONS'];

/** A process of the benchmark, in a working folder and an environment of its own. */
export class Child {
  readonly #process: ChildProcess;
  readonly #graceMs: number;
  readonly #closed: Promise<unknown>;
  #stderr = '';

  private constructor(process: ChildProcess, graceMs: number) {
    this.#process = process;
    this.#graceMs = graceMs;
    this.#closed = once(process, 'close');
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS);
    });
  }

  /** Starts it and resolves once it runs. */
  static async start(options: ChildOptions): Promise<Child> {
    const process = spawn(options.command, options.args, {
      stdio: ['ignore', options.stdout ? 'pipe' : 'ignore', 'pipe'],
      env: { ...inherited(), ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    await once(process, 'spawn');
    return new Child(process, options.graceMs ?? 10_000);
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** How it ended, with the last line that it said. */
  get lastWords(): string {
    const how = this.#process.exitCode === null ? `on ${this.#process.signalCode ?? 'nothing'}` : `with ${this.#process.exitCode}`;
    return `exited ${how}: ${this.#stderr.trim().split('\n').at(-1) ?? ''}`;
  }

  get stdout(): Readable {
    if (this.#process.stdout === null) throw new Error('started without stdout');
    return this.#process.stdout;
  }

  /** Ends it: SIGTERM, then SIGKILL after the grace. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (!this.hasExited) this.#process.kill('SIGTERM');
    await withDeadline(this.#closed, this.#graceMs).catch(async () => {
      this.#process.kill('SIGKILL');
      await withDeadline(this.#closed, KILL_DEADLINE_MS);
    });
  }
}

/** Everything that the benchmark has started, so that nothing outlives it. */
export class Children {
  readonly #running: Child[] = [];

  async start(options: ChildOptions): Promise<Child> {
    const child = await Child.start(options);
    this.#running.push(child);
    return child;
  }

  /** The newest first: publishers before the server that they publish to. */
  async stopAll(): Promise<void> {
    await Promise.all(this.#running.splice(0).reverse().map((child) => child.stop()));
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }));
}
