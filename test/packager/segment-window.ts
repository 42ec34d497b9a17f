import t from 'tap';
import type { Segment } from '../../src/packager/index.js';
import { SegmentWindow } from '../../src/packager/segment-window.js';

function segment(number: number, change: Partial<Segment> = {}): Segment {
  return { number, startMs: number * 2000, durationMs: 2000, discontinuity: 0, uri: `${number}`, initUri: 'init', sizeBytes: 250_000, frames: 60, isGap: false, parts: [], ...change };
}

function filled(count: number, change: (number: number) => Partial<Segment> = () => ({}), targetMs = 2000, dvrMs = 0) {
  const expired: number[] = [];
  const window = new SegmentWindow({ windowMs: 10_000, dvrMs, targetMs: () => targetMs, onExpired: ({ number }) => expired.push(number) });
  for (let number = 0; number < count; number++) window.add(segment(number, change(number)));
  return { window, expired };
}

const numbers = (segments: readonly Segment[]): number[] => segments.map(({ number }) => number);

t.test('what is listed spans the window', async (t) => {
  const { window } = filled(20);
  t.same(numbers(window.listed), [15, 16, 17, 18, 19]);
  t.equal(window.last?.number, 19);
});

t.test('more can be rewound to than the live playlist lists, and that never takes one back', async (t) => {
  const sizes = { targetMs: 2000 };
  const window = new SegmentWindow({ windowMs: 10_000, dvrMs: 60_000, targetMs: () => sizes.targetMs, onExpired: () => undefined });
  for (let number = 0; number < 40; number++) window.add(segment(number));
  t.same(numbers(window.listed), [35, 36, 37, 38, 39]);
  t.same(numbers(window.rewindable), Array.from({ length: 30 }, (_, i) => 10 + i));
  sizes.targetMs = 20_000;
  window.add(segment(40));
  t.same(numbers(window.listed), [35, 36, 37, 38, 39, 40], 'though the target duration has grown');
});

t.test('three target durations stay listed, however small the window', async (t) => {
  const { window } = filled(20, (number) => ({ startMs: number * 6000, durationMs: 6000 }), 6000);
  t.same(numbers(window.listed), [17, 18, 19]);
});

t.test('a delisted segment stays for its own duration and that of the longest playlist (RFC 8216bis §6.2.2)', async (t) => {
  const { window, expired } = filled(5);
  t.same(numbers(window.listed), [0, 1, 2, 3, 4]);
  window.add(segment(5));
  t.same(numbers(window.listed), [1, 2, 3, 4, 5], 'segment 0 is delisted');
  // A player with the old playlist may ask for it for 2 s + 10 s more: six segments.
  for (let number = 6; number <= 10; number++) window.add(segment(number));
  t.same(expired, []);
  t.same(numbers(window.all()), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  window.add(segment(11));
  t.same(expired, [0], 'twelve seconds after it was delisted');
});

t.test('what is kept is bounded', async (t) => {
  const { window, expired } = filled(1000);
  t.equal(expired.length + window.all().length, 1000);
  t.ok(window.all().length <= 12);
});

t.test('bitrates', async (t) => {
  t.strictSame(filled(0).window.rate, { peakBps: 0, averageBps: 0 });
  t.strictSame(filled(3).window.rate, { peakBps: 1_000_000, averageBps: 1_000_000 });
  const uneven = filled(2, (number) => ({ sizeBytes: number === 0 ? 500_000 : 125_000, durationMs: number === 0 ? 2000 : 1000 }));
  t.strictSame(uneven.window.rate, { peakBps: 2_000_000, averageBps: (625_000 * 8) / 3 });
  const withGap = filled(3, (number) => (number === 1 ? { isGap: true, sizeBytes: 0, frames: 0 } : {}));
  t.strictSame(withGap.window.rate, { peakBps: 1_000_000, averageBps: 1_000_000 }, 'a gap has no bitrate');
  const withRest = filled(3, (number) => (number === 2 ? { durationMs: 40, sizeBytes: 250_000 } : {}));
  t.equal(withRest.window.rate.peakBps, 1_000_000, 'a rest of one picture says nothing');
});

t.test('a scene that is over no longer counts', async (t) => {
  const { window } = filled(40, (number) => ({ sizeBytes: number < 5 ? 2_500_000 : 250_000 }));
  t.strictSame(window.rate, { peakBps: 1_000_000, averageBps: 1_000_000 });
});

t.test('frame rates', async (t) => {
  const rate = (frames: number, durationMs: number): number => filled(10, () => ({ frames, durationMs })).window.framesPerSec;
  t.equal(filled(0).window.framesPerSec, 0);
  t.equal(rate(60, 2000), 30);
  t.equal(rate(60, 2002), 30000 / 1001, '29.97');
  t.equal(rate(120, 2002), 60000 / 1001, '59.94');
  t.equal(rate(48, 2002), 24000 / 1001, '23.976');
  t.equal(rate(60, 2001), 30, 'milliseconds round');
  t.equal(rate(34, 2000), 17, 'any other rate as it is');
});
