import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { initSegment, timescaleOf } from '../../src/packager/cmaf/init.js';
import { RenditionTrack } from '../../src/packager/track/rendition-track.js';
import { SegmentClock } from '../../src/packager/track/segment-clock.js';
import { parseFlvTag } from '../../src/streams/index.js';
import type { AudioConfig, Frame, Media, VideoConfig } from '../../src/streams/index.js';
import { makeFlv, readFlv } from '../support/flv.js';
import { readInit } from '../support/boxes.js';
import { makeEnhanced } from '../support/enhanced.js';
import type { EnhancedOptions } from '../support/enhanced.js';
import { audioConfig, videoConfig } from '../support/frames.js';

const run = promisify(execFile);

const probed = z.object({ streams: z.array(z.record(z.string(), z.unknown())), packets: z.array(z.record(z.string(), z.unknown())) });

/** One track of an FLV: its configuration and frames. */
async function track(kind: 'video' | 'audio', args: string[]): Promise<{ config: VideoConfig | AudioConfig; frames: Frame[] }> {
  return trackOf(kind, readFlv(await makeFlv(args)).map(({ media }) => media));
}

function trackOf(kind: 'video' | 'audio', items: Media[]): { config: VideoConfig | AudioConfig; frames: Frame[] } {
  const frames = items.flatMap((media) => (media.type === 'frame' && media.frame.kind === kind ? [media.frame] : []));
  for (const media of items) if (media.type === 'config' && media.config.kind === kind) return { config: media.config, frames };
  throw new Error(`FFmpeg wrote no ${kind}`);
}

/** The track as our init segment and segments in one file. */
async function pack(t: Test, { config, frames }: { config: VideoConfig | AudioConfig; frames: Frame[] }): Promise<{ file: string; bytes: Buffer }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-cmaf-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const clock = new SegmentClock({ targetMs: 1000, maxMs: 1499 });
  const parts: Buffer[] = [initSegment(config)];
  const packer = new RenditionTrack({ kind: config.kind, clock, partMs: 334, onPart: () => undefined, onSegment: (segment) => parts.push(...segment.parts.flatMap((part) => part.buffers)) });
  packer.startTake(0, config, { leads: true });
  for (const frame of frames) packer.push(frame);
  packer.finishTake();
  const bytes = Buffer.concat(parts);
  const file = path.join(folder, 'track.mp4');
  await writeFile(file, bytes);
  return { file, bytes };
}

async function ffprobe(file: string): Promise<z.infer<typeof probed>> {
  const { stdout, stderr } = await run('ffprobe', ['-v', 'warning', '-show_streams', '-show_packets', '-of', 'json', file], { maxBuffer: 1 << 26 });
  if (stderr !== '') throw new Error(`ffprobe warns: ${stderr}`);
  return probed.parse(JSON.parse(stdout));
}

async function decode(file: string): Promise<string> {
  return (await run('ffmpeg', ['-v', 'warning', '-nostdin', '-i', file, '-f', 'null', '-'])).stderr;
}

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '15'];

const videos: { name: string; args: string[]; facts: Record<string, unknown> }[] = [
  { name: 'High with B-frames', args: ['-i', 'testsrc2=size=640x360:rate=30', ...H264, '-preset', 'veryfast', '-profile:v', 'high', '-bf', '2'], facts: { codec_name: 'h264', profile: 'High', width: 640, height: 360, has_b_frames: 2, time_base: '1/90000', sample_aspect_ratio: '1:1' } },
  { name: 'portrait Baseline', args: ['-i', 'testsrc2=size=360x640:rate=25', ...H264, '-profile:v', 'baseline'], facts: { profile: 'Constrained Baseline', width: 360, height: 640, has_b_frames: 0 } },
  { name: 'anamorphic', args: ['-i', 'testsrc2=size=720x576:rate=25', ...H264, '-vf', 'setsar=64/45'], facts: { width: 720, height: 576, sample_aspect_ratio: '64:45', display_aspect_ratio: '16:9' } },
];

for (const { name, args, facts } of videos) {
  t.test(`video, ${name}: read back by FFmpeg without a word, every picture at its time`, async (t) => {
    const source = await track('video', ['-f', 'lavfi', ...args, '-t', '3']);
    const { file } = await pack(t, source);
    const { streams, packets } = await ffprobe(file);
    t.match(streams, [facts]);
    const startMs = source.frames[0]?.dtsMs ?? 0;
    t.same(packets.map((packet) => [Number(packet['dts']), Number(packet['pts']), String(packet['flags']).startsWith('K')]), source.frames.map((frame) => [(frame.dtsMs - startMs) * 90 + startMs * 90, frame.ptsMs * 90, frame.isKey]));
    t.equal(await decode(file), '');
  });
}

const enhanced: { source: EnhancedOptions; entry: string; facts: Record<string, unknown> }[] = [
  { source: { codec: 'hevc', seconds: 3, x265: 'bframes=2' }, entry: 'hvc1 hvcC', facts: { codec_name: 'hevc', codec_tag_string: 'hvc1', profile: 'Main', width: 320, height: 240, has_b_frames: 2 } },
  { source: { codec: 'hevc', seconds: 3, size: '642x362', video: ['-pix_fmt', 'yuv420p10le'] }, entry: 'hvc1 hvcC', facts: { profile: 'Main 10', width: 642, height: 362, pix_fmt: 'yuv420p10le' } },
  { source: { codec: 'av1', seconds: 3 }, entry: 'av01 av1C', facts: { codec_name: 'av1', codec_tag_string: 'av01', profile: 'Main', width: 320, height: 240 } },
];

for (const { source, entry, facts } of enhanced) {
  t.test(`${source.codec} by Enhanced RTMP${source.video ? ', 10 bits' : ''}: read back by FFmpeg without a word, every picture at its time`, async (t) => {
    const tags = await makeEnhanced({ ...source, hasAudio: false });
    const made = trackOf('video', tags.flatMap(({ type, timestampMs, body }) => parseFlvTag(type, timestampMs, body) ?? []));
    const { file, bytes } = await pack(t, made);
    const { streams, packets } = await ffprobe(file);
    t.match(streams, [facts]);
    t.equal(made.frames.length, 90);
    t.same(packets.map((packet) => [Number(packet['dts']), Number(packet['pts']), String(packet['flags']).startsWith('K')]), made.frames.map((frame) => [frame.dtsMs * 90, frame.ptsMs * 90, frame.isKey]));
    t.equal(await decode(file), '');
    const init = readInit(bytes.subarray(0, bytes.indexOf('moof', 0, 'latin1') - 4));
    t.equal(`${init.entry} ${init.record.type}`, entry);
    t.same(init.record.content, made.config.description);
  });
}

t.test('audio: read back by FFmpeg without a word, every frame counted', async (t) => {
  for (const [rate, layout] of [[48_000, 'stereo'], [44_100, 'mono'], [48_000, '5.1']] as const) {
    const { file } = await pack(t, await track('audio', ['-f', 'lavfi', '-i', `anoisesrc=r=${rate}:a=0.1`, '-af', `aformat=channel_layouts=${layout}`, '-t', '3', '-c:a', 'aac']));
    const { streams, packets } = await ffprobe(file);
    t.match(streams, [{ codec_name: 'aac', profile: 'LC', sample_rate: String(rate), channels: layout === '5.1' ? 6 : layout === 'mono' ? 1 : 2, time_base: `1/${rate}` }]);
    t.ok(packets.length > 125);
    t.same(packets.filter((packet, i) => Number(packet['pts']) !== Number(packets[0]?.['pts']) + i * 1024), []);
    t.equal(await decode(file), '');
  }
});

t.test('mediabunny reads the same pictures', async (t) => {
  const source = await track('video', ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30', '-t', '2', ...H264, '-preset', 'veryfast', '-bf', '2']);
  const { bytes } = await pack(t, source);
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) });
  t.after(() => input.dispose());
  const video = await input.getPrimaryVideoTrack();
  if (video === null) throw new Error('mediabunny finds no video');
  const shownMs: number[] = [];
  const sizes: number[] = [];
  for await (const packet of new EncodedPacketSink(video).packets()) {
    shownMs.push(Math.round(packet.timestamp * 1000));
    sizes.push(packet.byteLength);
  }
  t.same(shownMs, source.frames.map((frame) => frame.ptsMs));
  t.same(sizes, source.frames.map((frame) => frame.payload.length));
});

t.test('header fields that few sources use', async (t) => {
  t.equal(timescaleOf(videoConfig()), 90_000);
  t.equal(timescaleOf(audioConfig({ sampleRate: 96_000 })), 96_000);
  const fast = initSegment(audioConfig({ sampleRate: 96_000 }));
  t.equal(fast.readUInt32BE(fast.indexOf('mp4a') + 28), 0, 'a rate that does not fit 16 bits is left to the esds');
  const wide = initSegment(videoConfig({ width: 720, height: 576, sar: { width: 64, height: 45 } }));
  const tkhd = wide.indexOf('tkhd');
  t.same([wide.readUInt32BE(tkhd + 80), wide.readUInt32BE(tkhd + 84)], [1024 * 65_536, 576 * 65_536], 'the size that is shown');
});
