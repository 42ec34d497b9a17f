import type { Log } from './log.js';
import { messageOf } from './errors.js';

/** Something with a lifetime. Both methods are idempotent; `stop` resolves only when sockets, children and timers are gone. */
export interface Component {
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface NamedComponent {
  name: string;
  component: Component;
}

const STOP_DEADLINE_MS = 10_000;

/** Starts components in order and stops them in reverse. A failed start stops what had started; a stop ends the start. */
export class Lifecycle implements Component {
  readonly #parts: NamedComponent[];
  readonly #log: Log;
  readonly #stopDeadlineMs: number;
  readonly #started: NamedComponent[] = [];
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  /** @param options.stopDeadlineMs how long the stop of one part may take; 10 s when left out. */
  constructor(options: { parts: NamedComponent[]; log: Log; stopDeadlineMs?: number }) {
    this.#parts = options.parts;
    this.#log = options.log;
    this.#stopDeadlineMs = options.stopDeadlineMs ?? STOP_DEADLINE_MS;
  }

  /** Resolves early, with nothing left running, when `stop` comes in between. */
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
      } catch (error) {
        await part.component.stop().catch(() => undefined);
        await this.#stopStarted();
        throw error;
      }
      // Here and not with the others: a start that outlasts the deadline of the stop ends nobody else's.
      if (this.#stopping) await this.#stopPart(part);
      else this.#started.push(part);
    }
  }

  async #stopAll(): Promise<void> {
    await this.#inTime('a component did not start in time to be stopped', {}, this.#starting?.catch(() => undefined));
    await this.#stopStarted();
  }

  async #stopStarted(): Promise<void> {
    for (let part = this.#started.pop(); part; part = this.#started.pop()) await this.#stopPart(part);
  }

  async #stopPart({ name, component }: NamedComponent): Promise<void> {
    await this.#inTime('component did not stop cleanly', { component: name }, component.stop());
  }

  async #inTime(problem: string, fields: Record<string, unknown>, work: Promise<void> | undefined): Promise<void> {
    await withDeadline(Promise.resolve(work), this.#stopDeadlineMs).catch((error: unknown) => {
      this.#log.error(problem, { ...fields, error: messageOf(error) });
    });
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

/** Work that goes on by itself, and that a stop waits for. What is added never rejects. */
export class PendingWork implements Component {
  readonly #work = new Set<Promise<void>>();

  add(work: Promise<void>): void {
    const kept = work.finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    await Promise.all(this.#work);
  }
}
