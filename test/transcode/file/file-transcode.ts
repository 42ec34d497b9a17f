import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { Packager } from '../../../src/packager/index.js';
import type { BroadcastIndex } from '../../../src/packager/index.js';
import { AppError } from '../../../src/platform/index.js';
import { Transcoder } from '../../../src/transcode/index.js';
import { box, fullBox, text, u16, u32 } from '../../../src/streams/index.js';
import { recordingLog } from '../../support/log.js';

const run = promisify(execFile);
const ID = '11111111-1111-4111-8111-111111111111';
const SEGMENT_JITTER_MS = 60;

interface Bench {
  folder: string;
  make(name: string, args: string[]): Promise<string>;
  /** What a file became. */
  prepare(file: string): Promise<BroadcastIndex>;
  /** Code and message of the refusal. */
  refusalOf(file: string): Promise<{ code: string; message: string }>;
}

async function openBench(t: Test): Promise<Bench> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-file-'));
  const log = recordingLog();
  const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: 60, dvrSec: 0, memoryMiB: 64 }, mediaDir: path.join(folder, 'media'), log });
  const transcoder = new Transcoder({
    config: { ffmpegPath: '', ladder: 'auto', rungs: [{ name: '360p', shortSide: 360, bitrateKbps: 600 }, { name: '180p', shortSide: 180, bitrateKbps: 200 }], preset: 'ultrafast', audioBitrateKbps: 128, maxLoad: 0.8, maxKeyFrameIntervalSec: 2.4 },
    ffmpegPath: 'ffmpeg', dataDir: folder, slateImages: () => [], log,
  });
  t.after(() => rm(folder, { recursive: true, force: true }));
  const signal = new AbortController().signal;
  const prepare = async (file: string): Promise<BroadcastIndex> => {
    await rm(path.join(folder, 'media'), { recursive: true, force: true });
    const opened = await transcoder.openFile(file, { ladder: undefined, signal });
    const sink = packager.openUnlisted({ id: ID, channel: { slug: 'ada' }, epochMs: 0 });
    await opened.run(sink, { onProgress: () => undefined, signal });
    sink.finish();
    await sink.settled();
    t.notOk(sink.hasLost, 'everything is on the disk');
    await sink.suspend();
    const index = await packager.readIndex(ID);
    if (index === undefined) throw new Error('nothing was written');
    return index;
  };
  return {
    folder,
    make: async (name, args) => {
      const file = path.join(folder, name);
      await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args, file]);
      return file;
    },
    prepare,
    refusalOf: async (file) => {
      const error: unknown = await prepare(file).then(() => undefined, (thrown: unknown) => thrown);
      if (!(error instanceof AppError)) throw error ?? new Error('it was taken');
      return { code: error.code, message: error.message };
    },
  };
}

const pictures = (size: string, seconds: number, rate = 25): string[] => ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`];
const beep = (seconds: number): string[] => ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`];
const h264 = (gop: number): string[] => ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', String(gop), '-sc_threshold', '0', '-pix_fmt', 'yuv420p'];

/** Name, size, codec and length of each rendition, and whether all of them are cut at the same moments. */
function shapeOf(index: BroadcastIndex) {
  const starts = index.renditions.filter(({ kind }) => kind === 'video').map(({ segments }) => segments.map(({ startMs }) => Math.round(startMs)));
  return {
    renditions: index.renditions.map(({ name, inits }) => {
      const config = inits.get(0);
      return config?.kind === 'video' ? `${name} ${config.codec} ${config.width}x${config.height}` : `${name} ${config?.codec}`;
    }).sort(),
    seconds: index.renditions.map(({ segments }) => Math.round(segments.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000)),
    isAligned: starts.every((list) => list.length === starts[0]?.length && list.every((at, i) => Math.abs(at - (starts[0]?.[i] ?? 0)) <= SEGMENT_JITTER_MS)),
    hasEnded: index.hasEnded,
  };
}

t.test('files that cameras, phones and editors write', async (t) => {
  const bench = await openBench(t);
  const cases: { what: string; name: string; args: string[]; renditions: string[]; seconds: number }[] = [
    { what: 'H.264 with B-frames and AAC passes', name: 'plain.mp4', args: [...pictures('640x480', 7), ...beep(7), ...h264(50), '-c:a', 'aac'], renditions: ['180p h264 240x180', '360p h264 480x360', 'audio aac', 'source h264 640x480'], seconds: 7 },
    { what: 'key frames that are rare: encoded anew', name: 'rare.mp4', args: [...pictures('640x480', 8), ...beep(8), ...h264(1000), '-c:a', 'aac'], renditions: ['180p h264 240x180', '360p h264 480x360', '480p h264 640x480', 'audio aac'], seconds: 8 },
    { what: 'HEVC of ten bits', name: 'ten.mkv', args: [...pictures('320x240', 4), '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p10le'], renditions: ['180p h264 240x180'], seconds: 4 },
    { what: 'VP9 and Opus', name: 'web.webm', args: [...pictures('320x180', 4), ...beep(4), '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'], renditions: ['180p h264 320x180', 'audio aac'], seconds: 4 },
    { what: 'odd sides and pixels that are not square', name: 'odd.mkv', args: [...pictures('355x289', 4), '-vf', 'setsar=16/15', '-c:v', 'mpeg4'], renditions: ['180p h264 236x180'], seconds: 4 },
    { what: 'fields', name: 'fields.ts', args: [...pictures('720x576', 4, 50), ...beep(4), '-vf', 'interlace', '-flags', '+ilme+ildct', '-c:v', 'mpeg2video', '-b:v', '4M', '-c:a', 'mp2'], renditions: ['180p h264 226x180', '360p h264 450x360', '576p h264 720x576', 'audio aac'], seconds: 4 },
    { what: 'sound that ends early is filled', name: 'short-sound.mp4', args: [...pictures('320x240', 8), ...beep(2), ...h264(50), '-c:a', 'aac'], renditions: ['180p h264 240x180', 'audio aac', 'source h264 320x240'], seconds: 8 },
    { what: 'sound alone, with a cover', name: 'song.mp3', args: [...beep(6), ...pictures('300x300', 1), '-frames:v', '1', '-map', '0', '-map', '1', '-c:v', 'mjpeg', '-disposition:v', 'attached_pic'], renditions: ['audio aac'], seconds: 6 },
    { what: 'H.264 in a transport stream that begins late', name: 'late.ts', args: [...pictures('320x240', 5), ...beep(5), ...h264(50), '-c:a', 'aac', '-output_ts_offset', '1000'], renditions: ['180p h264 240x180', 'audio aac', 'source h264 320x240'], seconds: 5 },
  ];
  for (const { what, name, args, renditions, seconds } of cases) {
    const shape = shapeOf(await bench.prepare(await bench.make(name, args)));
    t.same({ ...shape, seconds: [...new Set(shape.seconds)] }, { renditions, seconds: [seconds], isAligned: true, hasEnded: true }, what);
  }
});

t.test('pictures that are stored lying are turned', async (t) => {
  const bench = await openBench(t);
  const lying = await bench.make('lying.mp4', [...pictures('640x360', 3), ...h264(25)]);
  const turned = await bench.make('turned.mp4', ['-display_rotation', '90', '-i', lying, '-c', 'copy']).catch(() => bench.make('turned.mp4', ['-i', lying, '-c', 'copy', '-metadata:s:v', 'rotate=90']));
  t.same(shapeOf(await bench.prepare(turned)).renditions, ['180p h264 180x320', '360p h264 360x640']);
});

t.test('pictures with uneven times keep them', async (t) => {
  const bench = await openBench(t);
  const file = await bench.make('uneven.mkv', [...pictures('320x240', 6), '-vf', "select='not(mod(n,7))+not(mod(n,3))'", '-fps_mode', 'vfr', '-c:v', 'mpeg4']);
  const shape = shapeOf(await bench.prepare(file));
  t.same([shape.seconds, shape.isAligned], [[6], true]);
});

t.test('hostile files get a clear refusal', async (t) => {
  const bench = await openBench(t);
  const write = async (name: string, content: string | Buffer): Promise<string> => {
    const file = path.join(bench.folder, name);
    await writeFile(file, content);
    return file;
  };
  const whole = await bench.make('whole.mp4', [...pictures('320x240', 30), ...h264(50)]);
  const fast = await bench.make('fast.mp4', ['-i', whole, '-c', 'copy', '-movflags', 'faststart']);
  const bytes = await readFile(whole);
  const fastBytes = await readFile(fast);
  const secret = await write('secret.mp4', bytes);
  const cases: [string, Promise<string>, RegExp][] = [
    ['nothing', write('empty', ''), /no video or sound/],
    ['a script', write('script', '#!/bin/sh\nrm -rf /\n'), /no video or sound/],
    ['a playlist that points at another file', write('list', `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${secret}\n#EXT-X-ENDLIST\n`), /no video or sound/],
    ['a list for the concat demuxer', write('concat', `ffconcat version 1.0\nfile ${secret}\n`), /no video or sound/],
    ['no index at its end', write('cut.mp4', bytes.subarray(0, bytes.length / 2)), /not whole: its index/],
    ['half of the pictures', write('half.mp4', fastBytes.subarray(0, fastBytes.length / 2)), /not whole: 1\d of 30 seconds/],
    ['10,000 streams', write('streams', manyStreams(10_000)), /more than 64 streams/],
    ['a picture of one pixel for four hours', bench.make('pixel.mkv', ['-f', 'lavfi', '-i', 'color=size=2x2:rate=1/600:duration=14400', '-c:v', 'mpeg4']), /2 × 2 pixels/],
    ['longer than a day', bench.make('long.mkv', ['-f', 'lavfi', '-i', 'color=size=64x64:rate=1/3600:duration=100000', '-c:v', 'mpeg4']), /longer than 12 hours/],
    ['subtitles alone', write('words.mkv', await readFile(await bench.make('w.mkv', ['-i', await write('w.srt', '1\n00:00:00,000 --> 00:00:02,000\nhello\n')]))), /neither a picture nor sound/],
    ['a codec of the nineties', bench.make('old.avi', [...pictures('320x240', 2), '-c:v', 'cinepak']), /cinepak/],
  ];
  for (const [what, file, message] of cases) {
    const startedMs = performance.now();
    t.match((await bench.refusalOf(await file)).message, message, what);
    t.ok(performance.now() - startedMs < 25_000, `${what}: in time`);
  }
});

t.test('noise in the middle is a file that is damaged or plays, and never hangs', async (t) => {
  const bench = await openBench(t);
  const file = await bench.make('noise.mp4', [...pictures('320x240', 12), ...beep(12), ...h264(25), '-c:a', 'aac']);
  const handle = await open(file, 'r+');
  const noise = Buffer.alloc(60_000, 0xa5);
  await handle.write(noise, 0, noise.length, 40_000);
  await handle.close();
  const outcome = await bench.prepare(file).then((index) => shapeOf(index).hasEnded, (error: unknown) => error instanceof AppError && error.code.startsWith('file_'));
  t.equal(outcome, true);
});

/** A movie header and nothing but tracks. */
function manyStreams(count: number): Buffer {
  const matrix = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
  const movie = fullBox('mvhd', 0, 0, u32(0, 0, 1000, 1000, 0x10000), u16(0x100, 0), u32(0, 0), matrix, u32(0, 0, 0, 0, 0, 0), u32(count + 1));
  const table = box('stbl', fullBox('stsd', 0, 0, u32(1), box('mp4v', Buffer.alloc(6), u16(1), Buffer.alloc(70))), fullBox('stts', 0, 0, u32(0)), fullBox('stsc', 0, 0, u32(0)), fullBox('stsz', 0, 0, u32(0, 0)), fullBox('stco', 0, 0, u32(0)));
  const media = box('mdia', fullBox('mdhd', 0, 0, u32(0, 0, 1000, 0), u16(0x55c4, 0)), fullBox('hdlr', 0, 0, u32(0), text('vide'), u32(0, 0, 0), text('v\0')), box('minf', table));
  const track = (id: number): Buffer => box('trak', fullBox('tkhd', 0, 7, u32(0, 0, id, 0, 0, 0, 0), u16(0, 0, 0, 0), matrix, u32(64 << 16, 64 << 16)), media);
  return Buffer.concat([box('ftyp', text('isom'), u32(0), text('isom')), box('moov', movie, ...Array.from({ length: count }, (_, i) => track(i + 1))), box('mdat', Buffer.alloc(16))]);
}
