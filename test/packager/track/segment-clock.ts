import t from 'tap';
import { SegmentClock } from '../../../src/packager/track/segment-clock.js';

const LIMITS = { targetMs: 2000, maxMs: 2499 };

function clock(expectedKeyDistanceMs: number): SegmentClock {
  const made = new SegmentClock(LIMITS);
  made.startTake(expectedKeyDistanceMs, LIMITS);
  return made;
}

/** Start times of the segments that these key frames make. */
function starts(made: SegmentClock, keysMs: number[], take = 0): number[] {
  return keysMs.filter((keyMs) => made.atKeyFrame(take, keyMs)?.startMs === keyMs);
}

function lengths(startsMs: number[]): number[] {
  return startsMs.slice(1).map((startMs, i) => startMs - (startsMs[i] ?? 0));
}

t.test('where segments start', async (t) => {
  t.same(starts(clock(2000), [0, 2000, 4000]), [0, 2000, 4000], 'at each key frame of a source with the target interval');
  t.same(starts(clock(500), [0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000]), [0, 2000, 4000], 'at the key frame that fills the target');
  t.same(starts(clock(2000), [0, 1983, 3966]), [0, 1983, 3966], 'a little early is early enough');
  t.same(starts(clock(1500), [0, 1500, 3000, 4500]), [0, 1500, 3000, 4500], 'early when the next key frame would come too late');
  t.same(starts(clock(833), [0, 833, 1667, 2500, 3333]), [0, 1667, 3333], 'even when it would be late by a millisecond');
});

t.test('irregular key frames make no segment longer than the target duration allows', async (t) => {
  let seed = 7;
  const random = (): number => { seed = (seed * 16807) % 2147483647; return seed / 2147483647; };
  for (const longestMs of [800, 1200, 1700, 2400]) {
    const keysMs = [0];
    for (let i = 0; i < 400; i++) keysMs.push((keysMs.at(-1) ?? 0) + Math.round(100 + random() * (longestMs - 100)));
    const found = lengths(starts(clock(longestMs), keysMs));
    t.ok(Math.max(...found) <= LIMITS.maxMs, `key frames up to ${longestMs} ms apart: longest segment ${Math.max(...found)} ms`);
  }
});

t.test('the first rung decides, the others get its answers', async (t) => {
  const made = clock(500);
  const first = [0, 500, 1000, 1500, 2000, 2500].map((keyMs) => made.atKeyFrame(0, keyMs));
  const second = [0, 501, 999, 1500, 2003, 2500].map((keyMs) => made.atKeyFrame(0, keyMs));
  t.same(second, first);
  t.strictSame(second[4], { number: 1, startMs: 2000, take: 0, discontinuity: 0 });
});

t.test('who is late and presents what nobody decided starts nothing', async (t) => {
  const made = clock(2000);
  starts(made, [0, 2000, 4000]);
  t.equal(made.atKeyFrame(0, 3000), undefined);
  t.equal(made.latest?.number, 2);
});

t.test('numbers go on and discontinuities count from take to take', async (t) => {
  const made = clock(2000);
  starts(made, [0, 2000]);
  made.startTake(2000, LIMITS);
  t.strictSame(made.atKeyFrame(1, 2500), { number: 2, startMs: 2500, take: 1, discontinuity: 1 }, 'a take starts a segment whatever the length of the last');
  t.equal(made.atKeyFrame(0, 4000), undefined, 'the old take is over');
  t.strictSame(made.atKeyFrame(3, 9000), { number: 3, startMs: 9000, take: 3, discontinuity: 2 }, 'a take without a segment is no discontinuity');
  t.equal(made.find(2)?.take, 1);
  t.equal(made.find(4), undefined);
});

t.test('audio is settled where video has been', async (t) => {
  const made = clock(2000);
  t.notOk(made.isSettled(0, 0));
  made.advance(0, 100);
  t.ok(made.isSettled(0, 99));
  t.notOk(made.isSettled(0, 100), 'a key frame may still come here');
  made.advance(0, 50);
  t.ok(made.isSettled(0, 99), 'a slower rung takes nothing back');
  made.advance(1, 5);
  t.ok(made.isSettled(0, 9999), 'a past take is settled');
  t.notOk(made.isSettled(1, 6));
});

t.test('a key frame that does not come: boundaries without one, until it does', async (t) => {
  const made = clock(2000);
  const upTo = (timeMs: number): number => {
    made.advance(0, timeMs);
    return made.latest?.startMs ?? NaN;
  };
  starts(made, [0]);
  t.equal(upTo(5_990), 0, 'it may be late');
  t.ok(made.isSettled(0, 2_498));
  t.notOk(made.isSettled(0, 2_499), 'sound beyond the longest segment waits for the decision');
  t.equal(upTo(6_010), 4_998);
  t.same([0, 1, 2].map((number) => made.find(number)?.startMs), [0, 2_499, 4_998]);
  t.equal(upTo(7_490), 4_998);
  t.equal(upTo(7_510), 7_497, 'now that it is known, without another wait');
  t.equal(made.atKeyFrame(0, 3_000), undefined, 'a slow rung changes nothing');
  t.same(starts(made, [8_300, 10_300]), [8_300, 10_300], 'a key frame starts a segment at once');
  t.equal(upTo(14_000), 10_300, 'and they are waited for again');
});

t.test('the boundary that a sound belongs to', async (t) => {
  const made = clock(2000);
  starts(made, [100, 2100]);
  t.equal(made.boundaryAt(0, 99), undefined, 'before the first picture');
  t.equal(made.boundaryAt(0, 100)?.number, 0);
  t.equal(made.boundaryAt(0, 2099)?.number, 0);
  t.equal(made.boundaryAt(0, 5000)?.number, 1);
  t.equal(made.boundaryAt(1, 5000), undefined, 'of its own take only');
});

t.test('a broadcast of weeks keeps a bounded past and right answers', async (t) => {
  const made = clock(2000);
  for (let i = 0; i < 10_000; i++) made.atKeyFrame(0, i * 2000);
  t.equal(made.find(0), undefined);
  t.equal(made.find(9_999)?.startMs, 9_999 * 2000);
  t.equal(made.boundaryAt(0, 19_000_001)?.number, 9_500);
});
