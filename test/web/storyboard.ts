import t from 'tap';
import { storyboardVtt } from '../../src/recordings/pictures/storyboard.js';
import { parseStoryboard, pickTiles, type Tile } from '../../src/web/pictures/storyboard.js';

const BASE = 'https://example.org/pictures/b1/board.vtt';

t.test('reads what the server writes', async (t) => {
  const timesMs = [2_000, 12_000, 3_612_000];
  const vtt = storyboardVtt({ firstTile: 98, timesMs, isFinished: false }, { fromMs: 0, toMs: 3_622_500, mapTime: (atMs) => atMs });
  t.same(parseStoryboard(vtt, BASE), [
    { startSec: 0, endSec: 12, sheet: 'https://example.org/pictures/b1/board-0.jpg', x: 1280, y: 810, width: 160, height: 90 },
    { startSec: 12, endSec: 3612, sheet: 'https://example.org/pictures/b1/board-0.jpg', x: 1440, y: 810, width: 160, height: 90 },
    { startSec: 3612, endSec: 3622.5, sheet: 'https://example.org/pictures/b1/board-1.jpg?tiles=1', x: 0, y: 0, width: 160, height: 90 },
  ]);
});

t.test('leaves out what is no tile', async (t) => {
  const vtt = 'WEBVTT\n\nNOTE made by hand\n\nfirst\r\n00:00.000 --> 00:05.000 align:start\r\na.jpg#xywh=0,0,160,90\r\n\r\n00:05.000 --> 00:10.000\nb.jpg\n';
  t.same(parseStoryboard(vtt, BASE).map(({ sheet, endSec }) => [sheet, endSec]), [['https://example.org/pictures/b1/a.jpg', 5]]);
  t.same(parseStoryboard('WEBVTT\n', BASE), []);
});

t.test('a preview steps through the whole show', async (t) => {
  const tiles = Array.from({ length: 100 }, (_, index): Tile => ({ startSec: index, endSec: index + 1, sheet: 's', x: 0, y: 0, width: 160, height: 90 }));
  t.same(pickTiles(tiles, 4).map(({ startSec }) => startSec), [12, 37, 62, 87]);
  t.same(pickTiles(tiles.slice(0, 3), 4).map(({ startSec }) => startSec), [0, 1, 2], 'all of a short one');
});
