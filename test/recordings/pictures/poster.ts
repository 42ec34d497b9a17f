import t from 'tap';
import { choosePoster, isBlank, isWorthKeeping } from '../../../src/recordings/pictures/poster.js';
import type { Candidate } from '../../../src/recordings/pictures/poster.js';

/** What is kept of a picture every ten seconds. */
function keep(seconds: number, options: { blankUntilSec?: number } = {}): Candidate[] {
  const kept: Candidate[] = [];
  for (let atMs = 0; atMs <= seconds * 1000; atMs += 10_000) {
    const picture = { atMs, isBlank: atMs < (options.blankUntilSec ?? 0) * 1000 };
    if (isWorthKeeping(kept, picture)) kept.push(picture);
  }
  return kept;
}

t.test('few pictures are kept, however long it lasts', async (t) => {
  t.same(keep(100).map(({ atMs }) => atMs / 1000), [0, 10, 20, 30, 40, 50, 70, 90]);
  t.ok(keep(86_400).length <= 40);
});

t.test('one of them is near to a tenth of the broadcast', async (t) => {
  for (const seconds of [10, 100, 1_000, 3_600, 10_000, 86_400]) {
    const posterSec = (choosePoster(keep(seconds), seconds * 1000)?.atMs ?? NaN) / 1000;
    t.ok(Math.abs(posterSec - seconds / 10) <= Math.max(10, seconds / 80), `${seconds} s: ${posterSec} s`);
  }
});

t.test('the clock of a broadcast need not begin with its first picture', async (t) => {
  const kept = keep(1_000).map((one) => ({ ...one, atMs: one.atMs + 500_000 }));
  t.equal(choosePoster(kept, 1_500_000)?.atMs, 590_000);
});

t.test('a blank picture is the poster only while there is no other', async (t) => {
  t.same(keep(60, { blankUntilSec: 100 }), [{ atMs: 0, isBlank: true }], 'and is not kept twice');
  t.match(choosePoster(keep(60, { blankUntilSec: 100 }), 60_000), { atMs: 0 });
  t.match(choosePoster(keep(200, { blankUntilSec: 100 }), 200_000), { atMs: 100_000, isBlank: false }, 'the first one that shows something');
  t.equal(choosePoster([], 0), undefined);
});

t.test('blank is what is dark, or of one brightness', async (t) => {
  const picture = (at: (i: number) => number): Buffer => Buffer.from(Array.from({ length: 576 }, (_, i) => at(i)));
  t.equal(isBlank(picture(() => 0)), true, 'black');
  t.equal(isBlank(picture((i) => (i % 7) * 2)), true, 'black with noise');
  t.equal(isBlank(picture(() => 200)), true, 'a plain wall');
  t.equal(isBlank(picture((i) => 20 + (i % 32))), false, 'a dim room');
  t.equal(isBlank(picture((i) => (i < 100 ? 0 : 250))), false, 'a white slide with a headline');
});
