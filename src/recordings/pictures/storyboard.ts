/** Pixels of one tile of a storyboard. */
export const TILE = { width: 160, height: 90 } as const;
/** Tiles of one sheet. */
export const SHEET = { columns: 10, rows: 10 } as const;
export const TILES_PER_SHEET = SHEET.columns * SHEET.rows;

/** The tiles of a broadcast, in order. */
export interface Storyboard {
  /** Number of the first tile that is kept; a multiple of the tiles of a sheet. */
  firstTile: number;
  /** When each tile was on air, from the first that is kept: whole ms of the broadcast's clock, rising. */
  timesMs: number[];
  /** No tile follows. */
  isFinished: boolean;
}

/** Which stretch of a broadcast a player shows, and at what times of its own. */
export interface Timeline {
  /** On the broadcast's clock, ms. */
  fromMs: number;
  toMs: number;
  /** The player's time, ms, of a time on the broadcast's clock; never falls, and stands still where something is left out. */
  mapTime: (atMs: number) => number;
}

export interface TilePlace {
  sheet: number;
  /** Pixels from the sheet's upper left corner. */
  x: number;
  y: number;
}

export function placeOf(tile: number): TilePlace {
  const index = tile % TILES_PER_SHEET;
  return {
    sheet: Math.floor(tile / TILES_PER_SHEET),
    x: (index % SHEET.columns) * TILE.width,
    y: Math.floor(index / SHEET.columns) * TILE.height,
  };
}

export function nextTile(storyboard: Storyboard): number {
  return storyboard.firstTile + storyboard.timesMs.length;
}

/** Whether a sheet stays as it is. */
export function isSheetComplete(storyboard: Storyboard, sheet: number): boolean {
  return storyboard.isFinished || nextTile(storyboard) >= (sheet + 1) * TILES_PER_SHEET;
}

/**
 * The tiles of a stretch as WebVTT cues: sheets beside the file, with media fragments (Media Fragments URI 1.0 §4.2.2).
 * A tile holds until the next one; the first one also for what comes before it.
 * @param query what the sheets' addresses need, such as `access=…`.
 */
export function storyboardVtt(storyboard: Storyboard, timeline: Timeline, query?: string): string {
  const { firstTile, timesMs } = storyboard;
  const shownAt = (atMs: number): number => Math.round(timeline.mapTime(atMs));
  const cues = timesMs.flatMap((atMs, i) => {
    const startMs = shownAt(Math.max(timeline.fromMs, i === 0 ? -Infinity : atMs));
    const endMs = shownAt(Math.min(timeline.toMs, timesMs[i + 1] ?? Infinity));
    return startMs < endMs ? [`${vttTime(startMs)} --> ${vttTime(endMs)}\n${tileUri(storyboard, firstTile + i, query)}\n`] : [];
  });
  return ['WEBVTT\n', ...cues].join('\n');
}

/** A sheet that grows has another address with each tile: a cached one would be black where the new tile is. */
function tileUri(storyboard: Storyboard, tile: number, query?: string): string {
  const { sheet, x, y } = placeOf(tile);
  const grown = isSheetComplete(storyboard, sheet) ? undefined : `tiles=${nextTile(storyboard) % TILES_PER_SHEET}`;
  const queries = [grown, query].filter((one) => one !== undefined).join('&');
  return `${sheetName(sheet)}${queries && `?${queries}`}#xywh=${x},${y},${TILE.width},${TILE.height}`;
}

export function sheetName(sheet: number): string {
  return `board-${sheet}.jpg`;
}

/** WebVTT §4.2: hours of two digits or more. */
function vttTime(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}
