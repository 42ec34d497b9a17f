import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { plainPictureArguments } from '../../../src/channels/slate/plain-picture.js';
import { SlatePictures } from '../../../src/channels/slate/slate-pictures.js';
import { recordingLog } from '../../support/log.js';
import { makePicture, ONE_JPEG, ONE_PNG, pixelsOf } from '../../support/pictures.js';

const DEFAULT = '/default.png';
const CHANNEL = '6f1c1a52-5b0e-4c53-9a55-0f3f5b1f6a01';

async function open(t: Test, folder?: string) {
  const home = folder ?? await mkdtemp(path.join(tmpdir(), 'tidemark-slates-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const slates = new SlatePictures({ folder: home, defaultImage: DEFAULT, ffmpegPath: process.env['FFMPEG_PATH'] ?? 'ffmpeg', log: recordingLog() });
  t.after(() => slates.stop());
  await slates.start();
  return { slates, folder: home, bytesOf: async () => readFile(slates.imagesOf(CHANNEL)[0] ?? '') };
}

t.test('a picture is there until another takes its place or it is removed', async (t) => {
  const { slates, folder, bytesOf } = await open(t);
  t.same(slates.imagesOf(CHANNEL), [DEFAULT]);
  const changed = once(slates, 'changed');
  await slates.put(CHANNEL, makePicture('red', ONE_PNG));
  t.same(await changed, [CHANNEL]);
  const [red] = slates.imagesOf(CHANNEL);
  t.same(slates.imagesOf(CHANNEL), [red, DEFAULT], 'the default comes after it');
  t.ok((pixelsOf(await bytesOf())[0] ?? 0) > 200, 'it is red');
  await slates.put(CHANNEL, makePicture('black', ONE_JPEG));
  t.not(slates.imagesOf(CHANNEL)[0], red, 'another picture has another path');
  t.equal((await readdir(folder)).length, 1, 'and the old one is gone');
  await slates.remove(CHANNEL);
  t.same(slates.imagesOf(CHANNEL), [DEFAULT]);
  t.same(await readdir(folder), []);
});

t.test('the next run finds it, and clears what a crash has left', async (t) => {
  const { slates, folder } = await open(t);
  await slates.put(CHANNEL, makePicture('red', ONE_PNG));
  const images = slates.imagesOf(CHANNEL);
  await slates.stop();
  await writeFile(path.join(folder, `${CHANNEL}.0123456789abcdef.png.tmp`), 'half');
  await writeFile(path.join(folder, 'notes.txt'), 'somebody\'s');
  const next = await open(t, folder);
  t.same(next.slates.imagesOf(CHANNEL), images);
  t.same((await readdir(folder)).toSorted(), [path.basename(images[0] ?? ''), 'notes.txt']);
});

t.test('what is kept is the picture, upright, on the ground of the slate, and nothing that came with it', async (t) => {
  const { slates, bytesOf } = await open(t);
  // EXIF: one entry, orientation 6 (turn right), and a place after it.
  const exif = Buffer.from(`ffe1002645786966000049492a000800000001001201030001000000060000000000000050${Buffer.from('ACE').toString('hex')}`, 'hex');
  const jpeg = makePicture('testsrc2=s=640x360', ONE_JPEG);
  await slates.put(CHANNEL, Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]));
  const upright = await bytesOf();
  t.same([upright.readUInt32BE(16), upright.readUInt32BE(20)], [360, 640]);
  t.notOk(upright.includes('PACE') || upright.includes('Exif') || upright.includes('eXIf'), 'where it was taken stays out');
  await slates.put(CHANNEL, makePicture('color=red@0:s=640x480,format=rgba', ONE_PNG));
  t.equal(pixelsOf(await bytesOf()).subarray(0, 3).toString('hex'), '06151c', 'what is transparent shows the ground');
  await slates.put(CHANNEL, makePicture('color=red:s=4096x2048', ONE_PNG));
  const large = await bytesOf();
  t.same([large.readUInt32BE(16), large.readUInt32BE(20)], [1920, 960]);
});

t.test('few at a time', async (t) => {
  const { slates } = await open(t);
  const picture = makePicture('red', ONE_PNG);
  const all = await Promise.allSettled(Array.from({ length: 6 }, () => slates.put(CHANNEL, picture)));
  t.same(all.map(({ status }) => status), ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
  t.match(all[5], { reason: { code: 'too_many_pictures', status: 503 } });
  await slates.put(CHANNEL, picture);
  t.equal(slates.imagesOf(CHANNEL).length, 2, 'who comes later gets through');
});

t.test('a stop ends what is under way', async (t) => {
  const { slates, folder } = await open(t);
  const put = t.rejects(slates.put(CHANNEL, makePicture('testsrc2=s=4096x4096', ONE_JPEG)), { code: 'picture_damaged' });
  await slates.stop();
  await put;
  t.same(await readdir(folder), []);
});

t.test('FFmpeg reads the pipe only, one format, within bounds', async (t) => {
  t.equal(plainPictureArguments('jpeg').join(' '), [
    '-hide_banner -nostdin -loglevel error -max_alloc 268435456 -max_pixels 16777216 -filter_complex_threads 1 -threads 1',
    '-err_detect explode -xerror -protocol_whitelist pipe -f jpeg_pipe -i pipe:0 -filter_complex',
    '[0:v]scale=w=\'iw*min(1,1920/max(iw,ih))\':h=\'ih*min(1,1920/max(iw,ih))\',setsar=1,format=rgba,split[picture][under];'
    + '[under]lutrgb=r=6:g=21:b=28:a=255[ground];[ground][picture]overlay=format=rgb,sidedata=mode=delete,format=rgb24[plain]',
    '-map [plain] -frames:v 1 -map_metadata -1 -threads 1 -c:v png -f image2pipe pipe:1',
  ].join(' '));
});
