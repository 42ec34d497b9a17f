import t from 'tap';
import { SampleTable } from '../../../src/recordings/mp4/sample-table.js';
import type { SampleRun } from '../../../src/recordings/mp4/sample-table.js';
import { boxesOf } from '../../support/boxes.js';

interface Sample {
  duration: number;
  size: number;
  isKey?: boolean;
  offset?: number;
}

/** A segment of one fragment; ticks are milliseconds. */
function runOf(decodeTicks: number, samples: Sample[], change: Partial<SampleRun> = {}): SampleRun {
  const entries = Buffer.alloc(samples.length * 16);
  samples.forEach(({ duration, size, isKey = false, offset = 0 }, i) => {
    [duration, size, isKey ? 0x02000000 : 0x01010000].forEach((value, field) => entries.writeUInt32BE(value, i * 16 + field * 4));
    entries.writeInt32BE(offset, i * 16 + 12);
  });
  const sum = (of: (sample: Sample) => number): number => samples.reduce((total, sample) => total + of(sample), 0);
  const fragment = { decodeTicks, durationTicks: sum(({ duration }) => duration), samples: samples.length, entries, dataOffset: 0, dataBytes: sum(({ size }) => size) };
  return { fragments: [fragment], format: 0, timescale: 1000, shiftMs: 0, inBandBytes: 0, ...change };
}

/** The tables of the box, as signed numbers after version and flags. */
function tables(table: SampleTable, chunkOffsets: number[]): Record<string, number[]> {
  const boxes = boxesOf(boxesOf(table.toBox([Buffer.from('entry')], chunkOffsets))[0]?.content ?? Buffer.alloc(0));
  return Object.fromEntries(boxes.slice(1).map(({ type, content }) => [type, Array.from({ length: content.length / 4 - 1 }, (_, i) => content.readInt32BE(4 + i * 4))]));
}

const key = { duration: 40, size: 900, isKey: true };
const picture = { duration: 40, size: 100 };

t.test('what a table says', async (t) => {
  const table = new SampleTable({ timescale: 1000 });
  table.add(runOf(10_000, [{ ...key, offset: 80 }, { ...picture, offset: -40 }, picture], { shiftMs: -10_000 }));
  table.add(runOf(10_120, [key, picture, picture], { shiftMs: -10_000 }));
  table.add(runOf(10_240, [key], { shiftMs: -10_000, format: 1, inBandBytes: 30 }));
  t.same(tables(table, [500, 1600, 2 ** 33]), {
    stts: [2, 6, 40, 1, 40],
    ctts: [3, 1, 80, 1, -40, 5, 0],
    stss: [3, 1, 4, 7],
    stsc: [2, 1, 3, 1, 3, 1, 2],
    stsz: [0, 7, 900, 100, 100, 900, 100, 100, 930],
    co64: [3, 0, 500, 0, 1600, 2, 0],
  });
  t.same([table.startTicks, table.startOffsetTicks, table.endTicks, table.durationTicks], [80, 80, 280, 280]);
});

t.test('sound has no tables that it does not need', async (t) => {
  const table = new SampleTable({ timescale: 1000 });
  table.add(runOf(20, [key, key]));
  t.same(Object.keys(tables(table, [0])), ['stts', 'stsc', 'stsz', 'co64']);
  t.same([table.startTicks, table.startOffsetTicks, table.endTicks], [20, 0, 100]);
});

t.test('a hole is a sample that lasts; an overlap passes, and nothing is shown before it is decoded', async (t) => {
  const table = new SampleTable({ timescale: 1000 });
  table.add(runOf(0, [key, picture]));
  table.add(runOf(1000, [key, picture]));
  table.add(runOf(1000, [key, picture, picture]));
  t.match(tables(table, [0, 1, 2]), { stts: [6, 1, 40, 1, 960, 1, 40, 2, 1, 1, 38, 1, 40] });
  t.equal(tables(table, [0, 1, 2])['ctts'], undefined);
});

t.test('another rate is counted in the ticks of the first, without drift', async (t) => {
  const table = new SampleTable({ timescale: 48_000 });
  table.add(runOf(0, Array.from({ length: 4410 }, () => ({ duration: 10, size: 1, isKey: true })), { timescale: 44_100 }));
  t.equal(table.endTicks, 48_000);
  t.equal(table.durationTicks, 48_000);
});

t.test('what is before the file begins is decoded and not shown', async (t) => {
  const table = new SampleTable({ timescale: 1000 });
  table.add(runOf(1000, [{ ...key, offset: 66 }, picture], { shiftMs: -1066 }));
  t.same([table.startTicks, table.startOffsetTicks, table.endTicks], [0, 66, 40]);
});
