import { box, fullBox, u32, u64 } from '../../streams/index.js';
import { ENTRY_BYTES, isKeyEntry } from './segment-file.js';
import type { Fragment } from './segment-file.js';
import { Runs, Words } from './words.js';

/** Samples that lie side by side in the file: those of one segment. */
export interface SampleRun {
  fragments: Fragment[];
  /** Which of the track's formats they have, from 0. */
  format: number;
  /** Their own ticks a second. */
  timescale: number;
  /** From their own time to that of the file, ms. */
  shiftMs: number;
  /** What comes before each key frame in the file and is not in the segment. */
  inBandBytes: number;
}

/** What a progressive file says of each sample of a track (ISO/IEC 14496-12 §8.6, §8.7), as it grows. */
export class SampleTable {
  readonly timescale: number;
  readonly #fileEnd: number;
  readonly #durations = new Runs();
  readonly #offsets = new Runs();
  readonly #sizes = new Words();
  readonly #keys = new Words();
  /** First chunk, samples in a chunk, sample description. */
  readonly #chunkRuns = new Words();
  #chunks = 0;
  #lastChunk = { samples: 0, format: -1 };
  #firstDecode = 0;
  #lastDecode = 0;
  #lastDuration = 0;
  #firstShown = 0;
  #shownUntil = 0;

  /** @param options.endMs when the file ends, where that is before the last sample. */
  constructor({ timescale, endMs = Infinity }: { timescale: number; endMs?: number }) {
    this.timescale = timescale;
    this.#fileEnd = Math.round((endMs * timescale) / 1000);
  }

  get samples(): number {
    return this.#sizes.length;
  }

  /** When the first sample is shown, ticks of the file. What is before the file begins is decoded and not shown. */
  get startTicks(): number {
    return Math.max(0, this.#firstShown);
  }

  /** When the last sample has been shown, or the file ends, ticks of the file. */
  get endTicks(): number {
    return Math.min(this.#shownUntil, this.#fileEnd);
  }

  /** Where in the track's own time, which begins with its first sample, `startTicks` is. */
  get startOffsetTicks(): number {
    return this.startTicks - this.#firstDecode;
  }

  /** Length of the track's own time, ticks. */
  get durationTicks(): number {
    return this.#lastDecode - this.#firstDecode + this.#lastDuration;
  }

  add({ fragments, format, timescale, shiftMs, inBandBytes }: SampleRun): void {
    const toFile = (ticks: number): number => Math.round((ticks * this.timescale) / timescale);
    const shift = Math.round((shiftMs * this.timescale) / 1000);
    for (const { decodeTicks, entries } of fragments) {
      let ticks = decodeTicks;
      for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
        const [decode, next] = [toFile(ticks), toFile(ticks + entries.readUInt32BE(at))];
        const shown = decode + toFile(entries.readInt32BE(at + 12));
        const isKey = isKeyEntry(entries, at);
        this.#sizes.push(entries.readUInt32BE(at + 4) + (isKey ? inBandBytes : 0));
        if (isKey) this.#keys.push(this.samples);
        this.#addTimes(decode + shift, shown + shift, next - decode);
        ticks += entries.readUInt32BE(at);
      }
    }
    this.#addChunk(fragments.reduce((sum, { samples }) => sum + samples, 0), format);
  }

  /** `stbl`. @param chunkOffsets where in the file each run of samples starts. */
  toBox(sampleEntries: Buffer[], chunkOffsets: number[]): Buffer {
    return box('stbl',
      fullBox('stsd', 0, 0, u32(sampleEntries.length), ...sampleEntries),
      // The last sample is as long as its segment says.
      fullBox('stts', 0, 0, u32(this.#durations.length + 1), this.#durations.bytes(), u32(1, this.#lastDuration)),
      ...(this.#offsets.isAll(0) ? [] : [fullBox('ctts', 1, 0, u32(this.#offsets.length), this.#offsets.bytes())]),
      ...(this.#keys.length === this.samples ? [] : [fullBox('stss', 0, 0, u32(this.#keys.length), this.#keys.bytes())]),
      fullBox('stsc', 0, 0, u32(this.#chunkRuns.length / 3), this.#chunkRuns.bytes()),
      fullBox('stsz', 0, 0, u32(0, this.samples), this.#sizes.bytes()),
      fullBox('co64', 0, 0, u32(chunkOffsets.length), ...chunkOffsets.map((offset) => u64(offset))));
  }

  /** A sample lasts until the next one: holes are pictures that stand, and overlaps at a reconnect pass in no time. */
  #addTimes(wantedDecode: number, wantedShown: number, duration: number): void {
    const isFirst = this.samples === 1;
    const decode = isFirst ? wantedDecode : Math.max(wantedDecode, this.#lastDecode + 1);
    const shown = decode === wantedDecode ? wantedShown : Math.max(wantedShown, decode);
    if (isFirst) [this.#firstDecode, this.#firstShown] = [decode, shown];
    else this.#durations.push(decode - this.#lastDecode);
    this.#offsets.push(shown - decode);
    this.#shownUntil = Math.max(this.#shownUntil, shown + duration);
    [this.#lastDecode, this.#lastDuration] = [decode, duration];
  }

  #addChunk(samples: number, format: number): void {
    this.#chunks++;
    if (samples === this.#lastChunk.samples && format === this.#lastChunk.format) return;
    this.#lastChunk = { samples, format };
    for (const value of [this.#chunks, samples, format + 1]) this.#chunkRuns.push(value);
  }
}
