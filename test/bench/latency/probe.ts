import { readFragments } from '../../support/fragment-reading.js';
import { readMediaPlaylist } from '../../support/playlist-reading.js';
import type { ReadPlaylist } from '../../support/playlist-reading.js';
import type { SentFrame } from './publisher.js';

/** A part on its way to a player, by its last picture. Times are ms since 1970. */
export interface PartArrival {
  /** Of its last picture. */
  paintedMs: number;
  encodedMs: number;
  /** When the playlist that lists it had come. */
  listedMs: number;
  /** When its bytes had. */
  fetchedMs: number;
}

const ENOUGH_SIZES = 3;

/** A player without a screen: waits for each part of the source, fetches it, and finds its pictures among those that were sent. */
export class Probe {
  readonly #playlistUrl: string;
  readonly #sent: () => readonly SentFrame[];
  readonly #ended = new AbortController();
  readonly #arrivals: PartArrival[] = [];
  #running: Promise<void> = Promise.resolve();
  #errors = 0;

  constructor(options: { playlistUrl: string; sent: () => readonly SentFrame[] }) {
    this.#playlistUrl = options.playlistUrl;
    this.#sent = options.sent;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Every part that it got. */
  async stop(): Promise<{ arrivals: PartArrival[]; errors: number }> {
    this.#ended.abort();
    await this.#running;
    return { arrivals: this.#arrivals, errors: this.#errors };
  }

  async #run(): Promise<void> {
    let query = '';
    while (!this.#ended.signal.aborted) {
      try {
        query = await this.#next(query);
      } catch {
        if (this.#ended.signal.aborted) return;
        this.#errors++;
        query = '';
      }
    }
  }

  /** Reads one playlist and what is new in it; gives back the question for the next. */
  async #next(query: string): Promise<string> {
    const response = await fetch(this.#playlistUrl + query, { signal: this.#ended.signal });
    if (!response.ok) throw new Error(`${response.status}`);
    const playlist = readMediaPlaylist(await response.text());
    const listedMs = Date.now();
    const last = playlist.open ?? playlist.segments.at(-1);
    const part = last?.parts.at(-1);
    if (last === undefined) throw new Error('an empty playlist');
    if (query !== '' && part !== undefined) await this.#fetch(part.uri, listedMs);
    return nextQuery(playlist, last);
  }

  async #fetch(uri: string, listedMs: number): Promise<void> {
    const response = await fetch(new URL(uri, this.#playlistUrl), { signal: this.#ended.signal });
    if (!response.ok) throw new Error(`${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const fetchedMs = Date.now();
    const sizes = readFragments(bytes).flatMap(({ samples }) => samples.map(({ sizeBytes }) => sizeBytes));
    const frame = findLast(this.#sent(), sizes);
    if (frame?.encodedMs !== undefined) this.#arrivals.push({ paintedMs: frame.paintedMs, encodedMs: frame.encodedMs, listedMs, fetchedMs });
  }
}

function nextQuery({ open }: ReadPlaylist, last: { number: number; parts: unknown[] }): string {
  return open === undefined ? `?_HLS_msn=${last.number + 1}&_HLS_part=0` : `?_HLS_msn=${open.number}&_HLS_part=${last.parts.length}`;
}

/** The picture that a run of coded sizes ends with: passed on untouched, their sizes are their fingerprint. */
function findLast(sent: readonly SentFrame[], sizes: number[]): SentFrame | undefined {
  if (sizes.length < ENOUGH_SIZES) return undefined;
  for (let end = sent.length - 1; end >= sizes.length - 1; end--) {
    if (sizes.every((size, i) => sent[end - sizes.length + 1 + i]?.sizeBytes === size)) return sent[end];
  }
  return undefined;
}
