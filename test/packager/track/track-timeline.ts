import t from 'tap';
import { TrackTimeline } from '../../../src/packager/track/track-timeline.js';
import { audioFrame, frameTimes, videoFrame } from '../../support/frames.js';

t.test('audio frames are counted: milliseconds only round to them', async (t) => {
  for (const sampleRate of [48_000, 44_100, 22_050]) {
    const timeline = new TrackTimeline({ timescale: sampleRate, frameTicks: 1024 });
    const startTicks = (10_000 * sampleRate) / 1000;
    const times = frameTimes(sampleRate / 1024, 10_000, 610_000).map((timeMs) => timeline.push(audioFrame(timeMs))?.decodeTicks);
    t.ok(times.every((ticks, i) => ticks === startTicks + i * 1024), `${sampleRate} Hz: ten minutes without a gap or an overlap`);
  }
});

t.test('audio that really stops starts anew at its own time', async (t) => {
  const timeline = new TrackTimeline({ timescale: 48_000, frameTicks: 1024 });
  const decodeMs = (timeMs: number): number => (timeline.push(audioFrame(timeMs))?.decodeTicks ?? NaN) / 48;
  t.equal(decodeMs(0), 0);
  t.equal(Math.round(decodeMs(40)), 21, 'jitter of an encoder');
  t.equal(decodeMs(142), 142, 'a hole of 100 ms');
  t.equal(Math.round(decodeMs(164)), 163);
  t.equal(timeline.push(audioFrame(100)), undefined, 'what goes back finds its place taken');
  t.equal(Math.round(decodeMs(185)), 185);
});

t.test('sound stays within 30 ms of its stamps, whatever their drift', async (t) => {
  for (const share of [0.999, 1.001]) {
    const timeline = new TrackTimeline({ timescale: 48_000, frameTicks: 1024 });
    const times = frameTimes((48_000 / 1024) * share, 0, 600_000);
    const placed = times.flatMap((timeMs) => {
      const timed = timeline.push(audioFrame(timeMs));
      return timed === undefined ? [] : [{ timeMs, decodeTicks: timed.decodeTicks }];
    });
    const worst = Math.max(...placed.map(({ timeMs, decodeTicks }) => Math.abs(decodeTicks / 48 - timeMs)));
    t.ok(worst <= 30.1, `an encoder at ${share} of the rate: ${worst} ms`);
    t.ok(placed.every(({ decodeTicks }, i) => i === 0 || decodeTicks >= (placed[i - 1]?.decodeTicks ?? 0) + 1024), 'no frame lies over another');
    t.ok(placed.length > times.length * 0.998);
  }
});

t.test('a picture lasts until the next one', async (t) => {
  const timeline = new TrackTimeline({ timescale: 90_000, frameTicks: undefined });
  t.equal(timeline.push(videoFrame(0, { ptsMs: 66, isKey: true })), undefined, 'its duration is not known yet');
  t.match(timeline.push(videoFrame(33, { ptsMs: 166 })), { decodeTicks: 0, sample: { durationTicks: 33 * 90, compositionOffsetTicks: 66 * 90, isKey: true } });
  t.match(timeline.push(videoFrame(133, { ptsMs: 100 })), { decodeTicks: 33 * 90, sample: { durationTicks: 100 * 90, compositionOffsetTicks: 133 * 90, isKey: false } }, 'variable frame rate');
  t.match(timeline.flush(), { decodeTicks: 133 * 90, sample: { durationTicks: 100 * 90, compositionOffsetTicks: -33 * 90 } }, 'the last one as long as the one before');
  t.equal(timeline.flush(), undefined);
});

t.test('a lone picture lasts 40 ms', async (t) => {
  const timeline = new TrackTimeline({ timescale: 90_000, frameTicks: undefined });
  timeline.push(videoFrame(5));
  t.match(timeline.flush(), { sample: { durationTicks: 3600 } });
});
