import t from 'tap';
import type { ArchivedFile, FileState } from '../../../src/web/api/archive-contract.js';
import { cellsOf, countsOf, endOf, otherFiles, pathOf, rowsOf, segmentAt, worstOf } from '../../../src/web/archive/bar/bar-layout.js';
import { movedBy } from '../../../src/web/archive/bar/segment-keys.js';

const SEC = 1_000_000;

function file(rendition: string, number: number, state: FileState = 'stored'): ArchivedFile {
  return {
    name: `${rendition}/${number}.m4s`, rendition, number, startUs: number * 2 * SEC, durationUs: 2 * SEC,
    cid: 'bafk', sizeBytes: 1000, state, arweave: null, receipt: null,
  };
}

function segmentsOf(states: FileState[]) {
  return rowsOf(states.map((state, number) => file('720p', number, state)))[0]?.segments ?? [];
}

t.test('rows: the source, then by size, sound last, each in the order of time', async (t) => {
  const playlist = { ...file('', 0), name: 'master.m3u8', rendition: null, number: null, startUs: null, durationUs: null };
  const files = [playlist, ...['audio', '360p', 'source', '1080p'].flatMap((rendition) => [file(rendition, 1), file(rendition, 0)])];
  const rows = rowsOf(files);
  t.same(rows.map(({ rendition }) => rendition), ['source', '1080p', '360p', 'audio']);
  t.same(rows[0]?.segments.map(({ number }) => number), [0, 1]);
  t.equal(endOf(rows), 4 * SEC);
  t.same(otherFiles(files), [playlist]);
});

t.test('where there is room, each segment is a cell with a gap', async (t) => {
  const cells = cellsOf(segmentsOf(['stored', 'failed']), { endUs: 4 * SEC, widthPx: 100 });
  t.same(cells, [{ state: 'stored', x: 0, width: 49 }, { state: 'failed', x: 50, width: 49 }]);
  t.equal(pathOf(cells, 28), 'M0 0h49v28h-49zM50 0h49v28h-49z');
});

t.test('one bad segment of five thousand is seen', async (t) => {
  const states = new Array<FileState>(5000).fill('stored').with(2500, 'failed');
  const cells = cellsOf(segmentsOf(states), { endUs: 10_000 * SEC, widthPx: 320 });
  t.same(cells, [{ state: 'stored', x: 0, width: 160 }, { state: 'failed', x: 160, width: 2 }, { state: 'stored', x: 162, width: 158 }]);
});

t.test('a column is as bad as the worst in it, and empty where there is nothing', async (t) => {
  const segments = segmentsOf(['stored', 'confirmed', 'stored', 'held']);
  t.same(worstOf(segments, { endUs: 16 * SEC, columns: 4 }), ['confirmed', 'held', undefined, undefined]);
  t.same(cellsOf([], { endUs: 0, widthPx: 100 }), []);
  t.same(cellsOf(segments, { endUs: 8 * SEC, widthPx: 0 }), [], 'before the page knows its width');
});

t.test('the segment at a moment', async (t) => {
  const segments = segmentsOf(['stored', 'stored', 'stored']);
  t.same([-1, 0, 2.5, 4, 100].map((sec) => segmentAt(segments, sec * SEC)), [0, 0, 1, 2, 2]);
});

t.test('how many are in each state, the worst first', async (t) => {
  t.same(countsOf(segmentsOf(['stored', 'failed', 'stored'])), [{ state: 'failed', files: 1 }, { state: 'stored', files: 2 }]);
});

t.test('keys move on a bar as on a slider', async (t) => {
  t.same(['ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End', 'Tab'].map((key) => movedBy(key, 50, 100)), [49, 51, 60, 40, 0, 99, undefined]);
  t.same([movedBy('ArrowLeft', 0, 3), movedBy('ArrowRight', 2, 3), movedBy('PageUp', 0, 3)], [0, 2, 1]);
});
