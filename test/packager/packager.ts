import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Packager } from '../../src/packager/index.js';
import type { LivePackage } from '../../src/packager/index.js';
import { frameTimes, videoConfig, videoFrame } from '../support/frames.js';
import { recordingLog } from '../support/log.js';
import { until } from '../support/until.js';

const ID = '11111111-1111-4111-8111-111111111111';
const OTHER_ID = '22222222-2222-4222-8222-222222222222';

async function makePackager(t: Test, options: { windowSec?: number } = {}) {
  const mediaDir = path.join(await mkdtemp(path.join(tmpdir(), 'tidemark-packager-')), 'media');
  const log = recordingLog();
  const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: options.windowSec ?? 60, dvrSec: 0, memoryMiB: 64 }, mediaDir, log });
  t.after(async () => {
    await packager.stop();
    await rm(path.dirname(mediaDir), { recursive: true, force: true });
  });
  return { packager, mediaDir, log };
}

const broadcast = (id: string) => ({ id, channel: { slug: 'ada' }, epochMs: Date.now() });

/** Five seconds of pictures; resolves when they are on disk. */
async function play(live: LivePackage): Promise<void> {
  live.startTake({ number: 0, keyFrameIntervalMs: 2000, renditions: [{ name: 'source', kind: 'video', origin: 'passthrough' }] });
  live.push({ type: 'config', take: 0, rendition: 'source', config: videoConfig() });
  frameTimes(30, 10_000, 15_000).forEach((timeMs, i) => live.push({ type: 'frame', take: 0, rendition: 'source', frame: videoFrame(timeMs, { isKey: i % 60 === 0 }) }));
  await live.settled();
}

t.test('a start makes the folder and removes what a crash left, and nothing else', async (t) => {
  const { packager, mediaDir, log } = await makePackager(t);
  await mkdir(path.join(mediaDir, ID, 'source'), { recursive: true });
  await writeFile(path.join(mediaDir, ID, 'source', '3.m4s.tmp'), 'half');
  await mkdir(path.join(mediaDir, 'uploads'));
  await writeFile(path.join(mediaDir, 'README'), 'mine');
  await packager.start();
  t.same((await readdir(mediaDir)).sort(), ['README', 'uploads']);
  t.match(log.lines, [{ level: 'info', message: 'removed live segments of an earlier run', fields: { broadcasts: 1 } }]);
});

t.test('a package is found by slug and id; its files carry their names only', async (t) => {
  const { packager, mediaDir } = await makePackager(t);
  await packager.start();
  const live = packager.open(broadcast(ID));
  await play(live);
  t.equal(packager.findBySlug('ada'), live);
  t.equal(packager.findById(ID), live);
  t.equal(packager.findBySlug('eve'), undefined);
  t.same((await readdir(path.join(mediaDir, ID, 'source'))).sort(), ['0.m4s', '1.m4s', 'init-0.mp4']);
  t.ok(packager.memoryBytes > 0);
});

t.test('after the end viewers see it for a window; then nothing is left', async (t) => {
  const { packager, mediaDir } = await makePackager(t, { windowSec: 0.3 });
  await packager.start();
  const live = packager.open(broadcast(ID));
  await play(live);
  packager.close(live);
  packager.close(live);
  t.match(packager.findBySlug('ada')?.mediaPlaylist('source'), /#EXT-X-ENDLIST\n$/);
  await until('the package is gone', async () => (packager.findById(ID) === undefined && (await readdir(mediaDir)).length === 0 ? true : undefined), 5_000);
  t.equal(packager.findBySlug('ada'), undefined);
  t.equal(packager.memoryBytes, 0);
});

t.test('a folder that cannot be deleted is said, and ends nothing', async (t) => {
  const { packager, mediaDir, log } = await makePackager(t, { windowSec: 0.1 });
  await packager.start();
  const live = packager.open(broadcast(ID));
  await play(live);
  live.finish();
  await live.settled();
  await rm(mediaDir, { recursive: true });
  await writeFile(mediaDir, 'a file where the folder was');
  packager.close(live);
  const line = await until('the failure is logged', async () => log.lines.find(({ level }) => level === 'error'), 5_000);
  t.match(line, { message: /^live segments could not be deleted: ENOTDIR/, fields: { broadcast: ID, fault: 'operator' } });
  t.equal(packager.findById(ID), undefined);
});

t.test('a new broadcast of the channel answers at once; the old one is served by id, before and after its close', async (t) => {
  const { packager } = await makePackager(t);
  await packager.start();
  const old = packager.open(broadcast(ID));
  await play(old);
  const next = packager.open(broadcast(OTHER_ID));
  t.equal(packager.findBySlug('ada'), next);
  t.equal(packager.findById(ID), old, 'its encoder is still finishing');
  packager.close(old);
  t.equal(packager.findById(ID), old);
  t.equal(packager.findBySlug('ada'), next);
});

t.test('stop leaves no timer, and the files of what is on air only', async (t) => {
  const { packager, mediaDir } = await makePackager(t);
  await packager.start();
  const [ended, replaced, onAir] = [ID, OTHER_ID, '33333333-3333-4333-8333-333333333333'].map((id) => packager.open(broadcast(id)));
  if (!ended || !replaced || !onAir) throw new Error('not opened');
  await Promise.all([ended, replaced, onAir].map(play));
  packager.close(ended);
  await packager.stop();
  t.same((await readdir(mediaDir)).sort(), [OTHER_ID, '33333333-3333-4333-8333-333333333333']);
  packager.close(onAir);
  t.notOk(process.getActiveResourcesInfo().includes('Timeout'), 'a close that comes after the stop waits for nothing');
  await packager.stop();
});

t.test('a recording stays when its broadcast is over, with a journal of what it is made of', async (t) => {
  const { packager, mediaDir } = await makePackager(t, { windowSec: 0.1 });
  await packager.start();
  const live = packager.open({ ...broadcast(ID), isRecorded: true });
  await play(live);
  packager.close(live);
  await until('nobody watches it live any more', () => (packager.findById(ID) === undefined ? true : undefined));
  t.same((await readdir(path.join(mediaDir, ID, 'source'))).sort(), ['0.m4s', '1.m4s', '2.m4s', 'init-0.mp4']);
  const index = await packager.readIndex(ID);
  t.match(index, { id: ID, slug: 'ada', hasEnded: true, takes: [{ number: 0, isSlate: false, renditions: ['source'] }] });
  t.same(index?.renditions.map(({ name, kind, segments }) => [name, kind, segments.map(({ number, startMs, durationMs }) => [number, startMs, durationMs])]), [
    ['source', 'video', [[0, 10_000, 2_000], [1, 12_000, 2_000], [2, 14_000, 1_001]]],
  ]);
  t.same(index?.renditions[0]?.inits.get(0), videoConfig());
});

t.test('a broadcast goes on under the numbers that come next after the server was started anew', async (t) => {
  const { packager, mediaDir, log } = await makePackager(t);
  await packager.start();
  await play(packager.open(broadcast(ID)));
  await packager.stop();
  const again = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: 60, dvrSec: 0, memoryMiB: 64 }, mediaDir, listKept: async () => [ID], log });
  t.after(() => again.stop());
  await again.start();
  const index = await again.readIndex(ID);
  const live = again.open({ ...broadcast(ID), epochMs: index?.epochMs ?? 0 }, index);
  t.ok(live.isPlayable);
  live.startTake({ number: 1, keyFrameIntervalMs: 2000, renditions: [{ name: 'source', kind: 'video', origin: 'passthrough' }] });
  live.push({ type: 'config', take: 1, rendition: 'source', config: videoConfig() });
  frameTimes(30, 60_000, 63_000).forEach((timeMs, i) => live.push({ type: 'frame', take: 1, rendition: 'source', frame: videoFrame(timeMs, { isKey: i % 60 === 0 }) }));
  const lines = (live.mediaPlaylist('source') ?? '').split('\n').filter((line) => /^(\/media|#EXT-X-(GAP|DISCONTINUITY|MAP|MEDIA-SEQUENCE))/.test(line));
  t.same(lines, [
    '#EXT-X-MEDIA-SEQUENCE:0', '#EXT-X-DISCONTINUITY-SEQUENCE:0',
    `#EXT-X-MAP:URI="/media/${ID}/source/init-0.mp4"`, `/media/${ID}/source/0.m4s`, `/media/${ID}/source/1.m4s`, `/media/${ID}/source/2.m4s`,
    '#EXT-X-GAP', `/media/${ID}/source/3.m4s`,
    '#EXT-X-DISCONTINUITY', `#EXT-X-MAP:URI="/media/${ID}/source/init-1.mp4"`, `/media/${ID}/source/4.m4s`,
  ]);
  const first = live.findFile('source/0.m4s');
  t.ok(first !== undefined && 'file' in first, 'what is on the disk can still be fetched');
});

t.test('a journal that a crash cut short is read up to there', async (t) => {
  const { packager, mediaDir } = await makePackager(t);
  await packager.start();
  await play(packager.open(broadcast(ID)));
  await packager.stop();
  const file = path.join(mediaDir, ID, 'journal.jsonl');
  const text = await readFile(file, 'utf8');
  await writeFile(file, `${text.slice(0, -40)}\n{"type":"segment","rendition":"../x"}\nnothing`);
  const index = await packager.readIndex(ID);
  t.equal(index?.renditions[0]?.segments.length, 2);
  t.equal(await packager.readIndex('../../etc'), undefined);
  t.equal(await packager.readIndex(OTHER_ID), undefined);
});

t.test('segments are announced as they are finished', async (t) => {
  const { packager } = await makePackager(t);
  await packager.start();
  const live = packager.open(broadcast(ID));
  const announced = once(live, 'segment', { signal: AbortSignal.timeout(5_000) });
  await play(live);
  t.match(await announced, ['source', { number: 0, startMs: 10_000, durationMs: 2000, frames: 60, uri: `/media/${ID}/source/0.m4s` }]);
});
