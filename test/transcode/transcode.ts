import t from 'tap';
import type { Frame } from '../../src/streams/index.js';
import { videoConfig, videoFrame } from '../support/frames.js';
import { framesOf, isRunning, makeSource, shifted, TranscodeHarness } from '../support/transcode-harness.js';
import { until } from '../support/until.js';

const keyTimes = (frames: Frame[]): number[] => frames.filter(({ isKey }) => isKey).map(({ ptsMs }) => ptsMs);
const rises = (frames: Frame[]): boolean => frames.every((frame, i) => i === 0 || frame.dtsMs > (frames[i - 1]?.dtsMs ?? 0));
/** Longest step from one picture to the next, ms. */
const longestStep = (frames: Frame[]): number => Math.max(...frames.slice(1).map((frame, i) => frame.dtsMs - (frames[i]?.dtsMs ?? 0)));

t.test('detach brings out all that was sent, and close leaves no child', async (t) => {
  const items = await makeSource({ seconds: 4 });
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play(items, 50);
  const pid = await harness.pid();
  await harness.transcode.detach();
  t.equal(harness.output(0, '180p').frames.length, framesOf(items, 'video').length, 'although it was sent faster than it can be encoded');
  t.equal(harness.finishedTakes, 1);
  await harness.transcode.close();
  t.notOk(isRunning(pid));
  t.equal(harness.transcode.status().encode, undefined);
  t.same(harness.log.lines.filter(({ level }) => level === 'error'), []);
  harness.push({ type: 'frame', frame: videoFrame(5_000, { isKey: true }) });
  t.equal(harness.takes.length, 1, 'what comes after the close goes nowhere');
});

t.test('the format changes in the middle: a new take with the new configuration', async (t) => {
  const [first, second] = [await makeSource({ seconds: 3 }), await makeSource({ seconds: 3, size: '480x270', fps: 25 })];
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play([...first, ...shifted(second, 3_000)], 2);
  await harness.transcode.detach();
  t.equal(harness.takes.length, 2);
  t.match(harness.output(0, 'source').configs, [{ width: 320, height: 240 }]);
  t.match(harness.output(1, 'source').configs, [{ width: 480, height: 270 }]);
  t.match(harness.output(1, '180p').configs, [{ width: 320, height: 180 }]);
  t.equal(harness.output(1, 'source').frames.length, framesOf(second, 'video').length);
  t.same(keyTimes(harness.output(1, '180p').frames), keyTimes(harness.output(1, 'source').frames));
  t.ok(rises(harness.allFrames('source')));
});

t.test('a repeated configuration changes nothing', async (t) => {
  const items = await makeSource({ seconds: 4 });
  const harness = new TranscodeHarness(t, { ladder: 'off' });
  harness.attach();
  const configs = items.filter(({ media }) => media.type === 'config');
  await harness.play([...items.slice(0, 200), ...configs.map((item) => ({ ...item, timeMs: items[200]?.timeMs ?? 0 })), ...items.slice(200)], 10);
  await harness.transcode.detach();
  t.equal(harness.takes.length, 1);
});

for (const [name, byMs] of [['ahead by an hour', 3_600_000], ['back by ten seconds', -10_000]] as const) {
  t.test(`the source's clock jumps ${name}: a new take, and the broadcast's clock runs on`, async (t) => {
    const items = shifted(await makeSource({ seconds: 6 }), 20_000);
    const middle = items.findIndex(({ timeMs }) => timeMs >= 23_000);
    const harness = new TranscodeHarness(t);
    harness.attach();
    await harness.play(items.slice(0, middle), 2);
    await harness.play(shifted(items.slice(middle), byMs), 2);
    await harness.transcode.detach();
    t.equal(harness.takes.length, 2);
    t.same(harness.takes[1]?.renditions, harness.takes[0]?.renditions, 'the jump is no reason to encode the source anew');
    const passed = harness.allFrames('source');
    t.ok(passed.length >= framesOf(items, 'video').length - 31, 'a group at most is lost');
    t.ok(rises(passed));
    t.ok(longestStep(passed) < 4_000, `${longestStep(passed)} ms`);
  });
}

t.test('a publisher that comes back starts a take later on the same clock', async (t) => {
  const items = await makeSource({ seconds: 3 });
  const harness = new TranscodeHarness(t);
  for (const _connection of [1, 2]) {
    harness.attach();
    await harness.play(items, 2);
    await harness.transcode.detach();
  }
  t.same(harness.takes.map(({ number }) => number), [0, 1]);
  t.ok(rises(harness.allFrames('source')) && rises(harness.allFrames('180p')));
  t.equal(harness.output(1, '180p').frames.length, framesOf(items, 'video').length);
});

t.test('a publisher that takes over at once: the old take is finished, none is mixed', async (t) => {
  const [first, second] = [await makeSource({ seconds: 3 }), await makeSource({ seconds: 3, size: '480x270' })];
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play(first, 2);
  void harness.transcode.detach();
  harness.attach();
  await harness.play(second, 2);
  await harness.transcode.detach();
  t.match(harness.output(0, '180p').configs, [{ width: 240 }]);
  t.match(harness.output(1, '180p').configs, [{ width: 320 }]);
  t.equal(harness.output(0, '180p').frames.length, framesOf(first, 'video').length);
  t.equal(harness.output(1, '180p').frames.length, framesOf(second, 'video').length);
});

t.test('key frames that become rare: from there on the source is encoded anew', async (t) => {
  const [often, rare] = [await makeSource({ seconds: 3 }), await makeSource({ seconds: 9, keySec: 4 })];
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play([...often, ...shifted(rare, 3_000).filter(({ media }) => media.type === 'frame')], 3);
  await harness.transcode.detach();
  t.same(harness.takes.map(({ renditions }) => renditions.map(({ name, origin }) => `${name} ${origin}`)), [
    ['source passthrough', '180p encoded', 'audio passthrough'],
    ['180p encoded', 'audio passthrough'],
  ]);
  t.ok(longestStep(harness.output(1, '180p').frames.filter(({ isKey }) => isKey)) <= 2_100);
});

t.test('too much at once while a take starts: it is dropped, and the next key frame starts one', async (t) => {
  const harness = new TranscodeHarness(t, { ladder: 'off' });
  harness.attach();
  harness.push({ type: 'config', config: videoConfig() });
  const MIB = 1 << 20;
  for (let i = 0; i <= 50; i++) harness.push({ type: 'frame', frame: videoFrame(i * 40, { isKey: i % 25 === 0 }) });
  for (let i = 51; i < 120; i++) harness.push({ type: 'frame', frame: videoFrame(i * 40, { sizeBytes: MIB }) });
  await until('the overflow is said', () => harness.log.lines.find(({ message }) => message === 'switching takes too long; dropping frames'));
  harness.push({ type: 'frame', frame: videoFrame(4_800, { isKey: true }) });
  await until('a take', () => harness.takes[0], 5_000);
  await until('its frames', () => harness.output(0, 'source').frames[0], 5_000);
  t.equal(harness.output(0, 'source').frames[0]?.isKey, true);
});

t.test('60000/1001 pictures a second without key frames: the rung at half the rate keeps every boundary', async (t) => {
  const items = await makeSource({ seconds: 22, keySec: 60, fps: '60000/1001', size: '160x120' });
  const harness = new TranscodeHarness(t, { rungs: [{ name: '120p', shortSide: 120, bitrateKbps: 300 }, { name: '90p', shortSide: 90, bitrateKbps: 200 }] });
  harness.attach();
  await harness.play(items, 4);
  await harness.transcode.detach();
  const [large, small] = [harness.output(0, '120p').frames, harness.output(0, '90p').frames];
  t.ok(keyTimes(large).length >= 10);
  t.same(keyTimes(small), keyTimes(large));
  t.ok(small.length < framesOf(items, 'video').length * 0.6, 'and is halved');
});

t.test('the configuration of pictures without pictures: sound goes on air, and pictures when they come', async (t) => {
  const items = await makeSource({ seconds: 14 });
  const late = items.filter(({ timeMs, media }) => media.type === 'config' || media.frame.kind === 'audio' || timeMs >= 8_000);
  const harness = new TranscodeHarness(t, { ladder: 'off' });
  harness.attach();
  await harness.play(late, 4);
  await harness.transcode.detach();
  t.same(harness.takes.map(({ renditions }) => renditions.map(({ name }) => name)), [['audio'], ['source', 'audio']]);
  t.ok(harness.output(1, 'source').frames.length > 100);
});
