import type { Log } from './log.js';
import { messageOf } from './errors.js';

/** Something with a lifetime. Both methods are idempotent; `stop` resolves only when sockets, children and timers are gone. */
export interface Component {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface NamedComponent {
  name: string;
  component: Component;
  /** How long `stop` may take, ms. */
  stopDeadlineMs?: number;
}

const DEFAULT_STOP_DEADLINE_MS = 10_000;

/** Starts components in order and stops them in reverse. A failed start stops what had started. */
export class Lifecycle implements Component {
  readonly #parts: NamedComponent[];
  readonly #log: Log;
  #started: NamedComponent[] = [];
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: { parts: NamedComponent[]; log: Log }) {
    this.#parts = options.parts;
    this.#log = options.log;
  }

  start(): Promise<void> {
    this.#starting ??= this.#startAll();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #startAll(): Promise<void> {
    for (const part of this.#parts) {
      if (this.#stopping) return;
      try {
        await part.component.start();
        this.#started.push(part);
      } catch (error) {
        await part.component.stop().catch(() => undefined);
        await this.stop();
        throw error;
      }
    }
  }

  async #stopAll(): Promise<void> {
    for (const part of this.#started.reverse()) {
      const deadlineMs = part.stopDeadlineMs ?? DEFAULT_STOP_DEADLINE_MS;
      await withDeadline(part.component.stop(), deadlineMs).catch((error: unknown) => {
        this.#log.error('component did not stop cleanly', { component: part.name, error: messageOf(error) });
      });
    }
    this.#started = [];
  }
}

/** Rejects when `work` has not settled within `deadlineMs`. The work itself goes on. */
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
