import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { BOX_HEADER_BYTES, boxHeader, findBox, wordAt } from './box-reading.js';
import { SegmentDamaged } from './errors.js';

/** One `moof` of a segment, and where its samples are. */
export interface Fragment {
  decodeTicks: number;
  durationTicks: number;
  samples: number;
  /** Duration, size, flags and composition offset of each sample, as `trun` has them. */
  entries: Buffer;
  /** Where the samples start in the file. */
  dataOffset: number;
  dataBytes: number;
}

/** Some samples of a segment in the order of decoding, from 0 on; the last one not included. */
export interface SampleRange {
  from: number;
  to: number;
}

export const ENTRY_BYTES = 16;
/** data-offset, and duration, size, flags and composition offset of each sample: what the packager writes. */
const TRUN_FLAGS = 0x01000f01;
const TRUN_HEADER_BYTES = 12;
const NOT_SYNC = 0x00010000;
const TFDT_VERSION_1 = 0x01000000;
const MAX_INIT_BYTES = 1 << 20;
const MAX_MOOF_BYTES = 1 << 20;
const MAX_SEGMENT_BYTES = 1 << 30;
const MAX_FRAGMENTS = 4096;
/** A moof is found in one page; a small segment is read at once. */
const PAGE_BYTES = 4096;
const SMALL_FILE_BYTES = 64 << 10;

/** Whether the sample of this entry can be decoded without others. */
export function isKeyEntry(entries: Buffer, at: number): boolean {
  return (entries.readUInt32BE(at + 8) & NOT_SYNC) === 0;
}

/** What is left of the fragments when only some samples are taken. */
export function takeSamples(fragments: Fragment[], range: SampleRange = { from: 0, to: Infinity }): Fragment[] {
  let before = 0;
  return fragments.flatMap((fragment) => {
    const from = Math.max(0, range.from - before);
    const to = Math.min(fragment.samples, range.to - before);
    before += fragment.samples;
    return from < to ? [partOf(fragment, { from, to })] : [];
  });
}

function partOf({ decodeTicks, dataOffset, entries }: Fragment, { from, to }: SampleRange): Fragment {
  const [skipped, taken] = [entries.subarray(0, from * ENTRY_BYTES), entries.subarray(from * ENTRY_BYTES, to * ENTRY_BYTES)];
  const [before, own] = [sumOf(skipped), sumOf(taken)];
  return { decodeTicks: decodeTicks + before.durationTicks, samples: to - from, entries: taken, dataOffset: dataOffset + before.sizeBytes, durationTicks: own.durationTicks, dataBytes: own.sizeBytes };
}

function sumOf(entries: Buffer): { durationTicks: number; sizeBytes: number } {
  let [durationTicks, sizeBytes] = [0, 0];
  for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
    durationTicks += entries.readUInt32BE(at);
    sizeBytes += entries.readUInt32BE(at + 4);
  }
  return { durationTicks, sizeBytes };
}

/** An init segment. @throws {SegmentDamaged} */
export async function readInitFile(file: string): Promise<Buffer> {
  return withFile(file, async (handle) => {
    const { size } = await handle.stat();
    if (size > MAX_INIT_BYTES) throw new SegmentDamaged(`an init segment of ${size} bytes`);
    return readAt(handle, 0, size);
  });
}

/** The headers of a segment's fragments; the samples themselves are not read. @throws {SegmentDamaged} */
export async function readFragments(file: string, sizeBytes: number): Promise<Fragment[]> {
  return withFile(file, async (handle) => {
    const { size } = await handle.stat();
    if (size !== sizeBytes) throw new SegmentDamaged(`the file has ${size} bytes, not ${sizeBytes}`);
    if (size > MAX_SEGMENT_BYTES) throw new SegmentDamaged(`a segment of ${size} bytes`);
    const window = new FileWindow(handle, sizeBytes);
    const fragments: Fragment[] = [];
    for (let at = 0; at < sizeBytes;) {
      if (fragments.length === MAX_FRAGMENTS) throw new SegmentDamaged(`more than ${MAX_FRAGMENTS} fragments`);
      const fragment = await readFragment(window, at);
      fragments.push(fragment);
      at = fragment.dataOffset + fragment.dataBytes;
    }
    return fragments;
  });
}

async function readFragment(window: FileWindow, at: number): Promise<Fragment> {
  const moofBytes = await boxSize(window, at, 'moof');
  if (moofBytes > MAX_MOOF_BYTES) throw new SegmentDamaged(`moof has ${moofBytes} bytes`);
  const moof = await window.bytesAt(at, moofBytes);
  const dataBytes = (await boxSize(window, at + moofBytes, 'mdat')) - BOX_HEADER_BYTES;
  const dataOffset = at + moofBytes + BOX_HEADER_BYTES;
  if (dataOffset + dataBytes > window.fileBytes) throw new SegmentDamaged('mdat goes beyond the end of the file');
  return { ...parseMoof(moof, dataBytes), dataOffset, dataBytes };
}

async function boxSize(window: FileWindow, at: number, wanted: string): Promise<number> {
  const { type, sizeBytes } = boxHeader(await window.bytesAt(at, BOX_HEADER_BYTES));
  if (type !== wanted) throw new SegmentDamaged(`${JSON.stringify(type)} where ${wanted} should be`);
  return sizeBytes;
}

function parseMoof(moof: Buffer, dataBytes: number): Pick<Fragment, 'decodeTicks' | 'durationTicks' | 'samples' | 'entries'> {
  const track = findBox(moof, 'moof', 'traf').content;
  const [time, run] = [findBox(track, 'tfdt'), findBox(track, 'trun')];
  const samples = wordAt(run, 4);
  const entries = run.content.subarray(TRUN_HEADER_BYTES);
  if (wordAt(time, 0) !== TFDT_VERSION_1 || wordAt(run, 0) !== TRUN_FLAGS) throw new SegmentDamaged('a fragment of another form');
  if (samples === 0 || entries.length !== samples * ENTRY_BYTES) throw new SegmentDamaged(`${samples} samples in ${entries.length} bytes`);
  const { durationTicks, sizeBytes } = sumOf(entries);
  if (sizeBytes !== dataBytes) throw new SegmentDamaged(`samples of ${sizeBytes} bytes in an mdat of ${dataBytes}`);
  return { decodeTicks: wordAt(time, 4) * 2 ** 32 + wordAt(time, 8), durationTicks, samples, entries };
}

/** Reads forward through a file, and skips what nobody asks for. */
class FileWindow {
  readonly fileBytes: number;
  readonly #handle: FileHandle;
  readonly #windowBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #offset = 0;

  constructor(handle: FileHandle, fileBytes: number) {
    this.fileBytes = fileBytes;
    this.#handle = handle;
    this.#windowBytes = fileBytes <= SMALL_FILE_BYTES ? fileBytes : PAGE_BYTES;
  }

  async bytesAt(at: number, sizeBytes: number): Promise<Buffer> {
    if (at + sizeBytes > this.fileBytes) throw new SegmentDamaged('the file ends inside a box');
    if (at < this.#offset || at + sizeBytes > this.#offset + this.#bytes.length) {
      this.#bytes = await readAt(this.#handle, at, Math.min(this.fileBytes - at, Math.max(sizeBytes, this.#windowBytes)));
      this.#offset = at;
    }
    return this.#bytes.subarray(at - this.#offset, at - this.#offset + sizeBytes);
  }
}

async function withFile<T>(file: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

/** Exactly these bytes. @throws {SegmentDamaged} when the file ends before. */
export async function readAt(handle: FileHandle, at: number, sizeBytes: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  for (let filled = 0; filled < sizeBytes;) {
    const { bytesRead } = await handle.read(bytes, filled, sizeBytes - filled, at + filled);
    if (bytesRead === 0) throw new SegmentDamaged(`the file ends at byte ${at + filled}`);
    filled += bytesRead;
  }
  return bytes;
}
