import t from 'tap';
import { headFragment, isOpenGroup, planHead } from '../../../src/recordings/clips/exact/head-plan.js';
import type { SampleTime } from '../../../src/recordings/clips/exact/sample-times.js';

/** One picture in ten ticks, decoded twenty ticks ahead, in this order of showing; K: a key frame. */
function group(...shown: string[]): SampleTime[] {
  return shown.map((word, i) => ({ decodeTicks: i * 10, shownTicks: 20 + Number.parseInt(word, 10) * 10, durationTicks: 10, isKey: word.endsWith('K') }));
}

const CLOSED = group('0K', '3', '1', '2', '4K', '7', '5', '6');

t.test('pictures from the one on the screen up to the next key frame', async (t) => {
  t.match(planHead(CLOSED, 45), { startTicks: 40, untilTicks: 60, shownTicks: [40, 50], copiedFrom: 4 });
  t.match(planHead(CLOSED, 70), { startTicks: 70, untilTicks: Infinity, shownTicks: [70, 80, 90], copiedFrom: 8 }, 'or up to the end');
  t.match(planHead(CLOSED, 60), { startTicks: 60, shownTicks: [], copiedFrom: 4 }, 'or none');
  t.match(planHead(CLOSED, 5), { startTicks: 20, shownTicks: [], copiedFrom: 0 }, 'or all, before the first');
});

t.test('decoding goes on where it did', async (t) => {
  const pictures = [{ isKey: true, payload: Buffer.alloc(9) }, { isKey: false, payload: Buffer.alloc(4) }];
  const { entries, ...fragment } = headFragment(planHead(CLOSED, 45), pictures);
  t.same(fragment, { decodeTicks: 20, durationTicks: 20, samples: 2, dataOffset: 0, dataBytes: 13 });
  // Duration, size, flags, and how long after decoding it is shown.
  t.equal(entries.toString('hex'), '0000000a' + '00000009' + '00000000' + '00000014' + '0000000a' + '00000004' + '00010000' + '00000014');
});

t.test('a group that starts with pictures of the one before cannot be copied without it', async (t) => {
  t.equal(isOpenGroup(group('2K', '0', '1', '3')), true);
  t.equal(isOpenGroup(group('0K', '2', '1')), false);
  t.equal(isOpenGroup([]), false);
});
