import { ManifestBroken, readCar, SignedChain } from '../../archive/browser.js';
import type { Manifest, NamedContent } from '../../archive/browser.js';

export interface ManifestFeedOptions {
  /** Whose manifest it has to be. */
  broadcast?: string | undefined;
  /** The blocks from a number on, as CAR; undefined while there are none. */
  load: (from: number, signal: AbortSignal) => Promise<Uint8Array | undefined>;
  /** How often to ask for more, ms; undefined for what is over. */
  everyMs?: number | undefined;
  /** There is more of it, or it turned out to be wrong. */
  onChanged: () => void;
}

/** The signed manifest of a broadcast, checked as it comes: all at once when it is over, block by block while it is on air. */
export class ManifestFeed {
  readonly #options: ManifestFeedOptions;
  readonly #chain: SignedChain;
  readonly #ended = new AbortController();
  #broken: ManifestBroken | undefined;
  #isLoaded = false;
  #loading: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: ManifestFeedOptions) {
    this.#options = options;
    this.#chain = new SignedChain({ broadcast: options.broadcast });
    if (options.everyMs !== undefined) this.#timer = setInterval(() => void this.refresh().catch(() => undefined), options.everyMs);
  }

  /** Undefined before the first block. */
  get manifest(): Manifest | undefined {
    return this.#chain.manifest;
  }

  /** Why nothing that the server says of this broadcast counts. */
  get broken(): ManifestBroken | undefined {
    return this.#broken;
  }

  /** What was signed under a name, once the manifest is there. @throws when it does not come, or is not true */
  async find(name: string): Promise<NamedContent | undefined> {
    if (!this.#isLoaded) await this.refresh();
    if (this.#broken !== undefined) throw this.#broken;
    return this.#chain.find(name);
  }

  /** The same, of what is here already. */
  peek(name: string): NamedContent | undefined {
    return this.#broken === undefined ? this.#chain.find(name) : undefined;
  }

  /** Asks for what is new; calls at the same time share one request. @throws when it does not come */
  refresh(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  close(): void {
    this.#ended.abort();
    clearInterval(this.#timer);
  }

  async #load(): Promise<void> {
    const bytes = await this.#options.load(this.#chain.length, this.#ended.signal);
    await this.#add(bytes === undefined ? [] : readCar(bytes).blocks);
    this.#isLoaded = true;
    if (this.#broken !== undefined || this.manifest?.isFinal) clearInterval(this.#timer);
    this.#options.onChanged();
  }

  async #add(blocks: Uint8Array[]): Promise<void> {
    try {
      for (const block of blocks) await this.#chain.add(block);
    } catch (error) {
      if (!(error instanceof ManifestBroken)) throw error;
      this.#broken = error;
    }
  }
}
