import { spawn } from 'node:child_process';
import t from 'tap';
import type { Media } from '../../src/streams/index.js';
import { opusConfig, parseVp8KeyFrame, parseVp9KeyFrame } from '../../src/streams/index.js';
import { opusPacketOf, TsReader } from '../../src/transcode/encode/ts-reader.js';
import type { Item } from '../support/transcode-harness.js';
import { framesOf, TranscodeHarness } from '../support/transcode-harness.js';

const FPS = 25;

async function ffmpeg(args: string[]): Promise<Buffer> {
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', ...args, 'pipe:1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.once('close', resolve));
  return Buffer.concat(chunks);
}

/** Four seconds of pictures, a key frame each second. */
async function pictures(encoder: string, parse: (frame: Buffer) => ReturnType<typeof parseVp9KeyFrame>): Promise<Item[]> {
  const file = await ffmpeg(['-f', 'lavfi', '-i', `testsrc2=size=320x240:rate=${FPS}`, '-t', '4', '-pix_fmt', 'yuv420p', '-c:v', encoder, '-deadline', 'realtime', '-cpu-used', '8', '-g', String(FPS), '-lag-in-frames', '0', '-f', 'ivf']);
  const items: Item[] = [];
  for (let offset = 32; offset < file.length; offset += 12 + file.readUInt32LE(offset)) {
    const payload = file.subarray(offset + 12, offset + 12 + file.readUInt32LE(offset));
    const timeMs = (items.filter(({ media }) => media.type === 'frame').length * 1_000) / FPS;
    const isKey = timeMs % 1_000 === 0;
    const config = timeMs === 0 ? parse(payload) : undefined;
    if (config !== undefined) items.push({ timeMs, media: { type: 'config', config } });
    items.push({ timeMs, media: { type: 'frame', frame: { kind: 'video', dtsMs: timeMs, ptsMs: timeMs, isKey, payload } } });
  }
  return items;
}

async function sound(): Promise<Item[]> {
  const packets: Buffer[] = [];
  new TsReader({ onPes: ({ data }) => packets.push(opusPacketOf(data)) }).write(await ffmpeg(['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '4', '-ac', '2', '-c:a', 'libopus', '-pes_payload_size', '0', '-f', 'mpegts']));
  const frames = packets.map((payload, i): Media => ({ type: 'frame', frame: { kind: 'audio', dtsMs: i * 20, ptsMs: i * 20, isKey: true, payload } }));
  return [{ timeMs: 0, media: { type: 'config', config: opusConfig() } }, ...frames.map((media, i) => ({ timeMs: i * 20, media }))];
}

const codecs = [{ encoder: 'libvpx', parse: parseVp8KeyFrame }, { encoder: 'libvpx-vp9', parse: parseVp9KeyFrame }];

for (const { encoder, parse } of codecs) {
  t.test(`${encoder} and Opus become H.264 and AAC, and Opus goes on beside it`, async (t) => {
    const items = [...await pictures(encoder, parse), ...await sound()].toSorted((a, b) => a.timeMs - b.timeMs);
    const harness = new TranscodeHarness(t);
    const opus: number[] = [];
    harness.transcode.on('opus', (media) => { if (media.type === 'frame') opus.push(media.frame.ptsMs); });
    harness.attach();
    await harness.play(items);
    await harness.transcode.detach();
    t.same(harness.takes.map(({ renditions }) => renditions.map(({ name, origin }) => `${name} ${origin}`)), [['180p encoded', 'audio encoded']]);
    const [video, audio] = [harness.output(0, '180p'), harness.output(0, 'audio')];
    t.match(video.configs, [{ codec: 'h264', width: 240, height: 180 }]);
    t.match(audio.configs, [{ codec: 'aac', sampleRate: 48_000, channels: 2 }]);
    t.equal(video.frames.length, framesOf(items, 'video').length);
    t.equal(opus.length, framesOf(items, 'audio').length);
    // Both begin together, and end together but for what encoders hold.
    t.ok(Math.abs((audio.frames[0]?.ptsMs ?? 0) - (opus[0] ?? Infinity)) < 60, 'the sound is where it was');
    t.ok((audio.frames.at(-1)?.ptsMs ?? 0) > (opus.at(-1) ?? Infinity) - 100);
    t.same(harness.log.lines.filter(({ level }) => level === 'error' || level === 'warn'), []);
  });
}
