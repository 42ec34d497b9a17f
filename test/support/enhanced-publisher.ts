import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Tag } from './enhanced.js';
import { RtmpClient } from './rtmp-client.js';

export interface EnhancedPublisherOptions {
  /** Such as `rtmp://127.0.0.1:41234/live/<key>`. */
  url: string;
  tags: Tag[];
  /** How long the tags are, ms; they start anew after it, with later times. Played once when left out. */
  loopMs?: number;
}

/** An encoder that sends these tags at the pace of their times, over RTMP; it hangs up with the test. */
export class EnhancedPublisher {
  readonly client: RtmpClient;
  readonly #stopped = new AbortController();
  /** Settles when everything is sent, or the publisher was stopped. */
  readonly done: Promise<void>;

  private constructor(client: RtmpClient, options: EnhancedPublisherOptions) {
    this.client = client;
    this.done = this.#play(options);
  }

  static async start(t: Test, options: EnhancedPublisherOptions): Promise<EnhancedPublisher> {
    const { port, pathname } = new URL(options.url);
    const client = await RtmpClient.publish({ port: Number(port), key: pathname.split('/').at(-1) ?? '' });
    const publisher = new EnhancedPublisher(client, options);
    t.after(() => publisher.stop());
    return publisher;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.done;
    this.client.drop();
    await this.client.closed;
  }

  async #play({ tags, loopMs }: EnhancedPublisherOptions): Promise<void> {
    const startMs = performance.now() - (tags[0]?.timestampMs ?? 0);
    for (let round = 0; round === 0 || loopMs !== undefined; round++) {
      for (const { type, timestampMs, body } of tags) {
        const timeMs = timestampMs + round * (loopMs ?? 0);
        const waitMs = startMs + timeMs - performance.now();
        if (waitMs > 2) await delay(waitMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
        if (this.#stopped.signal.aborted) return;
        this.client.send(type, timeMs, body, { chunkStream: type === 8 ? 4 : 6 });
      }
    }
  }
}
