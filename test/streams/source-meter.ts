import t from 'tap';
import type { Media } from '../../src/streams/index.js';
import { SourceMeter } from '../../src/streams/source-meter.js';
import { makeFlv, readFlv } from '../support/flv.js';
import { audioConfig, audioFrame, frameTimes, videoConfig, videoFrame } from '../support/frames.js';

interface Stretch {
  fromMs: number;
  toMs: number;
  fps?: number;
  keySec?: number;
}

/** Pictures of 1000 bytes at a steady rate, the first a key frame. */
function feed(meter: SourceMeter, { fromMs, toMs, fps = 30, keySec = 2 }: Stretch): void {
  frameTimes(fps, fromMs, toMs).forEach((timeMs, i) => meter.measure({ type: 'frame', frame: videoFrame(timeMs, { isKey: i % (fps * keySec) === 0, sizeBytes: 1000 }) }));
}

t.test('a real source', async (t) => {
  const measure = async (args: string[]): Promise<SourceMeter> => {
    const meter = new SourceMeter();
    const flv = await makeFlv(['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=50', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '6', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50', '-c:a', 'aac', '-b:a', '96k', ...args]);
    for (const { media } of readFlv(flv)) meter.measure(media);
    return meter;
  };
  const plain = (await measure(['-bf', '0'])).facts();
  t.match(plain, { video: { width: 320, height: 180 }, audio: { sampleRate: 48_000 }, keyFrameIntervalSec: 1, hasBFrames: false });
  t.ok(Math.abs(plain.fps - 50) < 0.1, `50 pictures a second: ${plain.fps}`);
  t.ok(plain.audioKbps > 50 && plain.audioKbps < 120, `audio of 96 kbps: ${plain.audioKbps}`);
  t.ok(plain.videoKbps > 0);
  t.equal((await measure(['-bf', '2', '-b_strategy', '0'])).facts().hasBFrames, true);
});

t.test('before anything came', async (t) => {
  t.strictSame(new SourceMeter().facts(), {
    video: undefined, audio: undefined, fps: 0, videoKbps: 0, audioKbps: 0, keyFrameIntervalSec: undefined, sinceKeyFrameSec: 0, hasBFrames: false,
  });
});

t.test('rate, bitrate and key frames of the last seconds', async (t) => {
  const meter = new SourceMeter();
  feed(meter, { fromMs: 0, toMs: 4_000 });
  t.match(meter.facts(), { keyFrameIntervalSec: 2, videoKbps: 240 });
  t.ok(Math.abs(meter.facts().fps - 30) < 0.05);
  t.equal(meter.facts().sinceKeyFrameSec, 1.967);
  feed(meter, { fromMs: 4_000, toMs: 10_000, fps: 60 });
  t.ok(Math.abs(meter.facts().fps - 60) < 0.1, 'a new rate is measured once the window is full of it');
});

t.test('the longest of late key-frame distances counts', async (t) => {
  const meter = new SourceMeter();
  feed(meter, { fromMs: 0, toMs: 4_000, keySec: 4 });
  feed(meter, { fromMs: 4_000, toMs: 6_000, keySec: 1 });
  t.equal(meter.facts().keyFrameIntervalSec, 4);
  feed(meter, { fromMs: 6_000, toMs: 16_000, keySec: 1 });
  t.equal(meter.facts().keyFrameIntervalSec, 1, 'eight distances later the long one is forgotten');
});

t.test('a clock that jumps', async (t) => {
  for (const [name, toMs] of [['ahead by an hour', 3_600_000], ['ahead by four seconds', 8_000], ['back by an hour', 0], ['back by three seconds', 3_601_000]] as const) {
    const meter = new SourceMeter();
    const fromMs = name.startsWith('ahead') ? 0 : 3_600_000;
    feed(meter, { fromMs, toMs: fromMs + 4_000 });
    feed(meter, { fromMs: toMs, toMs: toMs + 4_000 });
    const facts = meter.facts();
    t.equal(facts.keyFrameIntervalSec, 2, `${name}: the jump is no key-frame distance`);
    t.ok(Math.abs(facts.fps - 30) < 0.1, `${name}: ${facts.fps} pictures a second`);
    t.equal(facts.videoKbps, 240, `${name}: bitrate`);
    t.equal(facts.sinceKeyFrameSec, 1.967, name);
  }
});

t.test('a constant offset between decoding and showing is no re-ordering', async (t) => {
  const meter = new SourceMeter();
  frameTimes(30, 0, 1_000).forEach((dtsMs, i) => meter.measure({ type: 'frame', frame: videoFrame(dtsMs, { ptsMs: dtsMs + 66 + (i % 2), isKey: i === 0 }) }));
  t.equal(meter.facts().hasBFrames, false);
  meter.measure({ type: 'frame', frame: videoFrame(1_000, { ptsMs: 1_000 }) });
  t.equal(meter.facts().hasBFrames, true);
});

t.test('a declared re-order depth is believed', async (t) => {
  const meter = new SourceMeter();
  meter.measure({ type: 'config', config: videoConfig({ reorderFrames: 2 }) });
  t.equal(meter.facts().hasBFrames, true);
});

t.test('a new publisher is measured anew', async (t) => {
  const meter = new SourceMeter();
  const config: Media = { type: 'config', config: audioConfig() };
  meter.measure(config);
  for (const timeMs of frameTimes(48_000 / 1024, 0, 3_000)) meter.measure({ type: 'frame', frame: audioFrame(timeMs, { sizeBytes: 341 }) });
  feed(meter, { fromMs: 0, toMs: 5_000 });
  t.equal(meter.facts().audioKbps, 128);
  meter.reset();
  t.strictSame(meter.facts(), new SourceMeter().facts());
});
