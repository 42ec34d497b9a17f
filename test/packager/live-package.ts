import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Packager } from '../../src/packager/index.js';
import type { LivePackage } from '../../src/packager/index.js';
import type { AudioConfig, Frame, Take, VideoConfig } from '../../src/streams/index.js';
import { audioConfig, audioFrame, frameTimes, videoConfig, videoFrame } from '../support/frames.js';
import { segmentsOf } from '../support/hls.js';
import { recordingLog } from '../support/log.js';
import { lintBandwidth, lintMediaPlaylist, lintMultivariantPlaylist, lintRenditions, lintSeries } from '../support/playlist-linter.js';

const EPOCH_MS = Date.UTC(2026, 0, 1);
const AUDIO_FPS = 48_000 / 1024;
const CONFIGS: Record<string, VideoConfig | AudioConfig> = {
  source: videoConfig(),
  '720p': videoConfig({ width: 1280, height: 720, level: 31 }),
  '360p': videoConfig({ width: 640, height: 360, level: 30 }),
  audio: audioConfig(),
};
const BYTES: Record<string, number> = { source: 20_000, '720p': 8_000, '360p': 2_000, audio: 340 };

async function openPackage(t: Test, options: { windowSec?: number } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-live-'));
  const log = recordingLog();
  const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: options.windowSec ?? 60, dvrSec: 0, memoryMiB: 64 }, mediaDir: folder, log });
  await packager.start();
  t.after(async () => {
    await packager.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const live = packager.open({ id: '11111111-1111-4111-8111-111111111111', channel: { slug: 'ada' }, epochMs: EPOCH_MS });
  const events: string[] = [];
  live.on('playable', () => events.push('playable'));
  return { live, log, events, packager, folder };
}

function take(number: number, names: string[], keyFrameIntervalMs = 2000): Take {
  return { number, keyFrameIntervalMs, renditions: names.map((name) => ({ name, kind: name === 'audio' ? 'audio' : 'video', origin: name === 'source' ? 'passthrough' : 'encoded' })) };
}

function startTake(live: LivePackage, plan: Take): void {
  live.startTake(plan);
  for (const { name } of plan.renditions) {
    const config = CONFIGS[name];
    if (config) live.push({ type: 'config', take: plan.number, rendition: name, config });
  }
}

interface Stretch {
  fromMs: number;
  toMs: number;
  names: string[];
  take?: number;
  fps?: number;
  /** Key frames, by their time after the start; every 2 s when not given. */
  isKey?: (sinceMs: number) => boolean;
  /** Frames that are lost, by rendition and time. */
  isLost?: (name: string, timeMs: number) => boolean;
}

/** Interleaved frames of every rendition, as they come from a source and an encoder that keep up. */
function play(live: LivePackage, stretch: Stretch): void {
  const { fromMs, toMs, names, take: number = 0, fps = 30, isKey, isLost } = stretch;
  const frames: { name: string; frame: Frame }[] = [];
  for (const name of names) {
    const sizeBytes = BYTES[name] ?? 0;
    if (name === 'audio') frames.push(...frameTimes(AUDIO_FPS, fromMs, toMs).map((timeMs) => ({ name, frame: audioFrame(timeMs, { sizeBytes }) })));
    else frames.push(...frameTimes(fps, fromMs, toMs).map((timeMs, i) => ({ name, frame: videoFrame(timeMs, { isKey: isKey?.(timeMs - fromMs) ?? i % (fps * 2) === 0, sizeBytes }) })));
  }
  frames.sort((a, b) => a.frame.dtsMs - b.frame.dtsMs);
  for (const { name, frame } of frames) if (!isLost?.(name, frame.dtsMs)) live.push({ type: 'frame', take: number, rendition: name, frame });
}

function playlist(live: LivePackage, name: string): string {
  const text = live.mediaPlaylist(name);
  if (text === undefined) throw new Error(`no playlist of ${name}`);
  return text;
}

const numbersOf = (text: string): number[] => segmentsOf(text).map(({ number }) => number);
const gapsOf = (text: string): number[] => segmentsOf(text).filter(({ isGap }) => isGap).map(({ number }) => number);

/** Every rule that the linter knows, on every playlist of the package. */
function lintAll(t: Test, live: LivePackage, names: string[]): void {
  const texts = Object.fromEntries(names.map((name) => [name, playlist(live, name)]));
  t.same(Object.values(texts).flatMap(lintMediaPlaylist), [], 'media playlists');
  t.same(lintRenditions(texts), [], 'renditions side by side');
  const multivariant = live.multivariantPlaylist() ?? '';
  t.same(lintMultivariantPlaylist(multivariant), [], 'multivariant playlist');
  t.same(lintBandwidth(multivariant, {
    playlist: (uri) => playlist(live, path.dirname(uri)),
    sizeOf: (uri) => live.findFile(uri.split('/').slice(3).join('/'))?.sizeBytes,
  }), [], 'bandwidth');
}

t.test('a ladder from the first frame to the end', async (t) => {
  const { live, events } = await openPackage(t);
  const names = ['source', '720p', '360p', 'audio'];
  t.equal(live.multivariantPlaylist(), undefined, 'nothing can be played yet');
  t.equal(live.mediaPlaylist('720p'), undefined);
  startTake(live, take(0, names));
  play(live, { fromMs: 10_000, toMs: 14_200, names });
  t.same(events, ['playable']);
  t.equal(live.multivariantPlaylist(), `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=4942688,AVERAGE-BANDWIDTH=4942688,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=30.000,AUDIO="audio"
source/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2062688,AVERAGE-BANDWIDTH=2062688,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio"
720p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=622688,AVERAGE-BANDWIDTH=622688,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="audio"
360p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=136544,AVERAGE-BANDWIDTH=136544,CODECS="mp4a.40.2",AUDIO="audio"
audio/index.m3u8
`);
  lintAll(t, live, names);
  live.finish();
  live.finish();
  play(live, { fromMs: 14_200, toMs: 20_000, names });
  t.equal(live.mediaPlaylist('720p')?.replaceAll(/^#EXT-X-PART:.*\n/gm, ''), `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=1.002
#EXT-X-PART-INF:PART-TARGET=0.334
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="/media/11111111-1111-4111-8111-111111111111/720p/init-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:10.000Z
#EXTINF:2.00000,
/media/11111111-1111-4111-8111-111111111111/720p/0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:12.000Z
#EXTINF:2.00000,
/media/11111111-1111-4111-8111-111111111111/720p/1.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:14.000Z
#EXTINF:0.20100,
/media/11111111-1111-4111-8111-111111111111/720p/2.m4s
#EXT-X-ENDLIST
`);
  lintAll(t, live, names);
});

t.test('what is listed can be fetched; what left the window can be for a while', async (t) => {
  const { live, folder } = await openPackage(t, { windowSec: 10 });
  const names = ['source', 'audio'];
  startTake(live, take(0, names));
  const texts: string[] = [];
  for (let i = 0; i < 20; i++) {
    play(live, { fromMs: 10_000 + i * 2000, toMs: 12_000 + i * 2000, names });
    const text = live.mediaPlaylist('source');
    if (text !== undefined) texts.push(text);
  }
  t.same(lintSeries(texts), [], 'each reload follows from the one before');
  t.same(numbersOf(texts.at(-1) ?? ''), [14, 15, 16, 17, 18]);
  t.ok(live.findFile('source/13.m4s'));
  t.ok(live.findFile('source/init-0.mp4'), 'the init segment stays as long as its segments');
  t.equal(live.findFile('source/2.m4s'), undefined);
  await live.settled();
  await live.destroy();
  t.same(await readdir(folder), [], 'nothing of it is left');
});

t.test('a reconnect is a discontinuity, and numbers go on', async (t) => {
  const { live } = await openPackage(t);
  const names = ['source', '720p', 'audio'];
  startTake(live, take(0, names));
  play(live, { fromMs: 10_000, toMs: 15_000, names });
  live.finishTake();
  startTake(live, take(1, names));
  play(live, { fromMs: 31_234, toMs: 36_000, names, take: 1 });
  const text = playlist(live, '720p');
  t.same(segmentsOf(text).map(({ number, isAfterDiscontinuity, durationSec }) => [number, isAfterDiscontinuity, durationSec]), [[0, false, 2], [1, false, 2], [2, false, 1.001], [3, true, 2], [4, false, 2]]);
  t.same(segmentsOf(text).map(({ initUri }) => path.basename(initUri)), ['init-0.mp4', 'init-0.mp4', 'init-0.mp4', 'init-1.mp4', 'init-1.mp4']);
  t.equal(segmentsOf(text)[3]?.startsAtMs, EPOCH_MS + 31_234);
  lintAll(t, live, names);
});

t.test('an outage is no part of a gap before it', async (t) => {
  const { live } = await openPackage(t);
  const names = ['source', '720p', 'audio'];
  startTake(live, take(0, names));
  play(live, { fromMs: 10_000, toMs: 17_000, names, isLost: (name, timeMs) => name !== 'source' && timeMs >= 13_500 });
  live.finishTake();
  startTake(live, take(1, names));
  play(live, { fromMs: 51_000, toMs: 56_000, names, take: 1 });
  t.same(segmentsOf(playlist(live, '720p')).map(({ number, durationSec, isGap }) => [number, durationSec, isGap]), [[0, 2, false], [1, 2, false], [2, 2, true], [3, 1.001, true], [4, 2, false], [5, 2, false]]);
  t.same(gapsOf(playlist(live, 'audio')), [2, 3]);
  t.match(playlist(live, 'source'), '#EXT-X-TARGETDURATION:2\n');
  lintAll(t, live, names);
});

t.test('init segments leave with the last segment of their take', async (t) => {
  const { live } = await openPackage(t, { windowSec: 10 });
  startTake(live, take(0, ['source']));
  play(live, { fromMs: 10_000, toMs: 13_000, names: ['source'] });
  live.finishTake();
  startTake(live, take(1, ['source']));
  play(live, { fromMs: 13_000, toMs: 25_000, names: ['source'], take: 1 });
  t.ok(live.findFile('source/init-0.mp4'));
  play(live, { fromMs: 25_000, toMs: 45_000, names: ['source'], take: 1 });
  t.equal(live.findFile('source/init-0.mp4'), undefined);
  t.ok(live.findFile('source/init-1.mp4'));
});

t.test('takes that listed nothing leave nothing', async (t) => {
  const { live } = await openPackage(t);
  startTake(live, take(0, ['source']));
  play(live, { fromMs: 10_000, toMs: 13_000, names: ['source'] });
  for (const number of [1, 2, 3]) {
    live.finishTake();
    startTake(live, take(number, ['source']));
  }
  t.same([0, 1, 2, 3].map((number) => live.findFile(`source/init-${number}.mp4`) !== undefined), [true, false, false, true]);
});

t.test('a dropped rung goes on with the pictures of the next one below', async (t) => {
  const { live, log } = await openPackage(t);
  const names = ['source', '720p', '360p', 'audio'];
  startTake(live, take(0, names));
  play(live, { fromMs: 10_000, toMs: 14_100, names });
  const texts = [playlist(live, '720p')];
  live.finishTake();
  startTake(live, take(1, ['source', '360p', 'audio']));
  play(live, { fromMs: 14_200, toMs: 20_500, names: ['source', '360p', 'audio'], take: 1 });
  texts.push(playlist(live, '720p'));
  t.same(lintSeries(texts), []);
  t.same(segmentsOf(texts[1] ?? '').map(({ uri }) => uri.split('/').slice(-2).join('/')), ['720p/0.m4s', '720p/1.m4s', '720p/2.m4s', '360p/3.m4s', '360p/4.m4s', '360p/5.m4s']);
  t.equal(segmentsOf(texts[1] ?? '')[3]?.isAfterDiscontinuity, true);
  t.match(segmentsOf(texts[1] ?? '')[3]?.initUri, /360p\/init-1\.mp4$/);
  lintAll(t, live, ['source', '720p', '360p', 'audio']);
  t.notMatch(live.multivariantPlaylist(), /720p/, 'who comes now does not get it');
  t.match(live.facts().map(({ name, isDropped }) => `${name} ${isDropped}`), ['source false', '720p true', '360p false', 'audio false']);
  t.match(log.lines.find(({ message }) => message === 'rendition dropped'), { fields: { rendition: '720p', continuedBy: '360p' } });

  t.test('and with its own when it is back', async (t) => {
    live.finishTake();
    startTake(live, take(2, names));
    play(live, { fromMs: 21_000, toMs: 23_100, names, take: 2 });
    t.match(segmentsOf(playlist(live, '720p')).at(-1), { number: 7, uri: /720p\/7\.m4s$/, isAfterDiscontinuity: true, initUri: /720p\/init-2\.mp4$/ });
    lintAll(t, live, names);
  });
});

for (const [kept, gone] of [['source', 'audio'], ['audio', 'source']] as const) {
  t.test(`a reconnect with ${kept} alone: ${gone} goes on as gaps, step by step, until it is back`, async (t) => {
    const { live } = await openPackage(t, { windowSec: 10 });
    const names = ['source', 'audio'];
    startTake(live, take(0, names));
    play(live, { fromMs: 10_000, toMs: 15_000, names });
    const texts = [playlist(live, gone)];
    live.finishTake();
    startTake(live, take(1, [kept]));
    for (let i = 0; i < 10; i++) {
      play(live, { fromMs: 20_000 + i * 2000, toMs: 22_000 + i * 2000, names: [kept], take: 1 });
      t.same(numbersOf(playlist(live, gone)), numbersOf(playlist(live, kept)));
      texts.push(playlist(live, gone));
    }
    t.equal(gapsOf(texts.at(-1) ?? '').length, numbersOf(texts.at(-1) ?? '').length, 'nothing else is left');
    t.same(lintRenditions({ kept: playlist(live, kept), gone: playlist(live, gone) }), []);
    const lengths = (name: string): number[] => segmentsOf(playlist(live, name)).map(({ durationSec }) => durationSec);
    t.same(lengths(gone), lengths(kept));
    t.notMatch(live.multivariantPlaylist(), gone, 'who comes now is not told of it');
    live.finishTake();
    startTake(live, take(2, names));
    play(live, { fromMs: 41_000, toMs: 45_500, names, take: 2 });
    texts.push(playlist(live, gone));
    t.same(lintSeries(texts), []);
    t.match(segmentsOf(texts.at(-1) ?? '').at(-1), { isGap: false, initUri: new RegExp(`${gone}/init-2.mp4$`) });
    lintAll(t, live, names);
  });
}

t.test('a dropped rung goes on with the nearest one below of the new take, as that is now', async (t) => {
  const { live, log } = await openPackage(t);
  startTake(live, take(0, ['source', '720p']));
  play(live, { fromMs: 10_000, toMs: 14_100, names: ['source', '720p'] });
  live.finishTake();
  live.startTake(take(1, ['source', '480p', '360p']));
  const sizes: [string, VideoConfig][] = [['source', videoConfig()], ['480p', videoConfig({ width: 854, height: 480 })], ['360p', videoConfig({ width: 640, height: 360 })]];
  for (const [rendition, config] of sizes) live.push({ type: 'config', take: 1, rendition, config });
  play(live, { fromMs: 14_200, toMs: 18_400, names: ['source', '480p', '360p'], take: 1 });
  t.match(segmentsOf(playlist(live, '720p')).slice(-2), [{ uri: /480p\/3\.m4s$/ }, { uri: /480p\/4\.m4s$/ }], 'not the lowest, nor the highest');
  t.match(log.lines.filter(({ message }) => message === 'rendition dropped'), [{ fields: { rendition: '720p', continuedBy: '480p' } }]);
  lintAll(t, live, ['source', '720p', '480p', '360p']);
});

t.test('what a dropped rung goes on with may fail too: its viewers do not stop', async (t) => {
  const { live } = await openPackage(t);
  startTake(live, take(0, ['source', '720p', '360p']));
  play(live, { fromMs: 10_000, toMs: 14_100, names: ['source', '720p', '360p'] });
  live.finishTake();
  startTake(live, take(1, ['source', '360p']));
  play(live, { fromMs: 14_200, toMs: 36_300, names: ['source', '360p'], take: 1, isLost: (name, timeMs) => name === '360p' && timeMs > 18_000 });
  t.same(numbersOf(playlist(live, '720p')), numbersOf(playlist(live, '360p')));
  t.ok(gapsOf(playlist(live, '720p')).length > 0);
  lintAll(t, live, ['source', '720p', '360p']);
});

t.test('a rung that misses segments lists them as gaps under the same numbers', async (t) => {
  const { live } = await openPackage(t);
  const names = ['source', '720p', 'audio'];
  startTake(live, take(0, names));
  play(live, { fromMs: 10_000, toMs: 20_100, names, isLost: (name, timeMs) => name === '720p' && timeMs >= 13_000 && timeMs < 17_900 });
  const text = playlist(live, '720p');
  t.same(numbersOf(text), [0, 1, 2, 3, 4]);
  t.same(gapsOf(text), [2, 3]);
  t.match(live.findFile('720p/2.m4s'), undefined);
  lintAll(t, live, names);
});

t.test('a rendition that falls silent does not hold its playlist still', async (t) => {
  const { live } = await openPackage(t);
  const names = ['source', 'audio'];
  startTake(live, take(0, names));
  play(live, { fromMs: 10_000, toMs: 30_100, names, isLost: (name, timeMs) => name === 'audio' && timeMs >= 13_500 });
  const text = playlist(live, 'audio');
  t.same(numbersOf(text), [0, 1, 2, 3, 4], 'four segments behind the pictures');
  t.same(gapsOf(text), [2, 3, 4], 'what was heard last is kept');
  t.same(lintMediaPlaylist(text), []);
  t.same(lintRenditions({ source: playlist(live, 'source'), audio: text }), []);
});

t.test('a rung that comes after it was given up changes nothing that is listed', async (t) => {
  const { live } = await openPackage(t);
  startTake(live, take(0, ['source', '720p']));
  play(live, { fromMs: 10_000, toMs: 12_100, names: ['source', '720p'] });
  play(live, { fromMs: 12_000, toMs: 30_100, names: ['source'], isLost: (_name, timeMs) => timeMs < 12_100 });
  const before = playlist(live, '720p');
  t.same(gapsOf(before), [2, 3, 4]);
  play(live, { fromMs: 12_000, toMs: 30_100, names: ['720p'], isLost: (_name, timeMs) => timeMs < 12_100 });
  const after = playlist(live, '720p');
  t.same(lintSeries([before, after]), []);
  t.same(gapsOf(after), [2, 3, 4]);
  t.equal(numbersOf(after).at(-1), 9);
});

t.test('a rung that is slow to start is waited for, not for ever', async (t) => {
  const { live, events } = await openPackage(t);
  startTake(live, take(0, ['source', '720p']));
  play(live, { fromMs: 10_000, toMs: 14_100, names: ['source'] });
  t.same(events, []);
  play(live, { fromMs: 14_000, toMs: 16_100, names: ['source'], isLost: (_name, timeMs) => timeMs < 14_100 });
  t.same(events, ['playable']);
  t.notMatch(live.multivariantPlaylist(), /720p/);
});

t.test('a source with long groups has a target duration of their length', async (t) => {
  const { live } = await openPackage(t);
  startTake(live, take(0, ['source', 'audio'], 8000));
  play(live, { fromMs: 10_000, toMs: 34_100, names: ['source', 'audio'], isKey: (sinceMs) => sinceMs % 8000 === 0 });
  t.match(playlist(live, 'source'), '#EXT-X-TARGETDURATION:8\n');
  lintAll(t, live, ['source', 'audio']);
});

t.test('of long segments three target durations stay listed, however small the window', async (t) => {
  const { live } = await openPackage(t, { windowSec: 10 });
  startTake(live, take(0, ['source', 'audio'], 8000));
  const texts: string[] = [];
  for (let i = 0; i < 8; i++) {
    play(live, { fromMs: 10_000 + i * 8000, toMs: 18_000 + i * 8000, names: ['source', 'audio'], isKey: (sinceMs) => sinceMs % 8000 === 0 });
    if (i > 0) texts.push(playlist(live, 'source'));
  }
  t.same(lintSeries(texts), []);
  t.same(numbersOf(texts.at(-1) ?? ''), [4, 5, 6]);
});

t.test('a key frame later than ever before raises the target duration before the segment is listed', async (t) => {
  const { live } = await openPackage(t);
  startTake(live, take(0, ['source', 'audio']));
  play(live, { fromMs: 10_000, toMs: 22_100, names: ['source', 'audio'], isKey: (sinceMs) => sinceMs % 2000 === 0 && (sinceMs <= 4000 || sinceMs >= 9000) });
  t.match(playlist(live, 'source'), '#EXT-X-TARGETDURATION:6\n');
  lintAll(t, live, ['source', 'audio']);
});

t.test('a source without key frames: the sound goes on, the pictures are gaps until the next one', async (t) => {
  const { live } = await openPackage(t);
  const names = ['source', 'audio'];
  startTake(live, take(0, names));
  const texts: { source: string; audio: string }[] = [];
  // Whole numbers of pictures and of sound frames.
  const stepMs = 1600;
  for (let atMs = 0; atMs < 40_000; atMs += stepMs) {
    const isKeyAt = (timeMs: number): boolean => timeMs === 0 || (timeMs >= 30_500 && (timeMs - 30_500) % 2000 === 0);
    play(live, { fromMs: 10_000 + atMs, toMs: 10_000 + atMs + stepMs, names, isKey: (sinceMs) => isKeyAt(atMs + sinceMs) });
    if (atMs > 5500) texts.push({ source: playlist(live, 'source'), audio: playlist(live, 'audio') });
  }
  for (const name of names) t.same(lintSeries(texts.map((text) => (name === 'audio' ? text.audio : text.source))), [], name);
  t.same(texts.filter(({ audio }, i) => (numbersOf(audio).at(-1) ?? 0) < Math.floor((i * stepMs + 8000) / 2499) - 1), [], 'the sound is never more than a segment behind');
  const { source, audio } = texts.at(-1) ?? { source: '', audio: '' };
  t.same(gapsOf(audio), []);
  t.same(segmentsOf(source).filter(({ isGap }) => !isGap).map(({ number, startsAtMs, durationSec }) => [number, startsAtMs - EPOCH_MS, durationSec]), [
    [0, 10_000, 2.499], [13, 40_500, 2], [14, 42_500, 2], [15, 44_500, 2], [16, 46_500, 2],
  ]);
  t.ok((live.findFile('source/0.m4s')?.sizeBytes ?? Infinity) < 71 * 20_100, 'what is beyond the target duration is dropped');
  t.match(source, '#EXT-X-TARGETDURATION:2\n');
  lintAll(t, live, names);
});

t.test('key frames at the very limit: the audio, a frame longer, keeps the target duration too', async (t) => {
  for (const keyMs of [833, 1249, 2400]) {
    const { live } = await openPackage(t);
    startTake(live, take(0, ['source', 'audio'], keyMs));
    const keys = new Set(frameTimes(1000 / keyMs, 0, 40_000));
    play(live, { fromMs: 10_000, toMs: 40_000, fps: 1000 / (keyMs / 20), names: ['source', 'audio'], isKey: (sinceMs) => keys.has(sinceMs) });
    t.match(playlist(live, 'source'), '#EXT-X-TARGETDURATION:2\n', `${keyMs} ms`);
    lintAll(t, live, ['source', 'audio']);
  }
});

t.test('audio alone', async (t) => {
  const { live, events } = await openPackage(t);
  startTake(live, take(0, ['audio'], 0));
  play(live, { fromMs: 10_000, toMs: 20_000, names: ['audio'] });
  t.same(events, ['playable']);
  t.match(numbersOf(playlist(live, 'audio')), [0, 1, 2, 3]);
  lintAll(t, live, ['audio']);
});

t.test('pictures alone', async (t) => {
  const { live } = await openPackage(t);
  startTake(live, take(0, ['source']));
  play(live, { fromMs: 10_000, toMs: 16_100, names: ['source'] });
  t.notMatch(live.multivariantPlaylist(), /AUDIO|mp4a/);
  lintAll(t, live, ['source']);
});

t.test('what a page is told', async (t) => {
  const { live } = await openPackage(t);
  startTake(live, take(0, ['source', 'audio']));
  t.strictSame(live.facts()[0], { name: 'source', kind: 'video', width: 1920, height: 1080, fps: undefined, bitrateKbps: 0, segments: 0, isDropped: false });
  play(live, { fromMs: 10_000, toMs: 16_100, names: ['source', 'audio'] });
  t.strictSame(live.facts(), [
    { name: 'source', kind: 'video', width: 1920, height: 1080, fps: 30, bitrateKbps: 4806, segments: 3, isDropped: false },
    { name: 'audio', kind: 'audio', width: undefined, height: undefined, fps: undefined, bitrateKbps: 137, segments: 3, isDropped: false },
  ]);
});
