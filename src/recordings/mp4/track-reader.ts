import { messageOf } from '../../platform/index.js';
import { CodecsMixed, SegmentDamaged } from './errors.js';
import { addedOnly, sizeOf, stretchesOf } from './payload.js';
import type { Chunk } from './payload.js';
import { SampleTable } from './sample-table.js';
import { readFragments, readInitFile, takeSamples } from './segment-file.js';
import type { Fragment, SampleRange } from './segment-file.js';
import { readInit } from './track-init.js';
import type { TrackInit } from './track-init.js';

/** One track of the file: its segments in order. */
export interface Mp4Track {
  kind: 'video' | 'audio';
  /** Pictures before those of the segments. */
  head?: EncodedHead;
  segments: Mp4Segment[];
  /** When the file ends, ms; what is later is decoded and not shown. */
  endMs?: number;
}

/** Pictures that were encoded anew, so that a file begins between two key frames. */
export interface EncodedHead {
  init: TrackInit;
  /** Timed by the clock of `segment`; its samples are those of `payload`. */
  fragment: Fragment;
  payload: Buffer;
  /** Where they come from. */
  segment: Mp4Segment;
}

/** A segment of a recording on disk, and its place in the file. */
export interface Mp4Segment {
  initFile: string;
  file: string;
  sizeBytes: number;
  /** When it starts on the broadcast's clock, which its samples are timed by, ms. */
  startMs: number;
  /** When that is in the file, ms. */
  atMs: number;
  durationMs: number;
  /** Which of its samples are taken, in the order of decoding; all when left out. */
  samples?: SampleRange;
}

export interface LeftOut {
  file: string;
  reason: string;
}

/** What could be read of a track. */
export interface ReadTrack {
  kind: 'video' | 'audio';
  table: SampleTable;
  /** One of each format, in the order of the table's numbers. */
  formats: TrackInit[];
  chunks: Chunk[];
}

interface Format {
  init: TrackInit;
  /** From 0; takes of the same format share one. */
  number: number;
}

interface ReadSegment {
  segment: Mp4Segment;
  format: Format;
  fragments: Fragment[];
}

const NOTHING = Buffer.alloc(0);
const READ_AT_ONCE = 8;
/** How far samples may lie outside of their segment; more is a header that was damaged. */
const MAX_OFF_MS = 10_000;
/** The file is gone, or the disk cannot read it; anything else is no fault of the segment. */
const LOST_CODES = ['ENOENT', 'EIO'];

/** Reads one track's segments into a sample table. */
export class TrackReader {
  readonly leftOut: LeftOut[] = [];
  readonly #source: Mp4Track;
  readonly #formats = new Map<string, Format>();
  readonly #inits: TrackInit[] = [];
  #track: ReadTrack | undefined;

  constructor(source: Mp4Track) {
    this.#source = source;
  }

  /** Undefined when no segment could be read. @throws {CodecsMixed}, and what is not the fault of a segment. */
  async read(signal?: AbortSignal): Promise<ReadTrack | undefined> {
    const { segments } = this.#source;
    if (this.#source.head !== undefined) this.#inits.push(this.#source.head.init);
    for (const file of new Set(segments.map(({ initFile }) => initFile))) await this.#readFormat(file);
    if (this.#source.head !== undefined) this.#addHead(this.#source.head);
    for (let i = 0; i < segments.length; i += READ_AT_ONCE) {
      signal?.throwIfAborted();
      const read = await Promise.all(segments.slice(i, i + READ_AT_ONCE).map((segment) => this.#readSegment(segment)));
      for (const segment of read) if (segment !== undefined) this.#add(segment);
    }
    return this.#track;
  }

  async #readFormat(file: string): Promise<void> {
    const init = await unlessLost(async () => readInit(await readInitFile(file)), (reason) => this.leftOut.push({ file, reason }));
    if (init === undefined) return;
    const known = this.#inits.findIndex(({ sampleEntry }) => sampleEntry.equals(init.sampleEntry));
    const first = this.#inits[0]?.codec ?? init.codec;
    if (init.codec !== first) throw new CodecsMixed([first, init.codec]);
    this.#formats.set(file, { init, number: known >= 0 ? known : this.#inits.push(init) - 1 });
  }

  async #readSegment(segment: Mp4Segment): Promise<ReadSegment | undefined> {
    return unlessLost(async () => {
      const format = this.#formats.get(segment.initFile);
      if (format === undefined) throw new SegmentDamaged('its init segment cannot be read');
      const fragments = takeSamples(await readFragments(segment.file, segment.sizeBytes), segment.samples);
      for (const fragment of fragments) checkTime(fragment, format.init, segment);
      return { segment, format, fragments };
    }, (reason) => this.leftOut.push({ file: segment.file, reason }));
  }

  /** With the first samples. */
  #begin({ timescale }: TrackInit): ReadTrack {
    const { kind, endMs } = this.#source;
    return (this.#track ??= { kind, table: new SampleTable({ timescale, ...(endMs !== undefined && { endMs }) }), formats: this.#inits, chunks: [] });
  }

  #addHead({ init, fragment, payload, segment }: EncodedHead): void {
    const [track, inBand] = [this.#begin(init), this.#inits.length > 1 ? init.parameterSets : NOTHING];
    track.table.add({ fragments: [fragment], format: 0, timescale: init.timescale, shiftMs: segment.atMs - segment.startMs, inBandBytes: inBand.length });
    const added = Buffer.concat([inBand, payload]);
    track.chunks.push({ file: segment.file, added, stretches: addedOnly(added), sizeBytes: added.length, atMs: segment.atMs });
  }

  #add({ segment, format: { init, number }, fragments }: ReadSegment): void {
    const track = this.#begin(init);
    // Browsers keep to the first format that a file describes, unless the pictures say theirs.
    const inBand = this.#inits.length > 1 ? init.parameterSets : NOTHING;
    track.table.add({ fragments, format: number, timescale: init.timescale, shiftMs: segment.atMs - segment.startMs, inBandBytes: inBand.length });
    const stretches = stretchesOf(fragments, inBand.length);
    track.chunks.push({ file: segment.file, added: inBand, stretches, sizeBytes: sizeOf(stretches), atMs: Math.max(segment.atMs, track.chunks.at(-1)?.atMs ?? 0) });
  }
}

/** Gives back nothing, and tells why, when a file is gone or damaged. */
async function unlessLost<T>(read: () => Promise<T>, onLost: (reason: string) => void): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isLoss(error)) throw error;
    onLost(messageOf(error));
    return undefined;
  }
}

/** A decode time that lies elsewhere would move everything after it. */
function checkTime({ decodeTicks, durationTicks }: Fragment, { timescale }: TrackInit, { startMs, durationMs }: Mp4Segment): void {
  const fromMs = (decodeTicks * 1000) / timescale - startMs;
  const toMs = fromMs + (durationTicks * 1000) / timescale;
  if (fromMs < -MAX_OFF_MS || toMs > durationMs + MAX_OFF_MS) throw new SegmentDamaged(`samples from ${fromMs} ms to ${toMs} ms of a segment of ${durationMs} ms`);
}

function isLoss(error: unknown): boolean {
  return error instanceof SegmentDamaged || (error instanceof Error && 'code' in error && LOST_CODES.includes(String(error.code)));
}
