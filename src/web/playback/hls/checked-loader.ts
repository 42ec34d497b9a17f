import Hls, { type FragmentLoaderConstructor, type FragmentLoaderContext, type HlsConfig, type Loader, type LoaderCallbacks, type LoaderConfiguration, type LoaderContext, type LoaderResponse } from 'hls.js';
import type { FileCheck } from '../engine.js';

/** hls.js does not ask again after a 4xx, and plays another rendition where it has one: what all sources have wrong stays wrong. */
const REFUSED = { code: 409, text: 'not what was signed' };

/** What hls.js loads segments with, so that it gets only what was looked at. */
export function checkedLoader(check: FileCheck): FragmentLoaderConstructor {
  return class extends CheckedLoader {
    constructor(config: HlsConfig) {
      super(config, check);
    }
  };
}

class CheckedLoader implements Loader<FragmentLoaderContext> {
  readonly #inner: Loader<LoaderContext>;
  readonly #check: FileCheck;
  readonly #ended = new AbortController();
  context: FragmentLoaderContext | null = null;

  constructor(config: HlsConfig, check: FileCheck) {
    this.#inner = new Hls.DefaultConfig.loader(config);
    this.#check = check;
  }

  get stats(): Loader<LoaderContext>['stats'] {
    return this.#inner.stats;
  }

  load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<FragmentLoaderContext>): void {
    this.context = context;
    this.#inner.load(context, config, {
      onSuccess: (response, stats, _context, details) => void this.#pass(context, response).then(
        (checked) => { if (!this.#ended.signal.aborted) callbacks.onSuccess(checked, stats, context, details); },
        () => { if (!this.#ended.signal.aborted) callbacks.onError(REFUSED, context, details, stats); },
      ),
      onError: (error, _context, details, stats) => callbacks.onError(error, context, details, stats),
      onTimeout: (stats, _context, details) => callbacks.onTimeout(stats, context, details),
      onAbort: (stats, _context, details) => callbacks.onAbort?.(stats, context, details),
    });
  }

  abort(): void {
    this.#ended.abort();
    this.#inner.abort();
  }

  destroy(): void {
    this.#ended.abort();
    this.#inner.destroy();
    this.context = null;
  }

  getCacheAge(): number | null {
    return this.#inner.getCacheAge?.() ?? null;
  }

  getResponseHeader(name: string): string | null {
    return this.#inner.getResponseHeader?.(name) ?? null;
  }

  async #pass({ frag, url }: FragmentLoaderContext, response: LoaderResponse): Promise<LoaderResponse> {
    if (!(response.data instanceof ArrayBuffer)) throw new TypeError(`${url} came without bytes`);
    const bytes = await this.#check.check({ url, startSec: frag.start, endSec: frag.end }, new Uint8Array(response.data), this.#ended.signal);
    return { ...response, data: bytes.buffer };
  }
}
