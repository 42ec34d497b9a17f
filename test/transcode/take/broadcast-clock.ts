import t from 'tap';
import { BroadcastClock, CLOCK_START_MS } from '../../../src/transcode/take/broadcast-clock.js';
import { audioFrame, frameTimes, videoFrame } from '../../support/frames.js';

const STARTED_MS = Date.UTC(2026, 0, 1);

function anchored(mediaMs: number, afterStartMs = 0): BroadcastClock {
  const clock = new BroadcastClock(STARTED_MS);
  clock.anchor(mediaMs, STARTED_MS + afterStartMs);
  return clock;
}

t.test('media times become times since the start of the broadcast', async (t) => {
  const clock = anchored(5_000_000, 1_500);
  t.equal(clock.epochMs, STARTED_MS - CLOCK_START_MS);
  t.match(clock.map(videoFrame(5_000_000, { ptsMs: 5_000_066 })), { dtsMs: CLOCK_START_MS + 1_500, ptsMs: CLOCK_START_MS + 1_566 });
  t.match(clock.map(audioFrame(5_000_010)), { dtsMs: CLOCK_START_MS + 1_510, ptsMs: CLOCK_START_MS + 1_510 }, 'sound and pictures keep their offset');
  t.equal(clock.peek(5_000_100), CLOCK_START_MS + 1_600);
});

t.test('decode times always rise', async (t) => {
  const clock = anchored(0);
  const times = [0, 33, 33, 30, 40].map((timeMs) => clock.map(videoFrame(timeMs)).dtsMs - CLOCK_START_MS);
  t.same(times, [0, 33, 34, 35, 40]);
});

t.test('a new stretch never goes back, whatever the wall clock does', async (t) => {
  const clock = anchored(0);
  for (const timeMs of frameTimes(30, 0, 20_000)) clock.map(videoFrame(timeMs, { ptsMs: timeMs + 66 }));
  const latestMs = CLOCK_START_MS + 19_967 + 66;
  clock.anchor(777, STARTED_MS + 4_000);
  t.equal(clock.map(videoFrame(777, { isKey: true })).dtsMs, latestMs + 1, 'the encoder sent faster than real time');
  clock.anchor(0, STARTED_MS + 60_000);
  t.equal(clock.map(videoFrame(0)).dtsMs, CLOCK_START_MS + 60_000, 'a pause of the publisher is a pause of the clock');
});

t.test('jumps of the encoder\'s clock', async (t) => {
  const clock = anchored(0);
  t.notOk(clock.isJump(videoFrame(99_999_999)), 'nothing to compare with');
  clock.map(videoFrame(0));
  clock.map(audioFrame(5));
  t.notOk(clock.isJump(videoFrame(2_900)), 'a pause');
  t.notOk(clock.isJump(videoFrame(-900)));
  t.ok(clock.isJump(videoFrame(3_100)));
  t.ok(clock.isJump(audioFrame(-1_100)));
});

t.test('a track that was silent comes back without a jump', async (t) => {
  const clock = anchored(0);
  clock.map(videoFrame(0));
  for (const timeMs of frameTimes(50, 0, 30_000)) clock.map(audioFrame(timeMs));
  t.notOk(clock.isJump(videoFrame(30_020)), 'sound went on: it is the same clock');
  t.ok(clock.isJump(videoFrame(40_000)));
  t.notOk(clock.isJump(videoFrame(20_000)), 'its pictures are only late');
  t.ok(clock.isJump(videoFrame(-2_000)), 'they never go back');
});

t.test('how far a frame is ahead of the wall clock', async (t) => {
  const clock = anchored(700_000, 2_000);
  t.equal(clock.aheadMs(videoFrame(900_000), STARTED_MS + 2_000), 0, 'the first of its track has no place yet');
  clock.map(videoFrame(700_000));
  clock.map(audioFrame(5_000_000));
  t.equal(clock.aheadMs(videoFrame(760_000), STARTED_MS + 12_000), 50_000);
  t.equal(clock.aheadMs(audioFrame(5_060_000), STARTED_MS + 12_000), 50_000, 'sound that counts from another zero');
  t.equal(clock.aheadMs(videoFrame(701_000), STARTED_MS + 12_000), -9_000);
});

t.test('sound that counts from another zero is brought to the pictures, and stays', async (t) => {
  for (const zeroMs of [1_000_000, -500_000, 20_000]) {
    const clock = anchored(600_000);
    let hasJumped = false;
    const apartMs: number[] = [];
    for (const timeMs of frameTimes(50, 600_000, 610_000)) {
      for (const frame of [videoFrame(timeMs), audioFrame(timeMs + zeroMs)]) {
        hasJumped ||= clock.isJump(frame);
        apartMs.push(clock.map(frame).dtsMs - (timeMs - 600_000 + CLOCK_START_MS));
      }
    }
    t.notOk(hasJumped, `${zeroMs} ms: a jump here would be found again after every new take`);
    t.ok(apartMs.every((ms) => Math.abs(ms) <= 1), `${zeroMs} ms: both run together`);
  }
});

t.test('shown times may lie before the clock\'s start, never before zero', async (t) => {
  const clock = anchored(10_000);
  t.equal(clock.map(videoFrame(10_000, { ptsMs: -8_000_000 })).ptsMs, 0);
});
