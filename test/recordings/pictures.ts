import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { Packager } from '../../src/packager/index.js';
import { BroadcastPictures } from '../../src/recordings/pictures/broadcast-pictures.js';
import { NO_PICTURES, picturesPath } from '../../src/recordings/pictures/picture-folder.js';
import type { PictureIndex } from '../../src/recordings/pictures/picture-folder.js';
import { PictureMaker } from '../../src/recordings/pictures/picture-maker.js';
import type { KeyFrame } from '../../src/recordings/pictures/picture-maker.js';
import { makeFlv, readFlv } from '../support/flv.js';
import { recordingLog } from '../support/log.js';

type TimedKeyFrame = KeyFrame & { atMs: number };

const run = promisify(execFile);
const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg';
const MAX_OUTPUT = 16 << 20;
const ID = '11111111-1111-4111-8111-111111111111';

async function tempFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-pictures-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The first part of each segment, with its init segment, as the packager makes them of what FFmpeg draws; from 0 ms on. */
async function keyFramesOf(t: Test, source: string, seconds: number): Promise<TimedKeyFrame[]> {
  const mediaDir = await tempFolder(t);
  const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: 60, dvrSec: 0, memoryMiB: 64 }, mediaDir, log: recordingLog() });
  await packager.start();
  t.after(() => packager.stop());
  const live = packager.open({ id: ID, channel: { slug: 'ada' }, epochMs: 0 });
  const bytesOf = (uri: string): Buffer => {
    const stored = live.findFile(uri.split('/').slice(3).join('/'));
    if (stored === undefined || !('buffers' in stored)) throw new Error(`${uri} is not in memory`);
    return Buffer.concat(stored.buffers);
  };
  const found: TimedKeyFrame[] = [];
  let firstMs: number | undefined;
  live.on('segment', (_rendition, { startMs, uri, initUri, parts }) => {
    firstMs ??= startMs;
    found.push({ atMs: startMs - firstMs, init: bytesOf(initUri), part: bytesOf(uri).subarray(0, parts[0]?.sizeBytes) });
  });
  live.startTake({ number: 0, keyFrameIntervalMs: 2000, renditions: [{ name: 'source', kind: 'video', origin: 'passthrough' }] });
  const flv = await makeFlv(['-f', 'lavfi', '-i', source, '-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '60', '-pix_fmt', 'yuv420p']);
  for (const { media } of readFlv(flv)) live.push({ ...media, take: 0, rendition: 'source' });
  live.finish();
  return found;
}

async function openPictures(t: Test, options: { folder?: string; maker?: PictureMaker } = {}) {
  const folder = options.folder ?? picturesPath(await tempFolder(t), ID);
  const log = recordingLog();
  const pictures = await BroadcastPictures.open({ folder, maker: options.maker ?? new PictureMaker({ ffmpegPath: FFMPEG }), log });
  t.after(() => pictures.close());
  const fileOf = (name: string): string => path.join(folder, name);
  return { pictures, folder, log, fileOf };
}

/** As fast as pictures are made. */
async function feed(pictures: BroadcastPictures, frames: TimedKeyFrame[]): Promise<void> {
  for (const frame of frames) {
    pictures.take(frame);
    await pictures.settled();
  }
}

async function indexOf(folder: string): Promise<PictureIndex> {
  return JSON.parse(await readFile(path.join(folder, 'index.json'), 'utf8'));
}

async function writeIndex(t: Test, index: PictureIndex): Promise<string> {
  const folder = await tempFolder(t);
  await writeFile(path.join(folder, 'index.json'), JSON.stringify(index));
  return folder;
}

async function sizeOf(file: string): Promise<string> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=width,height,sample_aspect_ratio', '-of', 'csv=p=0', file]);
  return stdout.trim();
}

/** Brightness of the pixels of a stretch of a picture. */
async function greyOf(file: string, crop: string): Promise<Buffer> {
  const { stdout } = await run(FFMPEG, ['-v', 'error', '-i', file, '-vf', `crop=${crop},format=gray`, '-f', 'rawvideo', 'pipe:1'], { encoding: 'buffer', maxBuffer: MAX_OUTPUT });
  return stdout;
}

function mean(values: Iterable<number>): number {
  const all = [...values];
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}

async function brightnessOf(file: string, crop: string): Promise<number> {
  return mean(await greyOf(file, crop));
}

t.test('35 seconds that fade in from black', async (t) => {
  const frames = await keyFramesOf(t, 'testsrc2=size=320x240:rate=30,setsar=4/3,fade=in:st=1:d=11', 35);
  t.equal(frames.length, 18, 'a key frame every two seconds');
  const { pictures, folder, fileOf, log } = await openPictures(t);
  await feed(pictures, frames.slice(0, 1));
  const firstSheet = await greyOf(fileOf('board-0.jpg'), '160:90:0:0');
  t.equal(await sizeOf(fileOf('poster.jpg')), '426,240,1:1', 'a poster is there at once, in square pixels');
  t.ok(await brightnessOf(fileOf('poster.jpg'), 'iw:ih:0:0') < 16, 'black: there is no other yet');
  await feed(pictures, frames.slice(1));

  t.test('are four pictures', async (t) => {
    t.same(await indexOf(folder), {
      firstTile: 0, timesMs: [0, 10_000, 20_000, 30_000], isFinished: false, posterMs: 10_000,
      candidates: [{ atMs: 0, isBlank: true }, { atMs: 10_000, isBlank: false }, { atMs: 20_000, isBlank: false }, { atMs: 30_000, isBlank: false }],
    });
    t.same(log.lines, []);
  });

  t.test('the sheet has them in their places', async (t) => {
    t.equal(await sizeOf(fileOf('board-0.jpg')), '1600,900,1:1');
    const brightness = await Promise.all([0, 160, 320, 480, 640].map((x) => brightnessOf(fileOf('board-0.jpg'), `160:90:${x}:0`)));
    t.same(brightness.map((value) => value > 60), [false, true, true, true, false]);
    t.ok(await brightnessOf(fileOf('board-0.jpg'), '1600:810:0:90') < 2, 'the rest is black');
  });

  t.test('a tile stays as it was while the sheet is written again', async (t) => {
    const after = await greyOf(fileOf('board-0.jpg'), '160:90:0:0');
    t.ok(mean(after.map((value, i) => Math.abs(value - (firstSheet[i] ?? 0)))) < 1);
  });

  t.test('the end keeps the poster, the latest and the sheets', async (t) => {
    await pictures.finish();
    await feed(pictures, frames);
    t.same((await readdir(folder)).sort(), ['board-0.jpg', 'index.json', 'latest.jpg', 'poster.jpg']);
    t.ok(await brightnessOf(fileOf('poster.jpg'), 'iw:ih:0:0') > 60, 'not the black one');
    t.match(await indexOf(folder), { timesMs: [0, 10_000, 20_000, 30_000], isFinished: true });
  });
});

for (const [source, shown, tile] of [
  ['size=1280x720', '640,360,1:1', { x: 0, y: 0 }],
  ['size=720x576,setsar=64/45', '640,360,1:1', { x: 0, y: 0 }],
  ['size=240x426', '240,426,1:1', { x: 56, y: 0 }],
  ['size=720x1280', '360,640,1:1', { x: 56, y: 0 }],
  ['size=1280x320', '640,160,1:1', { x: 0, y: 26 }],
] as const) {
  t.test(`a picture of ${source} is shown as ${shown}`, async (t) => {
    const frames = await keyFramesOf(t, `color=white:rate=30:${source}`, 1);
    const { pictures, fileOf } = await openPictures(t);
    await feed(pictures, frames);
    t.equal(await sizeOf(fileOf('latest.jpg')), shown);
    const sheet = fileOf('board-0.jpg');
    t.ok(await brightnessOf(sheet, `${160 - 2 * tile.x}:${90 - 2 * tile.y}:${tile.x}:${tile.y}`) > 200, 'the tile shows all of it, in its middle');
    if (tile.x > 0) t.ok(await brightnessOf(sheet, `${tile.x - 4}:90:0:0`) < 8, 'with black beside it');
    if (tile.y > 0) t.ok(await brightnessOf(sheet, `160:${tile.y - 4}:0:0`) < 8, 'with black above it');
  });
}

t.test('what comes after 99 tiles', async (t) => {
  const frames = await keyFramesOf(t, 'color=white:size=320x180:rate=30', 1);
  const [frame] = frames;
  if (frame === undefined) throw new Error('no key frame');
  const timesMs = Array.from({ length: 99 }, (_, i) => i * 10_000);
  const folder = await writeIndex(t, { ...NO_PICTURES, timesMs });
  // What is left of a sheet that a power cut emptied.
  await writeFile(path.join(folder, 'board-0.jpg'), '');
  const { pictures, fileOf } = await openPictures(t, { folder });

  t.test('is the last tile of the sheet, after a restart', async (t) => {
    t.equal(pictures.wants(989_999), false, 'ten seconds after the last picture, not earlier');
    await feed(pictures, [{ ...frame, atMs: 990_000 }]);
    t.ok(await brightnessOf(fileOf('board-0.jpg'), '160:90:1440:810') > 200);
  });

  t.test('and the next sheet, while the full one is left alone', async (t) => {
    const full = await readFile(fileOf('board-0.jpg'));
    await writeFile(fileOf('board-1.jpg'), full);
    await feed(pictures, [{ ...frame, atMs: 1_000_000 }]);
    t.ok((await readFile(fileOf('board-0.jpg'))).equals(full));
    t.ok(await brightnessOf(fileOf('board-1.jpg'), '160:90:0:0') > 200);
    t.ok(await brightnessOf(fileOf('board-1.jpg'), '160:90:1440:810') < 2, 'what lay there before is gone');
  });
});

t.test('of a broadcast that never ends, the oldest sheet goes', async (t) => {
  const frames = await keyFramesOf(t, 'color=white:size=320x180:rate=30', 1);
  const timesMs = Array.from({ length: 10_000 }, (_, i) => i * 10_000);
  const folder = await writeIndex(t, { ...NO_PICTURES, timesMs });
  for (const name of ['board-0.jpg', 'board-1.jpg']) await writeFile(path.join(folder, name), 'tiles');
  const { pictures } = await openPictures(t, { folder });
  await feed(pictures, frames.map((frame) => ({ ...frame, atMs: 100_000_000 })));
  t.same((await readdir(folder)).filter((name) => name.startsWith('board-')), ['board-1.jpg', 'board-100.jpg']);
  const index = await indexOf(folder);
  t.same([index.firstTile, index.timesMs.length, index.timesMs[0], index.timesMs.at(-1)], [100, 9_901, 1_000_000, 100_000_000]);
});

t.test('a restart goes on where it was', async (t) => {
  const frames = await keyFramesOf(t, 'testsrc2=size=320x180:rate=30', 25);
  const before = await openPictures(t);
  await feed(before.pictures, frames.slice(0, 6));
  await before.pictures.close();
  const { pictures, fileOf, folder } = await openPictures(t, { folder: before.folder });
  await feed(pictures, frames);
  t.same((await indexOf(folder)).timesMs, [0, 10_000, 20_000]);
  const brightness = await Promise.all([0, 160, 320, 480].map((x) => brightnessOf(fileOf('board-0.jpg'), `160:90:${x}:0`)));
  t.same(brightness.map((value) => value > 60), [true, true, true, false]);
});

t.test('an index that cannot be read: pictures are made anew', async (t) => {
  const frames = await keyFramesOf(t, 'testsrc2=size=320x180:rate=30', 1);
  const folder = await tempFolder(t);
  await writeFile(path.join(folder, 'index.json'), '{"timesMs":[1,');
  const { pictures } = await openPictures(t, { folder });
  await feed(pictures, frames);
  t.same((await indexOf(folder)).timesMs, [0]);
});

t.test('a slow machine skips pictures and queues none', async (t) => {
  const frames = await keyFramesOf(t, 'testsrc2=size=320x180:rate=30', 25);
  const maker = new PictureMaker({ ffmpegPath: FFMPEG, atOnce: 1 });
  const [one, other] = [await openPictures(t, { maker }), await openPictures(t, { maker })];

  t.test('of one broadcast', async (t) => {
    frames.forEach((frame) => one.pictures.take(frame));
    t.equal(other.pictures.wants(0), false, 'and of another one not the first');
    frames.slice(0, 1).forEach((frame) => other.pictures.take(frame));
    await one.pictures.settled();
    t.same((await indexOf(one.folder)).timesMs, [0]);
  });

  t.test('of the other, which has its turn then', async (t) => {
    t.equal(existsSync(other.folder), false, 'nothing was made of what came too early');
    await feed(other.pictures, frames.slice(1, 2));
    t.same((await indexOf(other.folder)).timesMs, [2_000]);
  });
});

t.test('what fails is said once, and the next picture is tried', async (t) => {
  const frames = await keyFramesOf(t, 'testsrc2=size=320x180:rate=30', 35);
  const fake = path.join(await tempFolder(t), 'ffmpeg');
  await writeFile(fake, '#!/bin/sh\nexec tail -f /dev/null\n');
  await chmod(fake, 0o755);
  const noise = Buffer.alloc(20_000, 'tide');
  const damages: [string, RegExp, PictureMaker | undefined, (frame: TimedKeyFrame) => TimedKeyFrame][] = [
    ['noise in place of all', /no picture could be made/, undefined, ({ atMs }) => ({ atMs, init: noise, part: noise })],
    ['noise in place of the part', /no picture could be made/, undefined, (frame) => ({ ...frame, part: noise })],
    ['nothing at all', /no picture could be made/, undefined, ({ atMs }) => ({ atMs, init: Buffer.alloc(0), part: Buffer.alloc(0) })],
    ['a part that is cut', /no picture could be made/, undefined, (frame) => ({ ...frame, part: frame.part.subarray(0, 300) })],
    ['no FFmpeg', /no picture could be made|could not be started/, new PictureMaker({ ffmpegPath: '/nonexistent/ffmpeg' }), (frame) => frame],
    ['an FFmpeg that hangs', /no picture could be made: FFmpeg ended with SIGKILL/, new PictureMaker({ ffmpegPath: fake, timeoutMs: 100 }), (frame) => frame],
  ];
  for (const [name, message, maker, damage] of damages) {
    t.test(name, async (t) => {
      const { pictures, log, folder } = await openPictures(t, maker === undefined ? {} : { maker });
      await feed(pictures, frames.slice(0, 12).map(damage));
      t.match(log.lines, [{ level: 'warn', message: 'a picture of the broadcast failed; further ones are not logged', fields: { error: message } }]);
      t.equal(log.lines.length, 1);
      await pictures.finish();
      t.equal(existsSync(folder), false, 'nothing was written');
    });
  }

  t.test('and made, once it can be', async (t) => {
    const { pictures, folder } = await openPictures(t);
    await feed(pictures, frames.map((frame, i) => (i < 12 ? { ...frame, part: noise } : frame)));
    t.same((await indexOf(folder)).timesMs, [30_000]);
  });

  t.test('a disk that takes nothing', async (t) => {
    const file = path.join(await tempFolder(t), 'file');
    await writeFile(file, '');
    const { pictures, log } = await openPictures(t, { folder: path.join(file, 'pictures') });
    await feed(pictures, frames);
    await pictures.finish();
    t.match(log.lines, [{ level: 'warn', fields: { error: /ENOTDIR/ } }]);
    t.equal(log.lines.length, 1);
  });
});

t.test('a server that stops does not wait for a picture, and says nothing of it', async (t) => {
  const frames = await keyFramesOf(t, 'testsrc2=size=320x180:rate=30', 1);
  const fake = path.join(await tempFolder(t), 'ffmpeg');
  await writeFile(fake, '#!/bin/sh\nexec tail -f /dev/null\n');
  await chmod(fake, 0o755);
  const maker = new PictureMaker({ ffmpegPath: fake, timeoutMs: 60_000, atOnce: 1 });
  const { pictures, log } = await openPictures(t, { maker });
  frames.forEach((frame) => pictures.take(frame));
  t.equal(maker.isBusy, true);
  await pictures.close();
  t.equal(maker.isBusy, false, 'the process is gone');
  t.same(log.lines, []);
});
