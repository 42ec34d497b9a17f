import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Packager } from '../../src/packager/index.js';
import type { AudioConfig, VideoConfig } from '../../src/streams/index.js';
import { audioConfig, videoConfig } from '../support/frames.js';
import { recordingLog } from '../support/log.js';
import { PackageWatch } from '../support/package-watch.js';
import { Programme } from '../support/programme.js';
import type { Stretch } from '../support/programme.js';

const ID = '11111111-1111-4111-8111-111111111111';
const EPOCH_MS = Date.UTC(2026, 0, 1);

const source = videoConfig();
const rungs = { '720p': videoConfig({ width: 1280, height: 720, level: 31 }), '360p': videoConfig({ width: 640, height: 360, level: 30 }) };
const all: Record<string, VideoConfig | AudioConfig> = { source, ...rungs, audio: audioConfig() };
/** Hints that a stretch of 400 s without a rhythm may break: a part more or less in some segments. */
const MAX_MISSED = 40;
const NTSC = 30_000 / 1001;

/** Groups of 1.6 to 2.4 s, the same in every run. */
const jitteryGroups = (fps: number) => (group: number): number => Math.round(fps * (1.6 + ((group * 7919) % 81) / 100));

const HOUR: (Stretch & { isIrregular?: boolean })[] = [
  { what: '30 pictures a second', seconds: 600, fps: 30, configs: all },
  { what: 'a reconnect after an outage, 25 a second', seconds: 400, fps: 25, configs: all, outageSec: 20 },
  { what: 'a rung is dropped, 29.97 a second', seconds: 400, fps: NTSC, configs: { source, '360p': rungs['360p'], audio: audioConfig() } },
  { what: 'the encoder starts again, 60 a second', seconds: 200, fps: 60, configs: all },
  { what: 'B-frames', seconds: 200, fps: 30, configs: all, reorderMs: 66 },
  { what: 'another codec, sound at 44.1 kHz', seconds: 400, fps: 30, configs: { ...all, source: videoConfig({ codec: 'hevc', codecString: 'hvc1.1.6.L120.B0' }), audio: audioConfig({ sampleRate: 44_100 }) }, outageSec: 3 },
  { what: 'key frames that come as they like', seconds: 400, fps: 30, configs: all, groupFrames: jitteryGroups(30), isIrregular: true },
  { what: 'stretches without sound, and without pictures of a rung', seconds: 400, fps: 30, configs: all, isLost: (name, sec) => (name === 'audio' && sec % 100 > 60 && sec % 100 < 80) || (name === '360p' && sec % 100 > 20 && sec % 100 < 31), isIrregular: true },
  { what: 'no sound at all', seconds: 200, fps: 30, configs: { source, ...rungs } },
  { what: 'the end', seconds: 377, fps: NTSC, configs: all },
];

async function openPackage(t: Test) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-hour-'));
  const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: 24, dvrSec: 0, memoryMiB: 64 }, mediaDir: folder, log: recordingLog() });
  await packager.start();
  t.after(async () => {
    await packager.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return packager.open({ id: ID, channel: { slug: 'ada' }, epochMs: EPOCH_MS });
}

t.test('an hour of a broadcast with everything that happens: every playlist keeps every rule', async (t) => {
  const live = await openPackage(t);
  const programme = new Programme({ live, startMs: 10_000 });
  const watch = new PackageWatch(live);
  for (const stretch of HOUR) {
    const before = watch.figures();
    await programme.play(stretch, (atMs) => watch.look(atMs));
    const after = watch.figures();
    t.same(watch.takeProblems(), [], stretch.what);
    const missed = after.missedHints - before.missedHints;
    t.ok(missed <= (stretch.isIrregular ? MAX_MISSED : 1), `${missed} hints not kept`);
    t.comment(`${stretch.what}: ${after.playlists - before.playlists} playlists, ${after.parts - before.parts} parts`);
  }
  live.finish();
  watch.look(programme.nowMs);
  t.same(watch.takeProblems(), [], 'the end');
  const { playlists, parts } = watch.figures();
  t.ok(programme.nowMs - 10_000 >= 3_600_000, 'an hour');
  t.ok(playlists > 40_000 && parts > 35_000, `${playlists} playlists, ${parts} parts`);
});

/** An encoder on a bad line: pictures up to 12 ms off, one of 150 missing, and now and then half a second of them. */
const UNEVEN: Stretch = {
  what: 'pictures that come unevenly, some not at all',
  seconds: 120,
  fps: 30,
  configs: all,
  jitterMs: 12,
  isLost: (name, sec) => name !== 'audio' && ((sec % 5 > 3.3 && sec % 5 < 3.33) || (sec % 20 > 15 && sec % 20 < 15.6)),
};

t.test(UNEVEN.what, async (t) => {
  const live = await openPackage(t);
  const watch = new PackageWatch(live);
  await new Programme({ live, startMs: 10_000 }).play(UNEVEN, (atMs) => watch.look(atMs));
  t.same(watch.takeProblems(), []);
});
