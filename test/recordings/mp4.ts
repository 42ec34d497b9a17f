import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { initSegment } from '../../src/packager/cmaf/init.js';
import { AppError } from '../../src/platform/index.js';
import { planMp4 } from '../../src/recordings/index.js';
import type { Mp4Plan, Mp4Segment, Mp4Track } from '../../src/recordings/index.js';
import { parseFlvTag } from '../../src/streams/index.js';
import type { Media } from '../../src/streams/index.js';
import { boxesOf, contentOf, readInit, samplesOf } from '../support/boxes.js';
import type { Box } from '../support/boxes.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { makeEnhanced } from '../support/enhanced.js';
import { flashAndBeep, offsetsOf } from '../support/flash-beep.js';
import { makeFlv, readFlv } from '../support/flv.js';
import { audioConfig, audioFrame, frameTimes, hevcConfig, videoConfig, videoFrame } from '../support/frames.js';
import { Recorded } from '../support/recorded.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const probed = z.object({
  format: z.object({ duration: z.coerce.number() }),
  streams: z.array(z.looseObject({ codec_name: z.string(), nb_frames: z.coerce.number() })),
  packets: z.array(z.object({ codec_type: z.string(), pts_time: z.coerce.number(), dts_time: z.coerce.number(), size: z.coerce.number() })),
});
type Probed = z.infer<typeof probed>;

/** What a track's times may be off, ms. */
const EXACT_MS = 1;
/** CPU for planning an hour; tap's hooks take half of it. */
const MAX_HOUR_MS = 8_000;
/** The first AAC frame of a take is faded in: the one that it overlaps with is not there. */
const FADE_IN_MS = 1024 / 48;

async function flashes(seconds: number, ...more: string[]): Promise<Media[]> {
  return readFlv(await makeFlv([...flashAndBeep(seconds), '-preset', 'ultrafast', '-bf', '2', ...more])).map(({ media }) => media);
}

/** Pictures and sound of zeros: for what looks at times and sizes only. */
function zeros(seconds: number, fps = 30): Media[] {
  const pictures = frameTimes(fps, 0, seconds * 1000).map((timeMs, i) => videoFrame(timeMs, { isKey: i % (2 * fps) === 0, sizeBytes: 100 + (i % 50) }));
  const sound = frameTimes(48_000 / 1024, 0, seconds * 1000).map((timeMs, i) => audioFrame(timeMs, { sizeBytes: 10 + (i % 7) }));
  const frames = [...pictures, ...sound].sort((a, b) => a.dtsMs - b.dtsMs);
  return [{ type: 'config', config: videoConfig() }, { type: 'config', config: audioConfig() }, ...frames.map((frame): Media => ({ type: 'frame', frame }))];
}

async function write(plan: Mp4Plan, { initFile }: Mp4Segment): Promise<{ file: string; bytes: Buffer }> {
  const bytes = await buffer(plan.read());
  const file = path.join(path.dirname(initFile), 'whole.mp4');
  await writeFile(file, bytes);
  return { file, bytes };
}

async function ffprobe(file: string): Promise<Probed> {
  const { stdout, stderr } = await run('ffprobe', ['-v', 'warning', '-show_format', '-show_streams', '-show_packets', '-of', 'json', file], { maxBuffer: 1 << 28 });
  if (stderr !== '') throw new Error(`ffprobe warns: ${stderr}`);
  return probed.parse(JSON.parse(stdout));
}

/** Decode and presentation times that the segments ask for, ms, and sizes: of several formats, key frames carry theirs. */
async function wantedOf({ kind, segments }: Mp4Track): Promise<{ dtsMs: number; ptsMs: number; sizeBytes: number }[]> {
  const isMixed = kind === 'video' && new Set(segments.map(({ initFile }) => initFile)).size > 1;
  const found = await Promise.all(segments.map(async (segment) => {
    const { timescale, record } = readInit(await readFile(segment.initFile));
    const inBandBytes = isMixed ? parameterSetBytes(record) : 0;
    const toMs = (ticks: number): number => (ticks * 1000) / timescale + segment.atMs - segment.startMs;
    return samplesOf(await readFile(segment.file)).map(({ decodeTicks, compositionTicks, payload, isKey }) => ({ dtsMs: toMs(decodeTicks), ptsMs: toMs(decodeTicks + compositionTicks), sizeBytes: payload.length + (isKey ? inBandBytes : 0) }));
  }));
  return found.flat();
}

/** How many bytes the parameter sets of a decoder configuration are, one of each type, after 4-byte lengths. */
function parameterSetBytes({ type, content }: Box): number {
  if (type === 'av1C') return 0;
  // Each array of one unit has a header of 5 bytes there.
  if (type === 'hvcC') return content.length - 23 - content.readUInt8(22);
  const sequenceBytes = content.readUInt16BE(6);
  return 8 + sequenceBytes + content.readUInt16BE(9 + sequenceBytes);
}

/** Every packet is there, in order, of its size, and shown when its segment wants it. */
async function checkPackets(t: Test, { packets }: Probed, track: Mp4Track): Promise<void> {
  const found = packets.filter((packet) => packet.codec_type === track.kind);
  const wanted = await wantedOf(track);
  t.same(found.map(({ size }) => size), wanted.map(({ sizeBytes }) => sizeBytes), `${wanted.length} packets of ${track.kind}`);
  t.same(found.filter(({ pts_time }, i) => Math.abs(pts_time * 1000 - (wanted[i]?.ptsMs ?? NaN)) > EXACT_MS), [], `${track.kind} is shown at its time`);
  t.same(found.filter(({ dts_time }, i) => i > 0 && dts_time <= (found[i - 1]?.dts_time ?? Infinity)), [], `${track.kind} is decoded in order`);
  t.same(found.filter(({ dts_time, pts_time }) => pts_time < dts_time), [], `${track.kind} is decoded before it is shown`);
}

async function decode(file: string): Promise<string> {
  return (await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, '-f', 'null', '-'])).stderr;
}

function sampleEntries(bytes: Buffer): string[][] {
  const head = bytes.subarray(0, bytes.indexOf('mdat', 0, 'latin1') - 4);
  const tracks = boxesOf(contentOf(head, 'moov')).filter(({ type }) => type === 'trak');
  return tracks.map(({ content }) => boxesOf(contentOf(content, 'mdia', 'minf', 'stbl', 'stsd').subarray(8)).map(({ type }) => type));
}

function segment(tracks: Mp4Track[], track: number, index: number): Mp4Segment {
  const found = tracks[track]?.segments[index];
  if (found === undefined) throw new Error(`there is no segment ${index} in track ${track}`);
  return found;
}

/** Two formats in three takes, the first again in the last; between them, outages. */
async function threeTakes(t: Test): Promise<Mp4Track[]> {
  const recorded = await Recorded.open(t);
  const [large, small] = [await flashes(7), await flashes(5, '-s', '640x360')];
  recorded.add(large);
  recorded.add(small, { outageMs: 21_300 });
  recorded.add(large, { outageMs: 4_017 });
  return recorded.tracks();
}

t.test('two reconnects with another format between: one file that FFmpeg reads without a word, each beep at its flash', async (t) => {
  const tracks = await threeTakes(t);
  const plan = await planMp4(tracks);
  const { file, bytes } = await write(plan, segment(tracks, 0, 0));
  t.equal(bytes.length, plan.sizeBytes);
  t.same(plan.leftOut, []);
  t.same(sampleEntries(bytes), [['avc1', 'avc1'], ['mp4a']], 'the same format is described once');
  const found = await ffprobe(file);
  t.match(found.streams, [{ codec_name: 'h264', width: 1280, height: 720, nb_frames: 570 }, { codec_name: 'aac' }]);
  t.ok(Math.abs(found.format.duration * 1000 - plan.durationMs) <= EXACT_MS, `${found.format.duration} s`);
  t.ok(Math.abs(plan.durationMs - 19_000) < 100, `without the outages: ${plan.durationMs} ms`);
  for (const track of tracks) await checkPackets(t, found, track);
  t.equal(await decode(file), '');
  const offsets = await offsetsOf(file, file);
  t.equal(offsets.filter((offset) => Math.abs(offset) <= EXACT_MS).length, 8, offsets.join(' '));
  t.same(offsets.filter((offset) => Math.abs(offset) > FADE_IN_MS), [], 'two are at the start of a take');
});

t.test('any range is that slice of the whole', async (t) => {
  const recorded = await Recorded.open(t);
  recorded.add(zeros(9));
  const plan = await planMp4(await recorded.tracks());
  const whole = await buffer(plan.read());
  const headBytes = whole.indexOf('mdat', 0, 'latin1') + 12;
  const ends = [0, 1, headBytes - 1, headBytes, headBytes + 1, headBytes + 5000, Math.floor(whole.length / 2), whole.length - 2, whole.length - 1];
  for (let i = 1; i < 12; i++) ends.push((i * 7919 * 31) % whole.length);
  for (const start of ends) {
    for (const end of ends) if (start <= end && !(await buffer(plan.read({ start, end }))).equals(whole.subarray(start, end + 1))) t.fail(`bytes ${start}-${end} differ`);
  }
  const again = await buffer((await planMp4(await recorded.tracks())).read());
  t.ok(again.equals(whole), 'made again, it is the same');
});

t.test('a browser plays it across the reconnects, and seeks', { skip: noChromium }, async (t) => {
  const plan = await planMp4(await threeTakes(t));
  const server = createServer((request, response) => {
    if (request.url !== '/whole.mp4') return void response.setHeader('Content-Type', 'text/html').end('<video src="/whole.mp4" preload="auto"></video>');
    const [start = 0, end = plan.sizeBytes - 1] = (/bytes=(\d+)-(\d+)?/.exec(request.headers.range ?? '') ?? []).slice(1).flatMap((bound) => (bound === undefined ? [] : [Number(bound)]));
    response.writeHead(206, { 'Content-Type': 'video/mp4', 'Content-Length': end - start + 1, 'Content-Range': `bytes ${start}-${end}/${plan.sizeBytes}` });
    pipeline(plan.read({ start, end }), response).catch(() => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  const page = await (await openChromium(t)).newPage();
  await page.goto(`http://127.0.0.1:${z.object({ port: z.number() }).parse(server.address()).port}/`);
  const shown = await page.evaluate(async () => {
    const video = document.querySelector('video');
    if (video === null) throw new Error('no video');
    const failed = new Promise((_resolve, reject) => video.addEventListener('error', () => reject(new Error(video.error?.message))));
    const next = (event: string): Promise<unknown> => Promise.race([failed, new Promise((resolve) => video.addEventListener(event, resolve, { once: true }))]);
    const sizes = [];
    for (const atSec of [6.5, 16, 10, 11.5]) {
      video.currentTime = atSec;
      await next('seeked');
      await video.play();
      while (video.currentTime < atSec + 1) await next('timeupdate');
      sizes.push(`${video.videoWidth}x${video.videoHeight}`);
    }
    return { sizes, durationSec: video.duration };
  });
  t.same(shown.sizes, ['640x360', '1280x720', '640x360', '1280x720']);
  t.ok(Math.abs(shown.durationSec * 1000 - plan.durationMs) <= EXACT_MS, `${shown.durationSec} s`);
});

t.test('damaged and missing segments are holes; all others stay where they were', async (t) => {
  const recorded = await Recorded.open(t);
  recorded.add(await flashes(11));
  const tracks = await recorded.tracks();
  await truncate(segment(tracks, 0, 1).file, segment(tracks, 0, 1).sizeBytes - 10);
  await rm(segment(tracks, 1, 3).file);
  const plan = await planMp4(tracks);
  t.match(plan.leftOut, [
    { file: segment(tracks, 0, 1).file, reason: /^the file has \d+ bytes, not \d+$/ },
    { file: segment(tracks, 1, 3).file, reason: /ENOENT/ },
  ]);
  const { file } = await write(plan, segment(tracks, 0, 0));
  const left = tracks.map(({ kind, segments }) => ({ kind, segments: segments.filter(({ file }) => plan.leftOut.every((one) => one.file !== file)) }));
  const found = await ffprobe(file);
  for (const track of left) await checkPackets(t, found, track);
  t.equal(await decode(file), '');
});

t.test('a track that starts later starts later', async (t) => {
  const recorded = await Recorded.open(t);
  recorded.add(await flashes(7));
  const tracks = await recorded.tracks();
  for (const late of ['video', 'audio']) {
    const cut = tracks.map(({ kind, segments }) => ({ kind, segments: kind === late ? segments.slice(1) : segments }));
    const { file } = await write(await planMp4(cut), segment(tracks, 0, 0));
    const found = await ffprobe(file);
    const starts = cut.map(({ kind }) => Math.round(found.packets.find((packet) => packet.codec_type === kind)?.pts_time ?? Number.NaN));
    t.same(starts, late === 'video' ? [2, 0] : [0, 2], late);
    for (const track of cut) await checkPackets(t, found, track);
  }
});

t.test('a stretch out of the middle, pictures alone, sound alone', async (t) => {
  const recorded = await Recorded.open(t);
  recorded.add(await flashes(9));
  const tracks = await recorded.tracks();
  const fromMs = segment(tracks, 0, 1).atMs;
  const clip = tracks.map(({ kind, segments }) => ({ kind, segments: segments.slice(1, 3).map((one) => ({ ...one, atMs: one.atMs - fromMs })) }));
  for (const part of [clip, clip.slice(0, 1), clip.slice(1)]) {
    const plan = await planMp4(part);
    const { file } = await write(plan, segment(tracks, 0, 0));
    const found = await ffprobe(file);
    t.equal(found.streams.length, part.length);
    t.ok(Math.abs(plan.durationMs - 4000) < 50, `${plan.durationMs} ms`);
    for (const track of part) await checkPackets(t, found, track);
    t.equal(await decode(file), '');
  }
});

for (const codec of ['hevc', 'av1'] as const) {
  t.test(`${codec}, in two sizes`, async (t) => {
    const recorded = await Recorded.open(t);
    for (const size of ['320x240', '640x360']) {
      const tags = await makeEnhanced({ codec, seconds: 4, size });
      recorded.add(tags.flatMap(({ type, timestampMs, body }) => parseFlvTag(type, timestampMs, body) ?? []), { outageMs: 3_000 });
    }
    const tracks = await recorded.tracks();
    const { file } = await write(await planMp4(tracks), segment(tracks, 0, 0));
    const found = await ffprobe(file);
    t.match(found.streams, [{ codec_name: codec, codec_tag_string: codec === 'hevc' ? 'hvc1' : 'av01' }, { codec_name: 'aac' }]);
    for (const track of tracks) await checkPackets(t, found, track);
    t.equal(await decode(file), '');
  });
}

t.test('what cannot be one file is refused in words', async (t) => {
  const recorded = await Recorded.open(t);
  recorded.add(zeros(5));
  const tracks = await recorded.tracks();
  await t.rejects(planMp4([]), { code: 'nothing_recorded', status: 404 });
  await t.rejects(planMp4(tracks.map(({ kind, segments }) => ({ kind, segments: segments.map((one) => ({ ...one, initFile: `${one.initFile}.gone` })) }))), { code: 'nothing_recorded', message: /none of the 6 segments/ });
  const first = segment(tracks, 0, 0);
  const hevc = `${first.initFile}.hevc`;
  await writeFile(hevc, initSegment(hevcConfig()));
  const mixed = tracks.map(({ kind, segments }) => ({ kind, segments: segments.map((one, i) => (kind === 'video' && i > 0 ? { ...one, initFile: hevc } : one)) }));
  await t.rejects(planMp4(mixed), { code: 'codecs_mixed', status: 409, message: /avc1 and hvc1/ });
  await t.rejects(planMp4(tracks, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

t.test('a segment that goes while the file is sent ends the sending, never with other bytes', async (t) => {
  const recorded = await Recorded.open(t);
  recorded.add(zeros(9));
  const tracks = await recorded.tracks();
  const plan = await planMp4(tracks);
  await rm(segment(tracks, 0, 2).file);
  await t.rejects(buffer(plan.read()), { code: 'segment_gone' });
  await truncate(segment(tracks, 0, 1).file, 100);
  await t.rejects(buffer(plan.read()), { code: 'segment_gone' });
});

t.test('a reader that goes away leaves no file open', async (t) => {
  const recorded = await Recorded.open(t);
  recorded.add(zeros(9));
  const plan = await planMp4(await recorded.tracks());
  const before = readdirSync('/proc/self/fd').length;
  const stream = plan.read({ start: plan.sizeBytes - 20_000, end: plan.sizeBytes - 1 });
  await once(stream, 'readable');
  stream.destroy();
  await once(stream, 'close');
  await until('its file is closed', () => Promise.resolve(readdirSync('/proc/self/fd').length === before || undefined));
  const abort = new AbortController();
  const aborted = plan.read(undefined, { signal: abort.signal });
  abort.abort();
  await t.rejects(buffer(aborted), { name: 'AbortError' });
  t.equal(readdirSync('/proc/self/fd').length, before);
});

t.test('damaged bytes anywhere: a file with a hole, or a refusal', async (t) => {
  const recorded = await Recorded.open(t);
  recorded.add(zeros(3));
  const tracks = await recorded.tracks();
  const one = segment(tracks, 0, 0);
  let holes = 0;
  for (const file of [one.file, one.initFile]) {
    const bytes = await readFile(file);
    for (let i = 0; i < Math.min(bytes.length, 700); i += 3) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(i) ^ (1 << (i * 5) % 8), i);
      await writeFile(file, damaged);
      const plan = await planMp4(tracks).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
      });
      if (plan === undefined) continue;
      holes += plan.leftOut.length;
      if ((await buffer(plan.read())).length !== plan.sizeBytes) t.fail(`byte ${i} makes a file of another size`);
    }
    await writeFile(file, bytes);
  }
  t.ok(holes > 30, `${holes} segments were left out`);
});

t.test('an hour is planned by its headers alone', async (t) => {
  const recorded = await Recorded.open(t);
  recorded.add(zeros(3600));
  const tracks = await recorded.tracks();
  const before = process.cpuUsage();
  const plan = await planMp4(tracks);
  const { user, system } = process.cpuUsage(before);
  const tookMs = (user + system) / 1000;
  t.ok(tookMs < MAX_HOUR_MS, `${tookMs.toFixed(0)} ms of CPU`);
  const { file } = await write(plan, segment(tracks, 0, 0));
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=nb_frames:format=duration', '-of', 'csv=p=0', file]);
  t.same(stdout.trim().split('\n').map((line) => Math.floor(Number(line))), [108_000, 168_750, 3600]);
});
