import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { Packager } from '../../src/packager/index.js';
import type { LivePackage } from '../../src/packager/index.js';
import { planMp4 } from '../../src/recordings/index.js';
import { downloadRendition, downloadTracks } from '../../src/recordings/vod/downloads.js';
import { vodTimeline } from '../../src/recordings/vod/vod-timeline.js';
import type { AudioConfig, Frame, VideoConfig } from '../../src/streams/index.js';
import { segmentsOf } from '../support/hls.js';
import { recordingLog } from '../support/log.js';
import { makeSource } from '../support/transcode-harness.js';

const run = promisify(execFile);
const probed = z.object({ packets: z.array(z.object({ codec_type: z.string(), pts_time: z.coerce.number() })) });
const ID = '11111111-1111-4111-8111-111111111111';
const HOUR_SEC = 3600;
/** NTSC pictures and the sound of a CD: no two of them ever end at one time, and no duration is whole milliseconds. */
const FPS = 30_000 / 1001;
const SAMPLE_RATE = 44_100;
const FRAME_SAMPLES = 1024;
const START_MS = 10_000;
/** When sizes are looked at, minutes. */
const LOOKS = [10, 30, 60];
/** Four of each rendition, and what is being made. */
const SEGMENTS_MB = 0.5;
const MAX_DRIFT_MS = 40;
/** Segment numbers get longer. */
const LIVE_GROWTH = 1.05;
/** What a segment that can be rewound to takes in a playlist, and one of each rendition in memory: their names, not their 27 kB. */
const DVR_BYTES_A_SEGMENT = 250;
/** Garbage that is not collected yet included. */
const MEMORY_BYTES_A_SEGMENT = 18_000;

interface Look {
  minute: number;
  live: number;
  dvr: number;
  delta: number;
  /** Of the process, buffers included. */
  memoryMb: number;
  segmentMb: number;
}

/** A real encoder's frames, to be sent again and again under other times, each with bytes of its own. */
interface Material {
  configs: (VideoConfig | AudioConfig)[];
  /** One group of pictures, with the places that each is early or late by B-frames. */
  pictures: { frame: Frame; reorder: number }[];
  sounds: Frame[];
}

const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return () => void (typeof collect === 'function' && collect());
})();

async function makeMaterial(): Promise<Material> {
  const items = await makeSource({ size: '160x90', fps: '30000/1001', seconds: 6, keySec: 2, video: ['-bf', '2', '-b_strategy', '0', '-b:v', '60k'], audio: ['-c:a', 'aac', '-b:a', '48k', '-ar', String(SAMPLE_RATE)] });
  const frames = items.flatMap(({ media }) => (media.type === 'frame' ? [media.frame] : []));
  const pictures = frames.filter(({ kind }) => kind === 'video');
  const [first = 0, second = 0] = pictures.flatMap(({ isKey }, i) => (isKey ? [i] : []));
  return {
    configs: items.flatMap(({ media }) => (media.type === 'config' ? [media.config] : [])),
    pictures: pictures.slice(first, second).map((frame) => ({ frame, reorder: Math.round(((frame.ptsMs - frame.dtsMs) * FPS) / 1000) })),
    sounds: frames.filter(({ kind }) => kind === 'audio').slice(2),
  };
}

/** An hour as RTMP brings it: in whole milliseconds, pictures up to 3 ms off, and the sound card's clock a little off the other. */
function* anHour({ pictures, sounds }: Material, cardPpm: number): Generator<Frame> {
  const atMs = (picture: number): number => Math.round(START_MS + (picture * 1000) / FPS + 1.5 * (1 + Math.sin(picture * picture)));
  let sound = 0;
  for (let picture = 0; picture < HOUR_SEC * FPS; picture++) {
    const { frame, reorder } = pictures[picture % pictures.length] ?? { reorder: 0 };
    const dtsMs = atMs(picture);
    for (let soundMs; (soundMs = soundTimeMs(sound, cardPpm)) <= dtsMs; sound++) {
      const one = sounds[sound % sounds.length];
      if (one !== undefined) yield { ...one, payload: Buffer.from(one.payload), dtsMs: soundMs, ptsMs: soundMs };
    }
    if (frame !== undefined) yield { ...frame, payload: Buffer.from(frame.payload), dtsMs, ptsMs: Math.max(dtsMs, atMs(picture + reorder)) };
  }
}

function soundTimeMs(frame: number, cardPpm: number): number {
  return Math.round(START_MS + ((frame * FRAME_SAMPLES * 1000) / SAMPLE_RATE) * (1 + cardPpm / 1e6));
}

async function openPackager(t: Test): Promise<{ packager: Packager; mediaDir: string }> {
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'tidemark-hour-'));
  const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: 60, dvrSec: 7200, memoryMiB: 64 }, mediaDir, log: recordingLog() });
  await packager.start();
  t.after(async () => {
    await packager.stop();
    await rm(mediaDir, { recursive: true, force: true });
  });
  return { packager, mediaDir };
}

/** Plays an hour as fast as the disk takes it. */
async function play(packager: Packager, material: Material, cardPpm: number): Promise<{ live: LivePackage; looks: Look[]; last: { video: number; audio: number } }> {
  const live = packager.open({ id: ID, channel: { slug: 'ada' }, epochMs: 0, isRecorded: true });
  live.startTake({ number: 0, keyFrameIntervalMs: 2002, renditions: [{ name: 'source', kind: 'video', origin: 'passthrough' }, { name: 'audio', kind: 'audio', origin: 'passthrough' }] });
  for (const config of material.configs) live.push({ type: 'config', take: 0, rendition: config.kind === 'video' ? 'source' : 'audio', config });
  const looks: Look[] = [];
  const last = { video: 0, audio: 0 };
  let nextSec = 10;
  for (const frame of anHour(material, cardPpm)) {
    live.push({ type: 'frame', take: 0, rendition: frame.kind === 'video' ? 'source' : 'audio', frame });
    last[frame.kind] = Math.max(last[frame.kind], frame.ptsMs);
    if (frame.dtsMs - START_MS < nextSec * 1000) continue;
    await live.settled();
    if (LOOKS.includes(nextSec / 60)) looks.push(lookAt(live, packager, nextSec / 60));
    nextSec += 10;
  }
  looks.push(lookAt(live, packager, HOUR_SEC / 60));
  live.finish();
  await live.settled();
  return { live, looks, last };
}

function lookAt(live: LivePackage, packager: Packager, minute: number): Look {
  const lengthOf = (wish: { isDvr?: boolean; isDelta?: boolean }): number => live.mediaPlaylist('source', wish)?.length ?? 0;
  const [whole, dvr, delta] = [lengthOf({}), lengthOf({ isDvr: true }), lengthOf({ isDvr: true, isDelta: true })];
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { minute, live: whole, dvr, delta, memoryMb: (heapUsed + arrayBuffers) / 1e6, segmentMb: packager.memoryBytes / 1e6 };
}

/** How far sound is from its pictures at the end of the recording's file, beyond what it was in the source, ms; later is more. */
async function driftAtEnd(packager: Packager, mediaDir: string, last: { video: number; audio: number }): Promise<number> {
  const index = await packager.readIndex(ID);
  const timeline = index && vodTimeline(index);
  if (timeline === undefined) throw new Error('nothing was recorded');
  const file = path.join(mediaDir, 'download.mp4');
  await pipeline((await planMp4(downloadTracks(timeline, downloadRendition(timeline), mediaDir))).read(), createWriteStream(file));
  const { stdout } = await run('ffprobe', ['-v', 'error', '-read_intervals', `${HOUR_SEC - 20}%`, '-show_entries', 'packet=codec_type,pts_time', '-of', 'json', file], { maxBuffer: 1 << 26 });
  const { packets } = probed.parse(JSON.parse(stdout));
  const endOf = (kind: string): number => Math.max(...packets.filter(({ codec_type }) => codec_type === kind).map(({ pts_time }) => pts_time * 1000));
  return endOf('audio') - last.audio - (endOf('video') - last.video);
}

t.test('an hour: live playlists and memory stay as they are, and sound stays with its pictures', async (t) => {
  const material = await makeMaterial();

  for (const [what, cardPpm] of [['the clocks agree', 0], ['the sound card is slow', 100], ['the sound card is fast', -100]] as const) {
    await t.test(what, async (t) => {
      const { packager, mediaDir } = await openPackager(t);
      const { live, looks, last } = await play(packager, material, cardPpm);
      const [early, , late] = looks;
      if (early === undefined || late === undefined) throw new Error('nothing was looked at');
      for (const { minute, live: bytes, dvr, delta, memoryMb, segmentMb } of looks) t.comment(`${minute} min: live ${bytes}, rewindable ${dvr}, its delta ${delta} bytes; memory ${memoryMb.toFixed(1)} MB, of it segments ${segmentMb.toFixed(1)} MB`);

      const segments = ((late.minute - early.minute) * 60) / 2;
      t.ok(late.live < early.live * LIVE_GROWTH, 'the live playlist is as long as before');
      t.ok(late.delta < early.delta * LIVE_GROWTH, 'and what a player loads of the one with everything');
      t.ok((late.dvr - early.dvr) / segments < DVR_BYTES_A_SEGMENT, `${Math.round((late.dvr - early.dvr) / segments)} bytes for each segment that can be rewound to`);
      const grownBytes = Math.round(((late.memoryMb - early.memoryMb) * 1e6) / segments);
      t.ok(grownBytes < MEMORY_BYTES_A_SEGMENT, `${grownBytes} bytes of memory`);
      t.ok(late.segmentMb < SEGMENTS_MB, 'segments in memory are bounded');

      const [pictures = [], sounds = []] = ['source', 'audio'].map((name) => segmentsOf(live.mediaPlaylist(name, { isDvr: true }) ?? ''));
      const lengthSec = pictures.reduce((sum, { durationSec }) => sum + durationSec, 0);
      t.ok(Math.abs(lengthSec - HOUR_SEC) * 1000 < MAX_DRIFT_MS, `the playlist is ${lengthSec.toFixed(3)} s long`);
      // The last segment ends where its media does.
      t.same(sounds.slice(0, -1).map(({ durationSec }) => durationSec), pictures.slice(0, -1).map(({ durationSec }) => durationSec), 'that of the sound is as long at every segment');
      const driftMs = await driftAtEnd(packager, mediaDir, last);
      t.ok(Math.abs(driftMs) < MAX_DRIFT_MS, `the file ends with its sound ${driftMs.toFixed(1)} ms off`);
    });
  }
});
