/** One small picture of a show: a part of a sheet that has many. */
export interface Tile {
  startSec: number;
  endSec: number;
  /** The sheet's address. */
  sheet: string;
  /** The tile's place on the sheet, pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
}

const TIMES = /^([\d:.]+)[ \t]+-->[ \t]+([\d:.]+)/;
const PLACE = /^(.+)#xywh=(\d+),(\d+),(\d+),(\d+)$/;

/**
 * The tiles of a storyboard: WebVTT whose cues are addresses with `#xywh` (Media Fragments URI 1.0 §4.2.2), relative to
 * `baseUrl`. What is none of these is left out.
 */
export function parseStoryboard(vtt: string, baseUrl: string): Tile[] {
  return vtt.split(/\r?\n\r?\n/).flatMap((block) => {
    const [times = '', address = ''] = linesOfCue(block);
    const [, start, end] = TIMES.exec(times) ?? [];
    const [, sheet, ...place] = PLACE.exec(address) ?? [];
    if (start === undefined || end === undefined || sheet === undefined) return [];
    const [x = 0, y = 0, width = 0, height = 0] = place.map(Number);
    return [{ startSec: secondsOf(start), endSec: secondsOf(end), sheet: new URL(sheet, baseUrl).href, x, y, width, height }];
  });
}

/** A few tiles spread over all of a show, in order: what an animated preview steps through. */
export function pickTiles(tiles: Tile[], count: number): Tile[] {
  if (tiles.length <= count) return tiles;
  return Array.from({ length: count }, (_, index) => tiles[Math.floor(((index + 0.5) * tiles.length) / count)]).filter((tile) => tile !== undefined);
}

/** A cue may have a name in the line before its times. */
function linesOfCue(block: string): string[] {
  const lines = block.split(/\r?\n/);
  return lines.slice(Math.max(0, lines.findIndex((line) => TIMES.test(line))));
}

/** `01:02:03.500` or `02:03.500`. */
function secondsOf(time: string): number {
  return time.split(':').reduce((total, part) => total * 60 + Number(part), 0);
}
