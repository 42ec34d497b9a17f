import t from 'tap';
import { isIncomplete } from '../../../src/recordings/vod/completeness.js';
import { audioConfig, videoConfig } from '../../support/frames.js';
import { recordedIndex } from '../../support/recorded-index.js';

const SHOW = { source: videoConfig(), '360p': videoConfig({ height: 360 }), audio: audioConfig() };
const MINUTES_10 = Array.from({ length: 300 }, () => 2000);

const numbers = (from: number, to: number, ...names: string[]): string[] => names.flatMap((name) => Array.from({ length: to - from }, (_, i) => `${name}/${from + i}`));
const show = (lost: string[] = []) => recordedIndex([{ number: 0, fromMs: 0, firstNumber: 0, durationsMs: MINUTES_10, configs: SHOW, lost }]);

t.test('what is missing of ten minutes', async (t) => {
  t.equal(isIncomplete(show(), 299), false, 'nothing');
  t.equal(isIncomplete(show(numbers(100, 103, 'source', '360p', 'audio')), 299), false, 'a hundredth');
  t.equal(isIncomplete(show(numbers(100, 104, 'source', '360p', 'audio')), 299), true, 'more than that, in the middle');
  t.equal(isIncomplete(show(numbers(0, 4, 'source', '360p', 'audio')), 299), true, 'at the start');
  t.equal(isIncomplete(show(), 303), true, 'at the end');
  t.equal(isIncomplete(show()), false, 'at the end, when nobody knows of it');
  t.equal(isIncomplete(show(numbers(100, 200, 'source')), 299), false, 'one rung of two');
  t.equal(isIncomplete(show(numbers(100, 104, 'source', '360p')), 299), true, 'pictures, while their sound is there');
  t.equal(isIncomplete(show(numbers(100, 104, 'audio')), 299), true, 'sound');
});

t.test('a take without sound misses none', async (t) => {
  t.equal(isIncomplete(recordedIndex([
    { number: 0, fromMs: 0, firstNumber: 0, durationsMs: MINUTES_10, configs: SHOW },
    { number: 1, fromMs: 600_000, firstNumber: 300, durationsMs: MINUTES_10, configs: { source: videoConfig() } },
  ])), false);
});

t.test('an hour in which the server was down is no loss, but for the segment that died with it', async (t) => {
  t.equal(isIncomplete(recordedIndex([
    { number: 0, fromMs: 0, firstNumber: 0, durationsMs: MINUTES_10, configs: SHOW },
    { number: 1, fromMs: 4_200_000, firstNumber: 301, durationsMs: MINUTES_10, configs: SHOW },
  ])), false);
});

t.test('a slate is no part of the show', async (t) => {
  const slate = { number: 1, isSlate: true, fromMs: 20_000, firstNumber: 10, durationsMs: MINUTES_10, configs: SHOW, lost: numbers(10, 310, 'audio') };
  t.equal(isIncomplete(recordedIndex([{ number: 0, fromMs: 0, firstNumber: 0, durationsMs: MINUTES_10.slice(0, 10), configs: SHOW }, slate])), false);
});

t.test('the last pictures of a short show may be a few more than its sound', async (t) => {
  t.equal(isIncomplete(recordedIndex([{ number: 0, fromMs: 0, firstNumber: 0, durationsMs: [2000, 2000, 900], configs: SHOW, lost: ['audio/2'] }])), false);
});
