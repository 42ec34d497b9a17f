import { SHORTEST_SHARE } from './segment.js';
import type { ListedPart, OpenSegment, Part } from './segment.js';
import type { StoredFile } from './store/segment-store.js';

/** The parts of the segment that a rendition is making, with their bytes. */
export class OpenParts {
  readonly #partMs: number;
  #segment: OpenSegment | undefined;
  #buffers: Buffer[][] = [];
  #durationMs = 0;
  /** Longest part that another one followed in its segment: as long as parts get at this frame rate. */
  #longestMs = 0;
  #targetMs: number | undefined;

  constructor(options: { partMs: number }) {
    this.#partMs = options.partMs;
  }

  get segment(): OpenSegment | undefined {
    return this.#segment;
  }

  /** Of all parts together, ms. */
  get durationMs(): number {
    return this.#durationMs;
  }

  /** PART-TARGET, ms: settled when first asked for, since it may not change (RFC 8216bis §6.2.1). */
  get targetMs(): number {
    const longestMs = Math.ceil(this.#longestMs - 0.001);
    // A few pictures a second fill no part: then a part is what they fill.
    const isFilled = longestMs === 0 || (longestMs >= this.#partMs * SHORTEST_SHARE && longestMs <= this.#partMs);
    this.#targetMs ??= Math.ceil(isFilled ? this.#partMs : longestMs);
    return this.#targetMs;
  }

  add(segment: Omit<OpenSegment, 'parts'>, part: Part, uriOf: (index: number) => string): void {
    if (this.#segment?.number !== segment.number) this.#start(segment);
    const parts = this.#segment?.parts ?? [];
    this.#longestMs = Math.max(this.#longestMs, parts.at(-1)?.durationMs ?? 0);
    parts.push({ durationMs: part.durationMs, isIndependent: part.isIndependent, uri: uriOf(parts.length), sizeBytes: part.sizeBytes, offsetBytes: 0 });
    this.#buffers.push(part.buffers);
    this.#durationMs += part.durationMs;
  }

  find(number: number, index: number): StoredFile | undefined {
    const part = this.#segment?.number === number ? this.#segment.parts[index] : undefined;
    const buffers = this.#buffers[index];
    return part && buffers && { sizeBytes: part.sizeBytes, buffers };
  }

  /** The segment is finished, or will never be. */
  clear(): void {
    this.#segment = undefined;
    this.#buffers = [];
    this.#durationMs = 0;
  }

  #start({ number, startMs, discontinuity, initUri }: Omit<OpenSegment, 'parts'>): void {
    this.clear();
    this.#segment = { number, startMs, discontinuity, initUri, parts: [] };
  }
}

/** The parts of a finished segment, each with its place in the segment's bytes. */
export function listedParts(parts: Part[], uriOf: (index: number) => string): ListedPart[] {
  let offsetBytes = 0;
  return parts.map(({ durationMs, isIndependent, sizeBytes }, index) => {
    const listed = { durationMs, isIndependent, uri: uriOf(index), sizeBytes, offsetBytes };
    offsetBytes += sizeBytes;
    return listed;
  });
}
