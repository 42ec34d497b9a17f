import t from 'tap';
import { cutTimeline, cuttableIndex } from '../../../src/recordings/clips/clip-cut.js';
import type { CutWish } from '../../../src/recordings/clips/clip-cut.js';
import type { VodTimeline } from '../../../src/recordings/vod/vod-timeline.js';
import { vodTimeline } from '../../../src/recordings/vod/vod-timeline.js';
import { audioConfig, videoConfig } from '../../support/frames.js';
import { recordedIndex } from '../../support/recorded-index.js';

const configs = { source: videoConfig(), '360p': videoConfig({ width: 640, height: 360 }), audio: audioConfig() };
const TWO_SEC = [2000, 2000, 2000, 2000, 2000];
/** Ten seconds, four of a slate, ten more; the clock starts at one second. */
const SHOW = recordedIndex([
  { number: 0, fromMs: 1000, firstNumber: 0, durationsMs: TWO_SEC, configs },
  { number: 1, isSlate: true, fromMs: 11_000, firstNumber: 5, durationsMs: [2000, 2000], configs },
  { number: 2, fromMs: 15_000, firstNumber: 7, durationsMs: TWO_SEC, configs },
]);

function timelineOf(index = SHOW): VodTimeline {
  const timeline = vodTimeline(index);
  if (timeline === undefined) throw new Error('nothing is recorded');
  return timeline;
}

function numbersOf(timeline: VodTimeline | undefined): number[] | undefined {
  return timeline?.renditions[0]?.segments.map(({ number }) => number);
}

function cutNumbers(wish: CutWish): number[] | undefined {
  return numbersOf(cutTimeline(timelineOf(), wish)?.timeline);
}

t.test('whole segments, from the one that holds the start to the end', async (t) => {
  const cut = (fromMs: number, durationMs: number) => cutNumbers({ fromMs, durationMs });
  t.same(cut(4000, 5000), [1, 2, 3]);
  t.same(cut(3000, 6000), [1, 2, 3], 'a start at a key frame takes nothing before it');
  t.same(cut(2999, 6000), [1, 2, 3], 'nor when it was rounded down');
  t.same(cut(5000, 6001), [2, 3, 4], 'nor does an end that was rounded up take one more');
  t.same(cut(-2000, 5000), [0], 'of a start before the show, the part inside is left');
});

t.test('the time of a slate does not count', async (t) => {
  t.same(cutNumbers({ fromMs: 9000, durationMs: 6000 }), [4, 7, 8]);
  t.same(cutNumbers({ fromMs: 12_000, durationMs: 4000 }), [7, 8], 'a start in it is that of what comes then');
});

t.test('a clip has a clock of its own, the same in every rendition', async (t) => {
  const cut = cutTimeline(timelineOf(), { fromMs: 9000, durationMs: 6000 });
  t.equal(cut?.timeline.durationMs, 6000);
  t.same(cut?.timeline.renditions.map(({ name, segments }) => [name, segments.map(({ atMs }) => atMs)]), ['source', '360p', 'audio'].map((name) => [name, [0, 2000, 4000]]));
  t.same(cut?.timeline.renditions[0]?.segments.map(({ startMs }) => startMs), [9000, 15_000, 17_000], 'samples are found by the clock of the show');
});

t.test('it ends with the show, and there is none outside of it', async (t) => {
  t.same(cutNumbers({ fromMs: 22_000, durationMs: 60_000 }), [10, 11]);
  t.equal(cutTimeline(timelineOf(), { fromMs: 25_000, durationMs: 5000 }), undefined, 'after the end');
  t.equal(cutTimeline(timelineOf(), { fromMs: -4000, durationMs: 5000 }), undefined, 'before the start');
});

t.test('what is on can be cut as far as it can be rewound', async (t) => {
  t.same(numbersOf(timelineOf(cuttableIndex(SHOW, 6000))), [9, 10, 11]);
  t.same(numbersOf(timelineOf(cuttableIndex(SHOW, 60_000))), [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]);
});

t.test('and up to where every rendition of now has come', async (t) => {
  const take = { number: 0, fromMs: 0, firstNumber: 0, durationsMs: TWO_SEC, configs };
  const late = recordedIndex([{ ...take, lost: ['360p/4', 'audio/3', 'audio/4'] }]);
  t.same(numbersOf(timelineOf(cuttableIndex(late, 60_000))), [0, 1, 2]);
  const dropped = recordedIndex([take, { ...take, number: 1, fromMs: 10_000, firstNumber: 5, configs: { source: configs.source, audio: configs.audio } }]);
  t.same(numbersOf(timelineOf(cuttableIndex(dropped, 60_000)))?.length, 10, 'a rung that was given up holds nobody back');
});
