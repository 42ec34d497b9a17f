import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { RenditionMedia } from '../../src/streams/index.js';
import { SlateClips } from '../../src/transcode/slate/slate-clips.js';
import { Slate } from '../../src/transcode/slate/slate.js';
import { recordingLog } from '../support/log.js';
import { makePicture, ONE_PNG } from '../support/pictures.js';
import type { Item } from '../support/transcode-harness.js';
import { makeSource, TranscodeHarness } from '../support/transcode-harness.js';
import { until } from '../support/until.js';

const IMAGE = path.resolve('config/slate.png');
const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg';

const programme = (size = '320x240', seconds = 3): Promise<Item[]> => makeSource({ size, seconds, fps: 25, video: ['-tune', 'zerolatency'], audio: ['-c:a', 'aac', '-ac', '2'] });

t.test('a publisher that goes leaves a slate, and one that comes back ends it', async (t) => {
  const harness = new TranscodeHarness(t, { ladder: ['180p'], slateImage: IMAGE });
  const items = await programme();
  harness.attach();
  await harness.play(items);
  await harness.transcode.detach();
  const slate = harness.takes.at(-1);
  t.match(slate, { number: 1, isSlate: true });
  t.same(slate?.renditions.map(({ name, kind }) => `${name} ${kind}`), ['source video', '180p video', 'audio audio']);
  await until('two groups of the slate', () => (harness.output(1, '180p').frames.filter(({ isKey }) => isKey).length >= 2 ? true : undefined));

  const shown = harness.output(1, 'source');
  t.match(shown.configs, [{ codec: 'h264', width: 320, height: 240 }]);
  const last = harness.output(0, 'source').frames.at(-1)?.ptsMs ?? Infinity;
  t.ok((shown.frames[0]?.ptsMs ?? 0) > last, 'it comes after what was sent');
  const steps = shown.frames.slice(1).map(({ dtsMs }, i) => dtsMs - (shown.frames[i]?.dtsMs ?? 0));
  t.ok(steps.every((step) => step === 66 || step === 67), 'its pictures are evenly spaced');
  const sound = harness.output(1, 'audio').frames;
  t.ok(Math.abs((sound.at(-1)?.ptsMs ?? 0) - (shown.frames.at(-1)?.ptsMs ?? 0)) < 100, 'silence keeps step');

  await t.test('the same publisher is back with its first key frame', async (t) => {
    harness.attach();
    const startMs = performance.now();
    for (const { media } of items.slice(0, 10)) harness.push(media);
    await until('its pictures', () => harness.output(2, 'source').frames[0]);
    t.ok(performance.now() - startMs < 1_000, 'it is not looked at for seconds');
    t.match(harness.takes.at(-1), { number: 2 });
    t.notOk(harness.takes.at(-1)?.isSlate);
    t.ok((harness.output(2, 'source').frames[0]?.dtsMs ?? 0) > (harness.output(1, 'source').frames.at(-1)?.dtsMs ?? Infinity), 'nothing overlaps');
  });

  await t.test('another one is shown from its newest key frame on', async (t) => {
    await harness.transcode.detach();
    harness.attach();
    for (const { media } of await programme('480x270')) harness.push(media);
    await until('its pictures', () => harness.output(4, 'source').frames[0]);
    t.match(harness.output(4, 'source').configs, [{ width: 480, height: 270 }]);
    await harness.transcode.close();
    const count = harness.takes.length;
    t.equal(count, 5, 'and no slate comes after the end');
  });
});

t.test('a publisher that stalls is replaced by the slate until it is in step again', async (t) => {
  const harness = new TranscodeHarness(t, { ladder: 'off', slateImage: IMAGE });
  const items = await programme('320x240', 5);
  harness.attach();
  await harness.play(items.filter(({ timeMs }) => timeMs < 2_000));
  await until('the slate', () => harness.takes.find(({ isSlate }) => isSlate));
  // What it held back comes in one go: pictures of seconds ago, and then those of now.
  for (const { media } of items.filter(({ timeMs }) => timeMs >= 2_000)) harness.push(media);
  await until('the picture', () => (harness.takes.at(-1)?.isSlate ? undefined : harness.output(2, 'source').frames[0]));
  t.ok(harness.output(2, 'source').frames.length <= 50, 'what is older than two seconds is not shown');
  t.same(harness.failures, []);
});

t.test('the slate goes on when a stalled publisher is given up, and when one comes and goes', async (t) => {
  const harness = new TranscodeHarness(t, { ladder: 'off', slateImage: IMAGE });
  const items = await programme('320x240', 2);
  harness.attach();
  await harness.play(items);
  await until('the slate', () => harness.takes.find(({ isSlate }) => isSlate));
  const finished = harness.finishedTakes;
  await harness.transcode.detach();
  harness.attach();
  await harness.transcode.detach();
  t.equal(harness.finishedTakes, finished, 'its take is open');
  t.equal(harness.takes.length, 2, 'and the last one');
  const shown = harness.output(1, 'source').frames.length;
  t.ok(await until('more of it', () => harness.output(1, 'source').frames.length > shown || undefined));
  await harness.transcode.close();
  t.equal(harness.finishedTakes, finished + 1, 'the end of the show ends it');
});

t.test('a slate has the shape of the stream', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-slate-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const log = recordingLog();
  const clips = new SlateClips({ ffmpegPath: FFMPEG, log });
  const tall = await clips.get(IMAGE, { width: 270, height: 480, sar: { width: 1, height: 1 } });
  t.match(tall?.config, { width: 270, height: 480, sar: { width: 1, height: 1 } });
  t.equal(tall?.frames.length, 30);
  const wide = await clips.get(IMAGE, { width: 720, height: 576, sar: { width: 64, height: 45 } });
  t.match(wide?.config, { width: 720, height: 576, sar: { width: 64, height: 45 } });
  t.equal(clips.get(IMAGE, { width: 270, height: 480, sar: { width: 1, height: 1 } }), clips.get(IMAGE, { width: 270, height: 480, sar: { width: 1, height: 1 } }), 'it is made once');

  await t.test('a file that is no picture is said, and there is none', async (t) => {
    const file = path.join(folder, 'no.png');
    await writeFile(file, 'nothing');
    t.equal(await clips.get(file, { width: 320, height: 240, sar: { width: 1, height: 1 } }), undefined);
    t.match(log.lines.at(-1), { level: 'warn', message: 'a picture cannot be a slate' });
  });
});

t.test('a channel\'s own picture is the slate; one that cannot be used leaves the default', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-slate-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [red, broken] = [path.join(folder, 'red.png'), path.join(folder, 'broken.png')];
  await writeFile(red, makePicture('red', ONE_PNG));
  await writeFile(broken, 'nothing');
  const clips = new SlateClips({ ffmpegPath: FFMPEG, log: recordingLog() });
  const shape = { width: 320, height: 240, sar: { width: 1, height: 1 } };
  const picturesOf = async (image: string): Promise<Buffer[]> => (await clips.get(image, shape))?.frames.map(({ payload }) => payload) ?? [];
  const standardClip = await clips.get(IMAGE, shape);
  const shown = async (images: () => string[], act?: (slate: Slate) => void): Promise<Buffer[]> => {
    const media: RenditionMedia[] = [];
    const slate = new Slate({ clips, images, nowMs: () => 0, onTake: () => undefined, onMedia: (one) => media.push(one) });
    if (standardClip !== undefined) slate.learn('source', standardClip.config);
    act?.(slate);
    await slate.start(() => 0, () => 0);
    slate.stop();
    return media.flatMap((one) => (one.type === 'frame' ? [one.frame.payload] : []));
  };
  const [own, standard] = [(await picturesOf(red)).slice(0, 1), (await picturesOf(IMAGE)).slice(0, 1)];
  t.equal(own.length, 1);
  t.notSame(own, standard);
  t.same(await shown(() => [red, IMAGE]), own);
  t.same(await shown(() => [broken, IMAGE]), standard);
  t.same(await shown(() => [path.join(folder, 'gone.png'), IMAGE]), standard);
  let images = [IMAGE];
  t.same(await shown(() => images, (slate) => {
    images = [red, IMAGE];
    slate.refresh();
  }), own, 'another picture counts for the next time');
});
