import t from 'tap';
import { isSheetComplete, placeOf, storyboardVtt } from '../../../src/recordings/pictures/storyboard.js';
import type { Timeline } from '../../../src/recordings/pictures/storyboard.js';

const WHOLE: Timeline = { fromMs: 0, toMs: 45_000, mapTime: (atMs) => atMs };
const FIVE = { firstTile: 0, timesMs: [2_000, 12_000, 22_000, 32_100, 42_000], isFinished: false };

function everyTenSeconds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i * 10_000);
}

t.test('tiles lie in rows of ten, a hundred on a sheet', async (t) => {
  t.same([0, 9, 10, 99, 100, 234].map(placeOf), [
    { sheet: 0, x: 0, y: 0 },
    { sheet: 0, x: 1440, y: 0 },
    { sheet: 0, x: 0, y: 90 },
    { sheet: 0, x: 1440, y: 810 },
    { sheet: 1, x: 0, y: 0 },
    { sheet: 2, x: 640, y: 270 },
  ]);
});

t.test('while it is live', async (t) => {
  t.equal(storyboardVtt(FIVE, WHOLE), `WEBVTT

00:00:00.000 --> 00:00:12.000
board-0.jpg?tiles=5#xywh=0,0,160,90

00:00:12.000 --> 00:00:22.000
board-0.jpg?tiles=5#xywh=160,0,160,90

00:00:22.000 --> 00:00:32.100
board-0.jpg?tiles=5#xywh=320,0,160,90

00:00:32.100 --> 00:00:42.000
board-0.jpg?tiles=5#xywh=480,0,160,90

00:00:42.000 --> 00:00:45.000
board-0.jpg?tiles=5#xywh=640,0,160,90
`);
});

t.test('of a window that begins and ends within a tile', async (t) => {
  t.equal(storyboardVtt({ ...FIVE, isFinished: true }, { fromMs: 15_000, toMs: 25_000, mapTime: (atMs) => atMs - 15_000 }), `WEBVTT

00:00:00.000 --> 00:00:07.000
board-0.jpg#xywh=160,0,160,90

00:00:07.000 --> 00:00:10.000
board-0.jpg#xywh=320,0,160,90
`);
});

t.test('of a recording that leaves out 20 seconds: who was seen only then has no cue', async (t) => {
  const mapTime = (atMs: number): number => (atMs < 10_000 ? atMs : Math.max(10_000, atMs - 20_000));
  t.equal(storyboardVtt({ ...FIVE, isFinished: true }, { fromMs: 0, toMs: 45_000, mapTime }), `WEBVTT

00:00:00.000 --> 00:00:10.000
board-0.jpg#xywh=0,0,160,90

00:00:10.000 --> 00:00:12.100
board-0.jpg#xywh=320,0,160,90

00:00:12.100 --> 00:00:22.000
board-0.jpg#xywh=480,0,160,90

00:00:22.000 --> 00:00:25.000
board-0.jpg#xywh=640,0,160,90
`);
});

t.test('of a private recording: the sheets have what their addresses need', async (t) => {
  const uris = (isFinished: boolean): string[] => storyboardVtt({ ...FIVE, isFinished }, { fromMs: 0, toMs: 1, mapTime: (atMs) => atMs }, 'access=1.x').match(/board-.*/g) ?? [];
  t.same([uris(true), uris(false)], [['board-0.jpg?access=1.x#xywh=0,0,160,90'], ['board-0.jpg?tiles=5&access=1.x#xywh=0,0,160,90']]);
});

t.test('after 28 hours, when the first sheets are gone', async (t) => {
  const storyboard = { firstTile: 200, timesMs: [100_000_000, 100_010_000.4, 100_020_000], isFinished: true };
  t.equal(storyboardVtt(storyboard, { fromMs: 100_000_000, toMs: 360_000_000, mapTime: (atMs) => atMs }), `WEBVTT

27:46:40.000 --> 27:46:50.000
board-2.jpg#xywh=0,0,160,90

27:46:50.000 --> 27:47:00.000
board-2.jpg#xywh=160,0,160,90

27:47:00.000 --> 100:00:00.000
board-2.jpg#xywh=320,0,160,90
`);
});

t.test('of nothing yet, and of a stretch without anything', async (t) => {
  t.equal(storyboardVtt({ firstTile: 0, timesMs: [], isFinished: false }, WHOLE), 'WEBVTT\n');
  t.equal(storyboardVtt(FIVE, { ...WHOLE, toMs: 0 }), 'WEBVTT\n');
});

t.test('only a sheet that grows has an address that changes', async (t) => {
  const storyboard = { firstTile: 0, timesMs: everyTenSeconds(103), isFinished: false };
  const uris = storyboardVtt(storyboard, { ...WHOLE, toMs: 1_030_000 }).split('\n').filter((line) => line.startsWith('board-'));
  t.same([uris[99], uris[100], uris[102]], ['board-0.jpg#xywh=1440,810,160,90', 'board-1.jpg?tiles=3#xywh=0,0,160,90', 'board-1.jpg?tiles=3#xywh=320,0,160,90']);
  t.same([0, 1, 2].map((sheet) => isSheetComplete(storyboard, sheet)), [true, false, false]);
  t.equal(isSheetComplete({ ...storyboard, timesMs: everyTenSeconds(200) }, 1), true);
});
