import { setTimeout as delay } from 'node:timers/promises';

const RETRY_MS = 500;

/** A low-latency player without a picture: it waits for each part of a channel's source and fetches it. */
export class Reader {
  readonly #origin: string;
  readonly #slug: string;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  readonly counts = { playlists: 0, parts: 0, failures: 0 };

  constructor(options: { origin: string; slug: string }) {
    this.#origin = options.origin;
    this.#slug = options.slug;
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopping;
    let next = '';
    while (!signal.aborted) {
      try {
        next = await this.#step(next);
      } catch {
        if (signal.aborted) return;
        this.counts.failures++;
        next = '';
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Fetches the playlist that has come so far, and the newest part in it. Gives back what to wait for next. */
  async #step(query: string): Promise<string> {
    const text = (await this.#get(`/hls/${this.#slug}/source/index.m3u8${query}`)).toString();
    this.counts.playlists++;
    const newest = [...text.matchAll(/^#EXT-X-PART:.*URI="([^"]*\/(\d+)\.(\d+)\.m4s)"/gm)].at(-1);
    if (newest === undefined || text.includes('#EXT-X-ENDLIST')) throw new Error('nothing to play');
    const [, uri = '', msn, part] = newest;
    await this.#get(uri);
    this.counts.parts++;
    return `?_HLS_msn=${msn}&_HLS_part=${Number(part) + 1}&_HLS_skip=YES`;
  }

  async #get(where: string): Promise<Buffer> {
    const response = await fetch(`${this.#origin}${where}`, { signal: this.#stopping.signal });
    const body = Buffer.from(await response.arrayBuffer());
    if (!response.ok) throw new Error(`${where} answered ${response.status}`);
    return body;
  }
}
