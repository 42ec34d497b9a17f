import { open } from 'node:fs/promises';
import { SegmentDamaged, SegmentGone } from './errors.js';
import { ENTRY_BYTES, isKeyEntry, readAt } from './segment-file.js';
import type { Fragment } from './segment-file.js';

/** The samples of one segment: a chunk of the file (ISO/IEC 14496-12 §8.7.5). */
export interface Chunk {
  file: string;
  /** What is not in the segment: parameter sets before key frames, or pictures that were encoded anew. */
  added: Buffer;
  /** Start and length in the segment of each stretch of samples, in turn; `ADDED` is the start of what is added. */
  stretches: Uint32Array;
  sizeBytes: number;
  /** When its samples are played, ms; never before those of the chunk before it. */
  atMs: number;
}

/** Bytes of a file, both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}

const MAX_READ_BYTES = 64 << 10;
/** No segment is that long. */
const ADDED = 0xffffffff;

/** The samples of all tracks as they follow in the file; read from the segments when somebody asks. */
export class Payload {
  readonly sizeBytes: number;
  readonly #chunks: Chunk[];
  /** Where each chunk starts, ascending. */
  readonly #starts: number[] = [];

  /** @param chunks in the order of the file. */
  constructor(chunks: Chunk[]) {
    this.#chunks = chunks;
    let at = 0;
    for (const { sizeBytes } of chunks) {
      this.#starts.push(at);
      at += sizeBytes;
    }
    this.sizeBytes = at;
  }

  /** Where each chunk starts, from the start of the payload, in the order of the file. */
  get starts(): readonly number[] {
    return this.#starts;
  }

  /** @throws {SegmentGone} while it is read, when a segment is not what it was. */
  async *read({ start, end }: ByteRange): AsyncGenerator<Buffer> {
    for (let i = this.#chunkAt(start); i < this.#chunks.length; i++) {
      const [chunk, chunkStart] = [this.#chunks[i], this.#starts[i]];
      if (chunk === undefined || chunkStart === undefined || chunkStart > end) return;
      yield* readChunk(chunk, { start: Math.max(0, start - chunkStart), end: Math.min(chunk.sizeBytes - 1, end - chunkStart) });
    }
  }

  /** The last chunk that starts at or before this byte. */
  #chunkAt(position: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The stretches of a chunk. @param inBandBytes how much comes before each key frame. */
export function stretchesOf(fragments: Fragment[], inBandBytes: number): Uint32Array {
  const stretches: number[] = [];
  for (const { entries, dataOffset, dataBytes } of fragments) {
    let [start, end] = [dataOffset, dataOffset];
    for (let at = 0; inBandBytes > 0 && at < entries.length; at += ENTRY_BYTES) {
      if (isKeyEntry(entries, at)) {
        if (end > start) stretches.push(start, end - start);
        stretches.push(ADDED, inBandBytes);
        start = end;
      }
      end += entries.readUInt32BE(at + 4);
    }
    stretches.push(start, dataOffset + dataBytes - start);
  }
  return Uint32Array.from(stretches);
}

/** A chunk of nothing but what is added. */
export function addedOnly(added: Buffer): Uint32Array {
  return Uint32Array.of(ADDED, added.length);
}

export function sizeOf(stretches: Uint32Array): number {
  return stretches.reduce((sum, value, i) => (i % 2 === 1 ? sum + value : sum), 0);
}

/** Puts the chunks of all tracks into one order by time; gives back the track of each, too. */
export function interleave(tracks: Chunk[][]): { track: number; chunk: Chunk }[] {
  // Sorting is stable: of what plays at the same time, the first track comes first.
  return tracks.flatMap((chunks, track) => chunks.map((chunk) => ({ track, chunk }))).sort((a, b) => a.chunk.atMs - b.chunk.atMs);
}

async function* readChunk({ file, added, stretches }: Chunk, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new SegmentGone({ cause });
  });
  try {
    for (const { offset, from, to } of piecesOf(stretches, { start, end })) {
      yield offset === ADDED ? added.subarray(from, to) : await readAt(handle, offset + from, to - from);
    }
  } catch (error) {
    throw error instanceof SegmentDamaged ? new SegmentGone({ cause: error }) : error;
  } finally {
    await handle.close();
  }
}

/** What of the stretches is inside a range of the chunk, in pieces that fit into memory; `from` and `to` count from `offset`. */
function* piecesOf(stretches: Uint32Array, { start, end }: ByteRange): Generator<{ offset: number; from: number; to: number }> {
  for (let [i, before] = [0, 0]; i < stretches.length; i += 2) {
    const [offset, sizeBytes] = [stretches[i] ?? 0, stretches[i + 1] ?? 0];
    const last = Math.min(sizeBytes, end + 1 - before);
    for (let from = Math.max(0, start - before); from < last; from += MAX_READ_BYTES) yield { offset, from, to: Math.min(last, from + MAX_READ_BYTES) };
    before += sizeBytes;
  }
}
