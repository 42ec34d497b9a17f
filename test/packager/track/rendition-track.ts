import t from 'tap';
import { RenditionTrack } from '../../../src/packager/track/rendition-track.js';
import type { PackedSegment } from '../../../src/packager/track/rendition-track.js';
import { SegmentClock } from '../../../src/packager/track/segment-clock.js';
import { audioConfig, audioFrame, frameTimes, videoConfig, videoFrame } from '../../support/frames.js';

const LIMITS = { targetMs: 2000, maxMs: 2499 };
const AUDIO_FPS = 48_000 / 1024;

/** Tracks of one broadcast on one clock, and what they packed. */
function tracks() {
  const clock = new SegmentClock(LIMITS);
  clock.startTake(2000, LIMITS);
  const make = (kind: 'video' | 'audio') => {
    const segments: PackedSegment[] = [];
    const parts: number[] = [];
    const track = new RenditionTrack({ kind, clock, partMs: 334, onPart: (boundary) => parts.push(boundary.number), onSegment: (segment) => segments.push(segment) });
    return { track, segments, parts };
  };
  return { clock, make };
}

const summary = (segments: PackedSegment[]) => segments.map(({ boundary, durationMs, frames, parts }) => ({ number: boundary.number, startMs: boundary.startMs, durationMs: Math.round(durationMs * 10) / 10, frames, parts: parts.length }));

/** Decode time and sample durations of a part, as written, in ticks. */
function timesOf(header: Buffer | undefined): { startTicks: number; endTicks: number } {
  if (header === undefined) throw new Error('part has no header');
  const tfdt = header.indexOf('tfdt');
  const trun = header.indexOf('trun');
  const startTicks = Number(header.readBigUInt64BE(tfdt + 8));
  let endTicks = startTicks;
  for (let i = 0; i < header.readUInt32BE(trun + 8); i++) endTicks += header.readUInt32BE(trun + 16 + i * 16);
  return { startTicks, endTicks };
}

const partTimes = (segments: PackedSegment[]) => segments.flatMap((segment) => segment.parts.map((part) => timesOf(part.buffers[0])));

t.test('video is cut at key frames into segments and parts', async (t) => {
  const { make } = tracks();
  const { track, segments, parts } = make('video');
  track.startTake(0, videoConfig(), { leads: true });
  frameTimes(30, 10_000, 15_000).forEach((timeMs, i) => track.push(videoFrame(timeMs, { isKey: i % 60 === 0 })));
  t.same(summary(segments), [{ number: 0, startMs: 10_000, durationMs: 2000, frames: 60, parts: 6 }, { number: 1, startMs: 12_000, durationMs: 2000, frames: 60, parts: 6 }]);
  track.finishTake();
  t.same(summary(segments).at(-1), { number: 2, startMs: 14_000, durationMs: 1001, frames: 30, parts: 3 });
  t.same(parts.filter((number) => number === 2).length, 3);
  t.same(segments[0]?.parts.map((part) => part.isIndependent), [true, false, false, false, false, false]);
  t.ok(segments.flatMap((segment) => segment.parts).every((part) => part.durationMs <= 334));
  const times = partTimes(segments);
  t.ok(times.every(({ startTicks }, i) => i === 0 || startTicks === times[i - 1]?.endTicks), 'parts follow each other without a gap');
});

t.test('what comes before the first key frame cannot be decoded and is left out', async (t) => {
  const { make } = tracks();
  const { track, segments } = make('video');
  track.startTake(0, videoConfig(), { leads: true });
  for (const timeMs of frameTimes(25, 0, 1000)) track.push(videoFrame(timeMs));
  track.push(videoFrame(1000, { isKey: true }));
  track.finishTake();
  t.same(summary(segments), [{ number: 0, startMs: 1000, durationMs: 40, frames: 1, parts: 1 }]);
});

t.test('audio is cut where the pictures are, and waits for them', async (t) => {
  const { make } = tracks();
  const [video, audio] = [make('video'), make('audio')];
  video.track.startTake(0, videoConfig(), { leads: true });
  audio.track.startTake(0, audioConfig(), { leads: false });
  for (const timeMs of frameTimes(AUDIO_FPS, 9_900, 14_500)) audio.track.push(audioFrame(timeMs));
  t.same(audio.segments, [], 'nothing is known yet of where the pictures start');
  frameTimes(30, 10_000, 14_100).forEach((timeMs, i) => video.track.push(videoFrame(timeMs, { isKey: i % 60 === 0 })));
  audio.track.release();
  t.same(summary(audio.segments), [
    { number: 0, startMs: 10_000, durationMs: 2000, frames: 94, parts: 7 },
    { number: 1, startMs: 12_000, durationMs: 2000, frames: 94, parts: 7 },
  ], 'sound from before the first picture is left out');
  const times = partTimes(audio.segments);
  t.ok(times.every(({ startTicks }, i) => i === 0 || startTicks === times[i - 1]?.endTicks));
});

t.test('a hole in the sound stays where it is', async (t) => {
  const { make } = tracks();
  const [video, audio] = [make('video'), make('audio')];
  video.track.startTake(0, videoConfig(), { leads: true });
  audio.track.startTake(0, audioConfig(), { leads: false });
  frameTimes(30, 0, 4_100).forEach((timeMs, i) => video.track.push(videoFrame(timeMs, { isKey: i % 60 === 0 })));
  const heard = [...frameTimes(AUDIO_FPS, 0, 500), ...frameTimes(AUDIO_FPS, 600, 4_050)];
  for (const timeMs of heard) audio.track.push(audioFrame(timeMs));
  const written = partTimes(audio.segments);
  const after = written.find(({ startTicks }) => startTicks >= 550 * 48);
  t.equal(after?.startTicks, 600 * 48, 'the sound after the hole starts at its own time, not where the part ended');
  t.equal(summary(audio.segments)[0]?.durationMs, 2000, 'and the segment lasts until the next one');
});

t.test('audio alone cuts for itself', async (t) => {
  const { make } = tracks();
  const { track, segments } = make('audio');
  track.startTake(0, audioConfig(), { leads: true });
  for (const timeMs of frameTimes(AUDIO_FPS, 0, 7_000)) track.push(audioFrame(timeMs));
  const found = summary(segments);
  t.same(found.map(({ number }) => number), [0, 1, 2]);
  t.ok(found.every(({ durationMs }) => Math.abs(durationMs - 2000) < 22));
});

t.test('sound goes on when the pictures stop', async (t) => {
  const { make } = tracks();
  const [video, audio] = [make('video'), make('audio')];
  video.track.startTake(0, videoConfig(), { leads: true });
  audio.track.startTake(0, audioConfig(), { leads: false });
  frameTimes(30, 0, 3_000).forEach((timeMs, i) => video.track.push(videoFrame(timeMs, { isKey: i % 60 === 0 })));
  for (const timeMs of frameTimes(AUDIO_FPS, 0, 16_000)) audio.track.push(audioFrame(timeMs));
  const found = summary(audio.segments);
  t.ok(found.length >= 4 && found.length < 7, `${found.length} segments`);
  t.ok(found.every(({ durationMs }) => durationMs < 2500));
});

t.test('pictures that come late from an encoder keep their first segment', async (t) => {
  const { make } = tracks();
  const [video, audio] = [make('video'), make('audio')];
  video.track.startTake(0, videoConfig(), { leads: true });
  audio.track.startTake(0, audioConfig(), { leads: false });
  for (const timeMs of frameTimes(AUDIO_FPS, 15, 5_000)) audio.track.push(audioFrame(timeMs));
  frameTimes(30, 0, 4_100).forEach((timeMs, i) => video.track.push(videoFrame(timeMs, { isKey: i % 60 === 0 })));
  audio.track.release();
  t.same(video.segments.map(({ boundary }) => boundary.startMs), [0, 2000]);
  t.same(audio.segments.map(({ boundary }) => boundary.startMs), [0, 2000]);
});

t.test('a rung whose key frame was lost does not run on into the next segment', async (t) => {
  const { make } = tracks();
  const [source, rung] = [make('video'), make('video')];
  for (const one of [source, rung]) one.track.startTake(0, videoConfig(), { leads: true });
  frameTimes(30, 0, 6_100).forEach((timeMs, i) => source.track.push(videoFrame(timeMs, { isKey: i % 60 === 0 })));
  frameTimes(30, 0, 6_100).forEach((timeMs, i) => rung.track.push(videoFrame(timeMs, { isKey: i % 60 === 0 && i !== 60 })));
  t.same(summary(source.segments).map(({ number }) => number), [0, 1, 2]);
  t.same(summary(rung.segments).map(({ number, durationMs }) => [number, durationMs]), [[0, 2000], [2, 2000]]);
});

t.test('a segment that misses its key frame ends after three target durations, or 32 MiB', async (t) => {
  for (const { sizeBytes, endMs } of [{ sizeBytes: 1000, endMs: 6_000 }, { sizeBytes: 340_000, endMs: 3_300 }, { sizeBytes: 1 << 20, endMs: 2_500 }]) {
    const { make } = tracks();
    const { track, segments } = make('video');
    track.startTake(0, videoConfig(), { leads: true });
    let endedMs: number | undefined;
    for (const [i, timeMs] of frameTimes(30, 0, 18_000).entries()) {
      track.push(videoFrame(timeMs, { isKey: i === 0 || i === 500, sizeBytes }));
      if (segments.length > 0) endedMs ??= timeMs;
    }
    t.ok(endedMs !== undefined && Math.abs(endedMs - endMs) < 100, `${sizeBytes} bytes a picture: ended at ${endedMs} ms`);
    track.finishTake();
    const [first, second] = summary(segments);
    t.match(first, { number: 0, startMs: 0, durationMs: 2499, frames: 70, parts: 7 }, 'with the parts that fit');
    t.match(second, { startMs: 16_667 }, 'the next key frame starts the next one');
    t.equal(segments.length, 2);
  }
});

t.test('B-frames: a segment holds its own pictures in decode order', async (t) => {
  const { make } = tracks();
  const { track, segments } = make('video');
  track.startTake(0, videoConfig(), { leads: true });
  // I P B B …, shown two frames after they are decoded; the key frame of the next group is shown last of all before it.
  const frameMs = 40;
  for (let group = 0; group < 3; group++) {
    const base = group * 50 * frameMs;
    for (let i = 0; i < 50; i++) {
      const shown = i === 0 ? 2 : [4, 2, 3][(i - 1) % 3] ?? 2;
      track.push(videoFrame(base + i * frameMs, { ptsMs: base + i * frameMs + (i === 0 ? 2 : shown - 1) * frameMs, isKey: i === 0 }));
    }
  }
  t.same(summary(segments), [
    { number: 0, startMs: 80, durationMs: 2000, frames: 50, parts: 7 },
    { number: 1, startMs: 2080, durationMs: 2000, frames: 50, parts: 7 },
  ]);
  const times = partTimes(segments);
  t.same([times[0]?.startTicks, times[7]?.startTicks], [0, 2000 * 90], 'decode times, not shown ones');
});

t.test('a new take starts with nothing of the old one', async (t) => {
  const { clock, make } = tracks();
  const { track, segments } = make('video');
  track.startTake(0, videoConfig(), { leads: true });
  track.push(videoFrame(0, { isKey: true }));
  track.push(videoFrame(40));
  clock.startTake(2000, LIMITS);
  track.startTake(1, videoConfig(), { leads: true });
  track.push(videoFrame(200));
  track.push(videoFrame(240, { isKey: true }));
  track.finishTake();
  t.same(segments.map(({ boundary, frames }) => ({ take: boundary.take, discontinuity: boundary.discontinuity, frames })), [
    { take: 0, discontinuity: 0, frames: 2 },
    { take: 1, discontinuity: 1, frames: 1 },
  ]);
});
