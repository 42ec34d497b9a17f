import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Packager } from '../../src/packager/index.js';
import { FLV_AUDIO, FLV_VIDEO, parseFlvTag } from '../../src/streams/index.js';
import type { EnhancedOptions, Tag } from '../support/enhanced.js';
import { makeEnhanced } from '../support/enhanced.js';
import { replay } from '../support/flv.js';
import { recordingLog } from '../support/log.js';
import { lintMediaPlaylist, lintMultivariantPlaylist } from '../support/playlist-linter.js';
import { Remux } from '../support/remux.js';
import type { RemuxedTake } from '../support/remux.js';

const SPEED = 8;
/** How long a picture stands is known when the next one comes: parts of pictures that come at no rate end early. */
const JITTER = /less than 85 % of the part target/;

interface Outcome {
  remux: Remux;
  log: ReturnType<typeof recordingLog>;
  video: RemuxedTake[];
  audio: RemuxedTake[];
}

/** Sends tags through transcode and packager and reads back what players would get. */
async function remuxed(t: Test, tags: Tag[], options: { speed?: number } = {}): Promise<Outcome> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-remux-'));
  const log = recordingLog();
  const packager = new Packager({ config: { segmentSec: 1, partSec: 0.334, windowSec: 600, dvrSec: 0, memoryMiB: 64 }, mediaDir: folder, log });
  await packager.start();
  t.after(async () => {
    await packager.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const remux = new Remux({ packager, log });
  t.after(() => remux.transcode.close());
  remux.attach();
  const items = tags.flatMap(({ type, timestampMs, body }) => {
    const media = parseFlvTag(type, timestampMs, body);
    return media === undefined ? [] : [{ timeMs: timestampMs, media }];
  });
  let atMs = 0;
  // Each tag a thirtieth of a second at most after the one before, whatever its timestamp says.
  const paced = items.map((item, i) => {
    atMs += Math.min(34, Math.max(0, item.timeMs - (items[i - 1]?.timeMs ?? item.timeMs)));
    return { ...item, timeMs: atMs };
  });
  await replay(paced, remux.push, { speed: options.speed ?? SPEED });
  await remux.finish();
  for (const name of ['source', 'audio']) {
    const playlist = remux.live.mediaPlaylist(name);
    const problems = lintMediaPlaylist(playlist ?? '').filter((problem) => !JITTER.test(problem));
    if (playlist !== undefined) t.same(problems, [], `the playlist of ${name} keeps the RFC`);
  }
  t.same(lintMultivariantPlaylist(remux.live.multivariantPlaylist() ?? ''), []);
  t.same(log.lines.filter(({ level }) => level === 'error'), []);
  return { remux, log, video: remux.takes('source'), audio: remux.takes('audio') };
}

const source = (options: Partial<EnhancedOptions> = {}): Promise<Tag[]> => makeEnhanced({ codec: 'h264', seconds: 6, ...options });
const later = (tags: Tag[], byMs: number): Tag[] => tags.map((tag) => ({ ...tag, timestampMs: tag.timestampMs + byMs }));
const formats = (takes: RemuxedTake[]): string[] => takes.map(({ format }) => format);
const count = (takes: RemuxedTake[]): number => takes.reduce((sum, { samples }) => sum + samples.length, 0);
const pictures = (tags: Tag[]): number => tags.filter(({ type }) => type === FLV_VIDEO).length - 1;

/** Where each track starts and ends, seconds on the broadcast's clock. */
function spans(takes: RemuxedTake[]): { startSec: number; endSec: number }[] {
  return takes.map(({ timescale, samples }) => {
    const [first, last] = [samples[0], samples.at(-1)];
    return { startSec: (first?.decodeTicks ?? 0) / timescale, endSec: ((last?.decodeTicks ?? 0) + (last?.durationTicks ?? 0)) / timescale };
  });
}

/** Longest time without a sample inside a take, ms. */
function longestHoleMs(take: RemuxedTake | undefined): number {
  const samples = take?.samples ?? [];
  const holes = samples.slice(1).map((sample, i) => sample.decodeTicks - (samples[i]?.decodeTicks ?? 0) - (samples[i]?.durationTicks ?? 0));
  return (Math.max(0, ...holes) * 1000) / (take?.timescale ?? 1);
}

for (const [name, byMs] of [['an hour ahead', 3_600_000], ['ten seconds back', -10_000], ['back to zero', -60_000]] as const) {
  t.test(`the source's clock jumps ${name}: two takes, and time runs on`, async (t) => {
    const tags = later(await source(), 60_000);
    const at = tags.findIndex(({ type, timestampMs, body }) => timestampMs >= 63_000 && type === FLV_VIDEO && (body[0] ?? 0) >> 4 === 9);
    const { video, audio } = await remuxed(t, [...tags.slice(0, at), ...later(tags.slice(at), byMs)]);
    t.equal(video.length, 2);
    t.equal(count(video), pictures(tags), 'no picture is lost where the jump is at a key frame');
    const [first, second] = spans(video);
    const gapSec = (second?.startSec ?? 0) - (first?.endSec ?? 0);
    t.ok(gapSec > -0.05 && gapSec < 3, `${gapSec.toFixed(3)} s lie between`);
    for (const [i, span] of spans(audio).entries()) t.ok(Math.abs(span.startSec - (spans(video)[i]?.startSec ?? 0)) < 0.1, 'sound starts with the pictures');
  });
}

t.test('timestamps that stand still or go back a little: decode times rise all the same', async (t) => {
  const tags = (await source()).map((tag, i) => ({ ...tag, timestampMs: i < 20 ? tag.timestampMs : tag.timestampMs - (i % 5 === 0 ? 40 : 0) - (i % 7 === 0 ? 15 : 0) }));
  const { video } = await remuxed(t, tags);
  t.equal(video.length, 1);
  t.ok(count(video) >= pictures(tags) - 2, 'but for pictures that are stamped later than the key frame after them');
});

t.test('pictures that are shown before they are decoded', async (t) => {
  const tags = await source({ codec: 'hevc', x265: 'bframes=2' });
  const early = tags.map((tag) => {
    if (tag.type !== FLV_VIDEO || (tag.body[0] ?? 0) % 16 !== 1) return tag;
    const body = Buffer.from(tag.body);
    body.writeIntBE(tag.body.readIntBE(5, 3) - 200, 5, 3);
    return { ...tag, body };
  });
  const { video } = await remuxed(t, early);
  t.equal(count(video), pictures(tags));
  const offsetsMs = (video[0]?.samples ?? []).map(({ compositionTicks }) => compositionTicks / 90);
  t.ok(Math.min(...offsetsMs) <= -150 && new Set(offsetsMs).size > 1, 'the offsets are in the file as they came');
});

t.test('the format changes in the middle, each time with an init segment of its own', async (t) => {
  const parts = await Promise.all([source({ seconds: 3 }), source({ seconds: 3, codec: 'hevc' }), source({ seconds: 3, codec: 'hevc', size: '480x270' }), source({ seconds: 3, codec: 'av1' })]);
  const { video, audio } = await remuxed(t, parts.flatMap((tags, i) => later(tags, i * 3_000)));
  t.same(formats(video), ['avc1 320x240', 'hvc1 320x240', 'hvc1 480x270', 'av01 320x240']);
  t.same(video.map(({ samples }) => samples.length), parts.map(pictures));
  t.equal(audio.length, 4, 'sound is cut with the pictures');
});

t.test('the rate of the sound changes between two key frames: none of it is played at the wrong one', async (t) => {
  const tags = await source({ seconds: 8, keySec: 2 });
  const at44 = (await makeEnhanced({ codec: 'h264', seconds: 8 })).filter(({ type }) => type === FLV_AUDIO);
  const changed = at44.map((tag, i) => (i === 0 ? { ...tag, timestampMs: 3_000, body: Buffer.from('af001210', 'hex') } : tag)).filter(({ timestampMs }) => timestampMs >= 3_000);
  const mixed = [...tags.filter(({ type, timestampMs }) => type === FLV_VIDEO || timestampMs < 3_000), ...changed].sort((a, b) => a.timestampMs - b.timestampMs);
  const { audio } = await remuxed(t, mixed);
  t.same(audio.map(({ timescale }) => timescale), [48_000, 44_100]);
  const [before] = spans(audio);
  const start = spans(audio)[0]?.startSec ?? 0;
  t.ok((before?.endSec ?? 0) - start < 3.1, 'the new sound waits for its take');
  t.ok((spans(audio)[1]?.startSec ?? 0) - start > 3.9);
});

t.test('sound that stops: the rendition goes on, with silence, and takes up the sound again', async (t) => {
  const tags = await source({ seconds: 12 });
  const { video, audio, log } = await remuxed(t, tags.filter(({ type, timestampMs }) => type === FLV_VIDEO || timestampMs < 3_000 || timestampMs > 9_000));
  t.equal(audio.length, 1, 'without a break');
  t.ok(longestHoleMs(audio[0]) < 1, `${longestHoleMs(audio[0])} ms`);
  t.ok(Math.abs((spans(audio)[0]?.endSec ?? 0) - (spans(video)[0]?.endSec ?? 0)) < 0.3);
  t.equal(log.lines.filter(({ message }) => message === 'sound is missing; silence stands in for it').length, 1);
});

t.test('sound that ends for good: the rendition is as long as the pictures', async (t) => {
  const tags = await source({ seconds: 9 });
  const { video, audio } = await remuxed(t, tags.filter(({ type, timestampMs }) => type === FLV_VIDEO || timestampMs < 3_000));
  t.ok((spans(video)[0]?.endSec ?? 0) - (spans(audio)[0]?.endSec ?? 0) < 0.6);
  t.ok(longestHoleMs(audio[0]) < 1);
});

t.test('media that runs away from the clock is refused', async (t) => {
  const { remux } = await remuxed(t, await source({ seconds: 45, size: '64x64', fps: 10 }), { speed: 1_000 });
  t.same(remux.failures, ['media arrives faster than real time: let the encoder send as fast as it plays (FFmpeg: -re)']);
});
