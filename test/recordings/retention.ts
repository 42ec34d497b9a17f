import t from 'tap';
import { expiredRecordings } from '../../src/recordings/retention.js';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 0, 31);
const NONE = { maxAgeMs: Infinity, maxDiskBytes: Infinity, minFreeBytes: 0 };

/** Of one hour each and 10 bytes, that ended so many days ago. */
function stored(...days: (number | `kept ${number}`)[]) {
  return days.map((entry) => {
    const ago = Number(String(entry).replace('kept ', ''));
    return { id: `${ago} days`, startedAt: new Date(NOW_MS - ago * DAY_MS - 3_600_000), endedAt: new Date(NOW_MS - ago * DAY_MS), sizeBytes: 10, isKept: String(entry).startsWith('kept') };
  });
}

const expired = (days: Parameters<typeof stored>, limits: Partial<typeof NONE>, freeBytes = 1000) =>
  expiredRecordings(stored(...days), { ...NONE, ...limits }, { nowMs: NOW_MS, freeBytes }).map(({ id, reason }) => `${id}: ${reason}`);

t.test('without limits nothing goes', async (t) => {
  t.same(expired([1, 1000], {}, 0), []);
});

t.test('what is too old goes, counted from its end', async (t) => {
  t.same(expired([3, 8, 7, 9], { maxAgeMs: 7 * DAY_MS }), ['9 days: age', '8 days: age']);
});

t.test('above the budget the oldest go, until it fits', async (t) => {
  t.same(expired([1, 4, 2, 3], { maxDiskBytes: 25 }), ['4 days: budget', '3 days: budget']);
  t.same(expired([1, 4], { maxDiskBytes: 20 }), []);
});

t.test('on a full disk the oldest go, until there is room', async (t) => {
  t.same(expired([1, 4, 2, 3], { minFreeBytes: 100 }, 85), ['4 days: disk', '3 days: disk']);
});

t.test('what is kept stays, and uses the budget all the same', async (t) => {
  t.same(expired(['kept 9', 'kept 8', 2, 1], { maxAgeMs: 7 * DAY_MS, maxDiskBytes: 30, minFreeBytes: 1 }, 0), ['2 days: budget']);
});

t.test('what is still needed goes last, and only when the disk is full', async (t) => {
  const now = { nowMs: NOW_MS, freeBytes: 1000, needed: new Set(['9 days']) };
  const limits = { ...NONE, maxAgeMs: 7 * DAY_MS, minFreeBytes: 100 };
  t.same(expiredRecordings(stored(9, 8), limits, now).map(({ id }) => id), ['8 days'], 'its age does not matter');
  t.same(expiredRecordings(stored(9, 2), limits, { ...now, freeBytes: 95 }).map(({ id }) => id), ['2 days'], 'others make room first');
  t.same(expiredRecordings(stored(9, 2), limits, { ...now, freeBytes: 85 }).map(({ id }) => id), ['2 days', '9 days']);
});

t.test('one that goes for its age makes room for the others', async (t) => {
  t.same(expired([9, 2, 1], { maxAgeMs: 7 * DAY_MS, maxDiskBytes: 20, minFreeBytes: 10 }, 0), ['9 days: age']);
});
