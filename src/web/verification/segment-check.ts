import { webContentCid } from '../../archive/browser.js';
import type { NamedContent } from '../../archive/browser.js';
import type { FileCheck } from '../playback/engine.js';
import { AUDIO_ONLY } from '../playback/quality.js';
import { fetchBytes } from './file-sources.js';
import type { FileSource } from './file-sources.js';
import { ManifestFeed } from './manifest-feed.js';
import type { ManifestFeedOptions } from './manifest-feed.js';
import { NOTHING_CHECKED } from './check-status.js';
import type { Amiss, CheckStatus } from './check-status.js';

/** Nobody has the bytes that were signed. */
export class SegmentRefused extends Error {
  constructor(name: string) {
    super(`${name} is not what was signed, and nobody has what was`);
    this.name = 'SegmentRefused';
  }
}

export interface SegmentCheckOptions extends Pick<ManifestFeedOptions, 'broadcast' | 'load' | 'everyMs'> {
  /** Where to ask for what came wrong; called when the first one did. */
  sources: (signal: AbortSignal) => Promise<FileSource[]>;
  fetchBytes?: typeof fetchBytes;
}

/** A file, and where on the timeline it is shown. */
interface Placed {
  name: string;
  startSec: number;
  endSec: number;
}

/** The picture stops a little before what it lacks. */
const AHEAD_SEC = 1;

/** Compares every file of a broadcast with its signed manifest before it is played, and gets the right one elsewhere when it is wrong. */
export class SegmentCheck implements FileCheck {
  readonly #options: SegmentCheckOptions;
  readonly #feed: ManifestFeed;
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();
  #sources: Promise<FileSource[]> | undefined;
  /** Played before their signature came. */
  #waiting: (Placed & { cid: string })[] = [];
  /** Nobody has them right. */
  #failed: Placed[] = [];
  #status = NOTHING_CHECKED;

  constructor(options: SegmentCheckOptions) {
    this.#options = options;
    this.#feed = new ManifestFeed({ broadcast: options.broadcast, load: options.load, everyMs: options.everyMs, onChanged: () => this.#onManifest() });
  }

  get status(): CheckStatus {
    return this.#status;
  }

  /** What is amiss at this place: `unsigned` when the signature of what is shown has not come yet, a file's name when nobody has it right. */
  amissAt(sec: number): Amiss {
    const failed = this.#failed.find(({ startSec, endSec }) => startSec - AHEAD_SEC <= sec && sec < endSec);
    if (failed !== undefined) return { failed: failed.name };
    return this.#waiting.some(({ startSec, endSec }) => startSec <= sec && sec < endSec) ? 'unsigned' : undefined;
  }

  /** Calls back after each change of the status; returns the way to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async check(file: { url: string; startSec: number; endSec: number }, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const placed = { ...file, name: nameOf(file.url) };
    const signed = await this.#feed.find(placed.name);
    if (signed === undefined) return this.#unsigned(placed, bytes);
    if (!(await isContent(bytes, signed))) return this.#recover(placed, signed, AbortSignal.any([signal, this.#ended.signal]));
    this.#verified(placed);
    return bytes;
  }

  close(): void {
    this.#ended.abort();
    this.#feed.close();
    this.#listeners.clear();
  }

  /** On air the signature comes some seconds later: holding what is new would put all viewers that far behind. */
  async #unsigned(placed: Placed, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#feed.manifest?.isFinal) {
      this.#change({ refused: this.#status.refused + 1 });
      throw this.#refusal(placed);
    }
    const cid = (await webContentCid(bytes)).toString();
    this.#waiting = [...this.#waiting.filter(({ name }) => name !== placed.name), { ...placed, cid }];
    // Its signature may have come while it was hashed.
    this.#settle();
    return bytes;
  }

  async #recover(file: Placed & { url: string }, { cid, sizeBytes }: NamedContent, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    this.#change({ refused: this.#status.refused + 1 });
    const read = this.#options.fetchBytes ?? fetchBytes;
    this.#sources ??= this.#options.sources(this.#ended.signal);
    for (const source of await this.#sources) {
      const bytes = await read(source.addressOf({ url: file.url, cid: cid.toString() }), { maxBytes: sizeBytes, signal });
      if (bytes === undefined) continue;
      if (await isContent(bytes, { cid, sizeBytes })) {
        this.#verified(file, { recovered: [...this.#status.recovered, { name: file.name, from: source.name }] });
        return bytes;
      }
      this.#change({ refused: this.#status.refused + 1 });
    }
    throw this.#refusal(file);
  }

  #refusal({ name, startSec, endSec }: Placed): SegmentRefused {
    this.#failed = [...this.#failed.filter((other) => other.name !== name), { name, startSec, endSec }];
    return new SegmentRefused(name);
  }

  /** Another rung's picture of the same moment stands in for one that failed. */
  #verified(file: Placed, more: Partial<CheckStatus> = {}): void {
    this.#failed = this.#failed.filter((other) => !standsIn(file, other));
    this.#change({ verified: this.#status.verified + 1, ...more });
  }

  #onManifest(): void {
    const { manifest, broken } = this.#feed;
    this.#change({ isLoaded: true, key: manifest?.key, problem: broken?.message });
    this.#settle();
  }

  /** What was played ahead of its signature is compared with it now. */
  #settle(): void {
    const settled = this.#waiting.map((file) => ({ file, signed: this.#feed.peek(file.name)?.cid.toString() }));
    const count = (isIt: (one: (typeof settled)[number]) => boolean) => settled.filter(isIt).length;
    this.#waiting = settled.filter(({ signed }) => signed === undefined).map(({ file }) => file);
    this.#change({
      waiting: this.#waiting.length,
      verified: this.#status.verified + count(({ file, signed }) => signed === file.cid),
      playedWrong: this.#status.playedWrong + count(({ file, signed }) => signed !== undefined && signed !== file.cid),
    });
  }

  #change(part: Partial<CheckStatus>): void {
    this.#status = { ...this.#status, ...part };
    for (const listener of this.#listeners) listener();
  }
}

/** `/media/<broadcast>/720p/12.m4s?x` is signed as `720p/12.m4s`. */
function nameOf(url: string): string {
  return (url.split(/[?#]/)[0] ?? '').split('/').slice(-2).join('/');
}

async function isContent(bytes: Uint8Array<ArrayBuffer>, { cid, sizeBytes }: NamedContent): Promise<boolean> {
  return bytes.length === sizeBytes && (await webContentCid(bytes)).equals(cid);
}

function standsIn(file: Placed, failed: Placed): boolean {
  const isSound = ({ name }: Placed) => name.startsWith(`${AUDIO_ONLY}/`);
  return file.name === failed.name || (isSound(file) === isSound(failed) && file.startSec < failed.endSec && failed.startSec < file.endSec);
}
