import type { Media } from '../../streams/index.js';

export interface InterleaveOptions {
  renditions: string[];
  /** What may wait for a rendition that is behind; past it, the others go on without it. */
  maxWaitingBytes: number;
  onMedia: (rendition: string, media: Media) => void;
}

/**
 * Brings the frames of several pipes into the order of their times: pipes are read in whatever order they fill, and the
 * packager gives up a rendition that is seconds behind.
 */
export class Interleave {
  readonly #waiting: Map<string, Media[]>;
  readonly #open: Set<string>;
  readonly #maxWaitingBytes: number;
  readonly #onMedia: InterleaveOptions['onMedia'];
  #waitingBytes = 0;

  constructor(options: InterleaveOptions) {
    this.#waiting = new Map(options.renditions.map((name) => [name, []]));
    this.#open = new Set(options.renditions);
    this.#maxWaitingBytes = options.maxWaitingBytes;
    this.#onMedia = options.onMedia;
  }

  add(rendition: string, media: Media): void {
    this.#waiting.get(rendition)?.push(media);
    this.#waitingBytes += sizeOf(media);
    this.#release();
  }

  /** Nothing more comes of a rendition. */
  end(rendition: string): void {
    this.#open.delete(rendition);
    this.#release();
  }

  #release(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const media = this.#waiting.get(next)?.shift();
      if (media === undefined) return;
      this.#waitingBytes -= sizeOf(media);
      this.#onMedia(next, media);
    }
  }

  /** The rendition whose turn it is; undefined while one that might be earlier has yet to come. */
  #next(): string | undefined {
    let first: { name: string; atMs: number } | undefined;
    for (const [name, [media]] of this.#waiting) {
      if (media === undefined && this.#open.has(name) && this.#waitingBytes <= this.#maxWaitingBytes) return undefined;
      if (media !== undefined && timeOf(media) < (first?.atMs ?? Infinity)) first = { name, atMs: timeOf(media) };
    }
    return first?.name;
  }
}

/** A configuration comes before every frame. */
function timeOf(media: Media): number {
  return media.type === 'config' ? -Infinity : media.frame.dtsMs;
}

function sizeOf(media: Media): number {
  return media.type === 'config' ? 0 : media.frame.payload.length;
}
