import { box, fullBox, text, u16, u32, u64 } from '../../streams/index.js';
import type { SampleTable } from './sample-table.js';
import type { ReadTrack } from './track-reader.js';

/** A track as the head of the file describes it. */
export interface MovieTrack extends Pick<ReadTrack, 'kind' | 'table' | 'formats'> {
  /** Where its chunks start, from the start of the payload. */
  chunkStarts: number[];
}

/** Ticks a second of the movie: edit lists are written in them. Pictures have the same. */
export const MOVIE_TIMESCALE = 90_000;
const LANGUAGE_UNDETERMINED = 0x55c4;
const UNITY_MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
const VERSION_64_BIT = 1;
const IN_USE = 7;
const RATE_1 = 0x10000;
/** An edit that shows nothing (ISO/IEC 14496-12 §8.6.6). */
const EMPTY_EDIT = -1;
const MDAT_HEADER_BYTES = 16;

/**
 * All of a progressive file that comes before its samples: `ftyp`, `moov` and the header of `mdat`. Sizes and times have
 * 64 bits throughout: a day in pictures of 90 kHz needs them, and one form is tested better than two.
 */
export function movieHead(tracks: MovieTrack[], payloadBytes: number): Buffer {
  const sizeBytes = fileType().length + movie(tracks, 0).length + MDAT_HEADER_BYTES;
  return Buffer.concat([fileType(), movie(tracks, sizeBytes), u32(1), text('mdat'), u64(MDAT_HEADER_BYTES + payloadBytes)]);
}

/** When everything has been shown, ms. */
export function durationMsOf(tracks: MovieTrack[]): number {
  return Math.max(...tracks.map(({ table }) => (table.endTicks * 1000) / table.timescale));
}

function fileType(): Buffer {
  return box('ftyp', text('isom'), u32(1), text('isomiso4mp41mp42'));
}

function movie(tracks: MovieTrack[], payloadStart: number): Buffer {
  const duration = Math.max(...tracks.map(({ table }) => inMovie(table, table.endTicks)));
  const header = fullBox('mvhd', VERSION_64_BIT, 0,
    u64(0, 0), u32(MOVIE_TIMESCALE), u64(duration), u32(RATE_1), u16(0x100, 0), u32(0, 0), UNITY_MATRIX, u32(0, 0, 0, 0, 0, 0), u32(tracks.length + 1));
  return box('moov', header, ...tracks.map((track, i) => trackBox(track, i + 1, payloadStart)));
}

function trackBox({ kind, table, formats, chunkStarts }: MovieTrack, id: number, payloadStart: number): Buffer {
  // Players make their window from this: that of the largest picture.
  const shown = formats.reduce((largest, format) => (format.width * format.height > largest.width * largest.height ? format : largest));
  const header = fullBox('tkhd', VERSION_64_BIT, IN_USE,
    u64(0, 0), u32(id, 0), u64(inMovie(table, table.endTicks)), u32(0, 0), u16(0, 0, kind === 'video' ? 0 : 0x100, 0), UNITY_MATRIX, u32(shown.width, shown.height));
  const samples = table.toBox(formats.map(({ sampleEntry }) => sampleEntry), chunkStarts.map((start) => payloadStart + start));
  return box('trak', header, edits(table), box('mdia',
    fullBox('mdhd', VERSION_64_BIT, 0, u64(0, 0), u32(table.timescale), u64(table.durationTicks), u16(LANGUAGE_UNDETERMINED, 0)),
    shown.handler,
    box('minf', ...shown.mediaHeaders, samples)));
}

/** Where the track begins in the file's time: after a hole, or inside its first samples, which are decoded ahead of time. */
function edits(table: SampleTable): Buffer {
  const startTicks = inMovie(table, table.startTicks);
  const shown = edit(inMovie(table, table.endTicks) - startTicks, table.startOffsetTicks);
  const list = startTicks > 0 ? [edit(startTicks, EMPTY_EDIT), shown] : [shown];
  return box('edts', fullBox('elst', VERSION_64_BIT, 0, u32(list.length), ...list));
}

function edit(movieTicks: number, trackTicks: number): Buffer {
  return Buffer.concat([u64(movieTicks, trackTicks), u16(1, 0)]);
}

function inMovie({ timescale }: SampleTable, ticks: number): number {
  return Math.round((ticks * MOVIE_TIMESCALE) / timescale);
}
