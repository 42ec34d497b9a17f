import t from 'tap';
import type { Frame } from '../../src/streams/index.js';
import { makeFlv, readFlv } from '../support/flv.js';
import { framesOf, makeSource, TranscodeHarness } from '../support/transcode-harness.js';
import type { SourceOptions } from '../support/transcode-harness.js';

/* What streamers send, through a real FFmpeg: the encoded rung shows the same pictures at the same times. */

const SPEED = 3;
const times = (frames: Frame[]): number[] => frames.map(({ ptsMs }) => ptsMs).sort((a, b) => a - b);
const keyTimes = (frames: Frame[]): number[] => frames.filter(({ isKey }) => isKey).map(({ ptsMs }) => ptsMs);
const rises = (frames: Frame[]): boolean => frames.every((frame, i) => i === 0 || frame.dtsMs > (frames[i - 1]?.dtsMs ?? 0));

const sources: { name: string; source: SourceOptions; size: [number, number]; halves?: boolean }[] = [
  { name: '25 a second', source: { seconds: 4, fps: 25 }, size: [240, 180] },
  { name: '30 a second with B-frames', source: { seconds: 4, video: ['-preset', 'veryfast', '-bf', '2', '-b_strategy', '0'] }, size: [240, 180] },
  { name: '50 a second', source: { seconds: 4, fps: 50 }, size: [240, 180], halves: true },
  { name: '59.94 a second', source: { seconds: 4, fps: '60000/1001' }, size: [240, 180], halves: true },
  { name: 'variable frame rate', source: { seconds: 4, filter: 'select=\'gt(random(7),0.35)\'' }, size: [240, 180] },
  { name: 'portrait', source: { seconds: 3, size: '240x426' }, size: [180, 320] },
  { name: 'a size that is no multiple of 16', source: { seconds: 3, size: '854x478' }, size: [322, 180] },
  { name: 'pictures alone', source: { seconds: 4, audio: undefined }, size: [240, 180] },
];

for (const { name, source, size, halves } of sources) {
  t.test(name, async (t) => {
    const items = await makeSource(source);
    const harness = new TranscodeHarness(t);
    harness.attach();
    await harness.play(items, SPEED);
    await harness.transcode.detach();
    t.equal(harness.takes.length, 1);
    const [passed, encoded] = [harness.output(0, 'source'), harness.output(0, '180p')];
    t.equal(passed.frames.length, framesOf(items, 'video').length, 'every picture passes');
    t.ok(rises(passed.frames) && rises(encoded.frames), 'decode times rise');
    t.match(encoded.configs, [{ width: size[0], height: size[1], codec: 'h264', isBaselineChroma: true, reorderFrames: 0 }]);
    t.same(keyTimes(encoded.frames), keyTimes(passed.frames), 'key frames at the same times');
    if (halves) {
      const known = new Set(times(passed.frames));
      t.ok(times(encoded.frames).every((timeMs) => known.has(timeMs)), 'pictures keep their times');
      const share = encoded.frames.length / passed.frames.length;
      t.ok(share > 0.48 && share < 0.55, `half of the pictures: ${share}`);
    } else {
      t.same(times(encoded.frames), times(passed.frames), 'each picture at its own time');
    }
    const firstPicture = items.findIndex(({ media }) => media.type === 'frame' && media.frame.kind === 'video');
    t.equal(harness.output(0, 'audio').frames.length, framesOf(items.slice(firstPicture), 'audio').length, 'sound passes from the first picture on');
  });
}

t.test('an interlaced source is encoded anew as whole pictures', async (t) => {
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play(await makeSource({ seconds: 4, size: '480x360', fps: 25, video: ['-preset', 'veryfast', '-bf', '0', '-x264-params', 'tff=1'] }), SPEED);
  await harness.transcode.detach();
  t.same(harness.takes[0]?.renditions.map(({ name, origin }) => `${name} ${origin}`), ['180p encoded', 'audio passthrough']);
  t.match(harness.output(0, '180p').configs, [{ interlaced: false, width: 240, height: 180 }]);
  t.ok(harness.output(0, '180p').frames.length > 90);
});

t.test('long groups get key frames of our own, two seconds apart', async (t) => {
  const items = await makeSource({ seconds: 7, keySec: 100 });
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play(items, SPEED);
  await harness.transcode.detach();
  t.same(harness.takes[0]?.renditions.map(({ name, origin }) => `${name} ${origin}`), ['180p encoded', 'audio passthrough']);
  const { frames } = harness.output(0, '180p');
  t.equal(frames.length, framesOf(items, 'video').length);
  const keys = keyTimes(frames).map((timeMs) => timeMs - (frames[0]?.ptsMs ?? 0));
  t.equal(keys.length, 4);
  t.ok(keys.every((keyMs, i) => Math.abs(keyMs - i * 2000) <= 34), keys.join());
});

t.test('sound alone passes', async (t) => {
  const items = readFlv(await makeFlv(['-f', 'lavfi', '-i', 'sine=sample_rate=44100', '-t', '4', '-c:a', 'aac', '-b:a', '96k']));
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play(items, SPEED);
  await harness.transcode.detach();
  t.match(harness.takes, [{ renditions: [{ name: 'audio', kind: 'audio', origin: 'passthrough' }] }]);
  t.equal(harness.output(0, 'audio').frames.length, items.length - 1);
  t.equal(harness.transcode.status().encode, undefined, 'no FFmpeg is started for it');
});

t.test('surround sound becomes stereo, beside the pictures and alone', async (t) => {
  const surround = ['-f', 'lavfi', '-i', 'anoisesrc=r=48000:a=0.1', '-af', 'aformat=channel_layouts=5.1'];
  const pictures = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', '0', '-g', '25'];
  for (const inputs of [surround, [...surround.slice(0, 4), ...pictures.slice(0, 4), ...surround.slice(4), ...pictures.slice(4)]]) {
    const items = readFlv(await makeFlv([...inputs, '-t', '4', '-c:a', 'aac', '-b:a', '384k']));
    const harness = new TranscodeHarness(t);
    harness.attach();
    await harness.play(items, SPEED);
    await harness.transcode.detach();
    t.match(harness.output(0, 'audio').configs, [{ channels: 2, sampleRate: 48_000, codecString: 'mp4a.40.2' }]);
    const [source, made] = [framesOf(items, 'audio'), harness.output(0, 'audio').frames];
    t.ok(Math.abs(source.length - made.length) <= 3, `${source.length} frames in, ${made.length} out`);
    const passed = harness.output(0, 'source').frames;
    if (passed.length > 0) t.ok(Math.abs((passed[0]?.ptsMs ?? 0) - (made[0]?.ptsMs ?? 0)) <= 40, 'it keeps its offset to the pictures');
  }
});
