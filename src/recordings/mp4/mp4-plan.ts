import { Readable } from 'node:stream';
import { durationMsOf, movieHead } from './movie.js';
import { interleave, Payload } from './payload.js';
import type { ByteRange } from './payload.js';
import { NothingRecorded } from './errors.js';
import { TrackReader } from './track-reader.js';
import type { LeftOut, Mp4Track, ReadTrack } from './track-reader.js';

/**
 * Plans one progressive MP4 (ISO/IEC 14496-14) of CMAF segments on disk: reads what they say of their samples, and none of
 * the samples. The same segments make the same bytes every time.
 * @throws {NothingRecorded} when no segment can be read.
 * @throws {CodecsMixed} when a track changes its codec.
 */
export async function planMp4(tracks: Mp4Track[], { signal }: { signal?: AbortSignal } = {}): Promise<Mp4Plan> {
  const readers = tracks.map((track) => new TrackReader(track));
  const read: ReadTrack[] = [];
  for (const reader of readers) {
    const track = await reader.read(signal);
    if (track !== undefined) read.push(track);
  }
  if (read.length === 0) throw new NothingRecorded(tracks.reduce((sum, { segments }) => sum + segments.length, 0));
  const order = interleave(read.map(({ chunks }) => chunks));
  const payload = new Payload(order.map(({ chunk }) => chunk));
  const movie = read.map((track, i) => ({ ...track, chunkStarts: payload.starts.filter((_start, at) => order[at]?.track === i) }));
  return new Mp4Plan({ head: movieHead(movie, payload.sizeBytes), payload, durationMs: durationMsOf(movie), leftOut: readers.flatMap(({ leftOut }) => leftOut) });
}

/** One MP4 file that is nowhere: its head in memory, its samples in the segments. */
export class Mp4Plan {
  readonly sizeBytes: number;
  readonly durationMs: number;
  /** Segments that could not be read, and are holes in the file. */
  readonly leftOut: LeftOut[];
  readonly #head: Buffer;
  readonly #payload: Payload;

  constructor(options: { head: Buffer; payload: Payload; durationMs: number; leftOut: LeftOut[] }) {
    this.sizeBytes = options.head.length + options.payload.sizeBytes;
    this.durationMs = options.durationMs;
    this.leftOut = options.leftOut;
    this.#head = options.head;
    this.#payload = options.payload;
  }

  /** The bytes of a range, both ends included; all without one. The stream fails when a segment went since the planning. */
  read({ start, end }: ByteRange = { start: 0, end: this.sizeBytes - 1 }, { signal }: { signal?: AbortSignal } = {}): Readable {
    return Readable.from(this.#bytes({ start, end }), { objectMode: false, ...(signal && { signal }) });
  }

  async *#bytes({ start, end }: ByteRange): AsyncGenerator<Buffer> {
    const headBytes = this.#head.length;
    if (start < headBytes) yield this.#head.subarray(start, end + 1);
    if (end >= headBytes) yield* this.#payload.read({ start: Math.max(0, start - headBytes), end: end - headBytes });
  }
}
