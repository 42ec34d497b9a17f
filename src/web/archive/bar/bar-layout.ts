import type { ArchivedFile, FileState } from '../../api/archive-contract.js';
import { FILE_STATES } from '../state-words.js';

/** A file with a place in time. */
export type Segment = ArchivedFile & { startUs: number; durationUs: number };

export interface Row {
  rendition: string;
  /** In the order of time. */
  segments: Segment[];
}

/** Seconds of the recording. */
export interface Range {
  fromSec: number;
  toSec: number;
}

/** A stretch of the bar in one state, pixels. */
export interface Cell {
  state: FileState;
  x: number;
  width: number;
}

/** From here on a segment is a cell of its own, with a gap to the next. */
const MIN_CELL_PX = 4;
const GAP_PX = 1;
/** What is thinner is not seen. */
const COLUMN_PX = 2;

/** One row for each rendition: the source, then by size, sound last. */
export function rowsOf(files: ArchivedFile[]): Row[] {
  const segments = files.filter(isSegment).toSorted((a, b) => a.startUs - b.startUs);
  const renditions = [...new Set(segments.map(({ rendition }) => rendition ?? ''))].toSorted((a, b) => rank(b) - rank(a));
  return renditions.map((rendition) => ({ rendition, segments: segments.filter((segment) => (segment.rendition ?? '') === rendition) }));
}

/** What has no place in time: inits, playlists, manifests. */
export function otherFiles(files: ArchivedFile[]): ArchivedFile[] {
  return files.filter((file) => !isSegment(file));
}

/** Where the last segment ends, microseconds. */
export function endOf(rows: Row[]): number {
  return rows.reduce((end, { segments }) => segments.reduce((last, { startUs, durationUs }) => Math.max(last, startUs + durationUs), end), 0);
}

/** A row as cells: each segment where there is room, else columns that show what is worst in them. */
export function cellsOf(segments: Segment[], { endUs, widthPx }: { endUs: number; widthPx: number }): Cell[] {
  if (endUs <= 0 || widthPx <= 0) return [];
  const pxPerUs = widthPx / endUs;
  if (segments.length * MIN_CELL_PX > widthPx) return runsOf(worstOf(segments, { endUs, columns: Math.floor(widthPx / COLUMN_PX) }));
  return segments.map(({ state, startUs, durationUs }) => ({ state, x: startUs * pxPerUs, width: Math.max(COLUMN_PX, durationUs * pxPerUs - GAP_PX) }));
}

/** The state that is most in need of somebody in each column; undefined where the rendition has nothing. */
export function worstOf(segments: Segment[], { endUs, columns }: { endUs: number; columns: number }): (FileState | undefined)[] {
  const worst = new Array<FileState | undefined>(columns).fill(undefined);
  for (const { state, startUs, durationUs } of segments) {
    const first = Math.min(columns - 1, Math.floor((startUs / endUs) * columns));
    const last = Math.max(first, Math.ceil(((startUs + durationUs) / endUs) * columns) - 1);
    for (let column = first; column <= last; column++) worst[column] = worseOf(worst[column], state);
  }
  return worst;
}

/** Cells of one state as one path. */
export function pathOf(cells: Cell[], heightPx: number): string {
  return cells.map(({ x, width }) => `M${short(x)} 0h${short(width)}v${heightPx}h${short(-width)}z`).join('');
}

/** Index of the segment that a moment falls into, or of the last before it. */
export function segmentAt(segments: Segment[], atUs: number): number {
  const after = segments.findIndex(({ startUs }) => startUs > atUs);
  return Math.max(0, (after === -1 ? segments.length : after) - 1);
}

/** Index of the segment that is meant at a moment: of those that a finger cannot tell apart, the one most in need of somebody. */
export function segmentNear(segments: Segment[], atUs: number, withinUs: number): number {
  const at = segmentAt(segments, atUs);
  const near = segments.flatMap((segment, index) => (segment.startUs < atUs + withinUs && segment.startUs + segment.durationUs > atUs - withinUs ? [{ index, state: segment.state }] : []));
  return near.reduce((worst, { index, state }) => (worseOf(segments[worst]?.state, state) === state && segments[worst]?.state !== state ? index : worst), at);
}

/** How many files are in each state, those that are somewhere. */
export function countsOf(files: ArchivedFile[]): { state: FileState; files: number }[] {
  return FILE_STATES.map((state) => ({ state, files: files.filter((file) => file.state === state).length })).filter(({ files: found }) => found > 0);
}

function runsOf(columns: (FileState | undefined)[]): Cell[] {
  const cells: Cell[] = [];
  columns.forEach((state, column) => {
    const last = cells.at(-1);
    if (state === undefined) return;
    if (last?.state === state && last.x + last.width === column * COLUMN_PX) last.width += COLUMN_PX;
    else cells.push({ state, x: column * COLUMN_PX, width: COLUMN_PX });
  });
  return cells;
}

function worseOf(one: FileState | undefined, other: FileState): FileState {
  return one !== undefined && FILE_STATES.indexOf(one) < FILE_STATES.indexOf(other) ? one : other;
}

function isSegment(file: ArchivedFile): file is Segment {
  return file.startUs !== null && file.durationUs !== null;
}

function rank(rendition: string): number {
  if (rendition === 'source') return Infinity;
  return rendition === 'audio' ? -1 : Number.parseInt(rendition, 10) || 0;
}

function short(px: number): number {
  return Math.round(px * 100) / 100;
}
