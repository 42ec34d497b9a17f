import { setTimeout as delay } from 'node:timers/promises';
import type { SourceFile } from '../ingest/publisher.js';
import type { Child, Children } from '../measure/children.js';

export interface ComingAndGoingOptions {
  ffmpegPath: string;
  source: SourceFile;
  urls: string[];
  children: Children;
  seed: number;
}

const LIVE_SEC = { least: 15, most: 90 };
const AWAY_SEC = { least: 1, most: 12 };

/** One encoder for each stream that starts, sends for a while, ends in order or is killed, and comes back. */
export class ComingAndGoing {
  readonly #options: ComingAndGoingOptions;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>[];
  readonly counts = { started: 0, endedInOrder: 0, killed: 0, ended: 0 };
  #random: number;

  constructor(options: ComingAndGoingOptions) {
    this.#options = options;
    this.#random = options.seed;
    this.#running = options.urls.map((url) => this.#loop(url));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async #loop(url: string): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#wait(AWAY_SEC);
      if (signal.aborted) return;
      const child = await this.#publish(url);
      this.counts.started++;
      await this.#wait(LIVE_SEC);
      await this.#end(child);
    }
  }

  async #end(child: Child): Promise<void> {
    if (child.hasExited) {
      this.counts.ended++;
    } else if (this.#next() < 0.5 && !this.#stopping.signal.aborted) {
      this.counts.killed++;
      process.kill(child.pid, 'SIGKILL');
    } else {
      this.counts.endedInOrder++;
    }
    await child.stop();
  }

  #publish(url: string): Promise<Child> {
    const { ffmpegPath, source, children } = this.#options;
    const args = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', '-re', '-stream_loop', '-1', '-i', source.file, '-c', 'copy', '-flvflags', 'no_duration_filesize', '-f', 'flv', url];
    return children.start({ command: ffmpegPath, args, graceMs: 3_000 });
  }

  async #wait({ least, most }: { least: number; most: number }): Promise<void> {
    const sec = least + this.#next() * (most - least);
    await delay(sec * 1000, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** Park and Miller's generator, 0 to 1. */
  #next(): number {
    this.#random = (this.#random * 16_807) % 2_147_483_647;
    return this.#random / 2_147_483_647;
  }
}
