import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { opusConfig } from '../../../src/streams/index.js';
import { MatroskaWriter } from '../../../src/transcode/encode/matroska.js';
import { OpusEncode } from '../../../src/transcode/encode/opus-encode.js';
import type { OpusPacket } from '../../../src/transcode/encode/opus-encode.js';
import { opusPacketOf, ticksNear, TsReader } from '../../../src/transcode/encode/ts-reader.js';
import { beepTimes, flashAndBeep } from '../../support/flash-beep.js';
import { makeFlv, readFlv } from '../../support/flv.js';
import { audioConfig, audioFrame } from '../../support/frames.js';
import { recordingLog } from '../../support/log.js';
import { until } from '../../support/until.js';

const ffmpegPath = process.env['FFMPEG_PATH'] ?? 'ffmpeg';
/** A broadcast may be hours old when the first viewer comes. */
const START_MS = 5_000_000;

t.test('sound keeps its place when it becomes Opus', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-opus-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const source = path.join(folder, 'source.flv');
  const { config, frames } = await aacBeeps(source);
  const log = recordingLog();
  const packets: OpusPacket[] = [];
  const encode = new OpusEncode({ ffmpegPath, config, onPacket: (packet) => packets.push(packet), log });
  for (const frame of frames.slice(0, 1)) encode.push(frame);
  await until('FFmpeg runs', () => log.lines.some(({ message }) => message === 'Opus encode started') || undefined);
  await new Promise(setImmediate);
  for (const frame of frames) encode.push({ ...frame, ptsMs: frame.ptsMs + START_MS, dtsMs: frame.dtsMs + START_MS });
  await until('the last packet', () => (packets.at(-1)?.ptsMs ?? 0) > START_MS + 5_000 || undefined);
  encode.close();
  await encode.ended;

  const steps = packets.slice(1).map(({ ptsMs }, i) => Math.round(ptsMs - (packets[i]?.ptsMs ?? 0)));
  t.same([...new Set(steps)], [20]);
  const file = path.join(folder, 'opus.mkv');
  const writer = new MatroskaWriter();
  await writeFile(file, Buffer.concat([writer.header([opusConfig()]), ...packets.flatMap(({ ptsMs, payload }) => [writer.frameHeader({ kind: 'audio', isKey: true, payload }, Math.round(ptsMs - START_MS + 1_000)), payload])]));
  const expected = await beepTimes(source);
  const beeps = await beepTimes(file);
  t.equal(beeps.length, expected.length);
  for (const [i, beep] of beeps.entries()) t.ok(Math.abs(beep - 1 - (expected[i] ?? 0)) < 0.012, `beep ${i} at ${beep - 1} s`);
  t.same(log.lines.filter(({ level }) => level === 'error'), []);
});

t.test('PES packets are found however the bytes arrive, and nothing else is taken for one', (t) => {
  const payload = Buffer.alloc(400, 7);
  const bytes = tsOf(0x100, 0x1_2345_6789, Buffer.concat([Buffer.from('7ff0ff91 0078'.replace(' ', ''), 'hex'), payload]));
  const found: { pts: number; size: number }[] = [];
  const reader = new TsReader({ onPes: ({ pts, data }) => found.push({ pts, size: opusPacketOf(data).length }) });
  for (let i = 0; i < bytes.length; i += 50) reader.write(bytes.subarray(i, i + 50));
  t.same(found, [{ pts: 0x1_2345_6789, size: 400 }]);
  reader.write(tsOf(0x11, 0, payload));
  t.equal(found.length, 1, 'another stream');
  t.throws(() => reader.write(Buffer.alloc(188)), { code: 'ts_invalid' });
  t.end();
});

t.test('a clock of 33 bits goes on where it wraps', (t) => {
  t.equal(ticksNear(2 ** 33 - 100, 1_700), 2 ** 33 + 1_700);
  t.equal(ticksNear(3 * 2 ** 33 + 50, 2 ** 33 - 50), 3 * 2 ** 33 - 50);
  t.equal(ticksNear(900_000, 901_800), 901_800);
  t.end();
});

t.test('who stops listening before the first sound leaves no error in the log', async (t) => {
  const log = recordingLog();
  const encode = new OpusEncode({ ffmpegPath, config: audioConfig(), onPacket: () => undefined, log });
  encode.push(audioFrame(0));
  await until('FFmpeg runs', () => log.lines.find(({ message }) => message === 'Opus encode started'));
  encode.close();
  await encode.ended;
  t.same(log.lines.map(({ level, message }) => `${level}: ${message}`), ['info: Opus encode started', 'info: Opus encode ended']);
});

t.test('an FFmpeg that ends by itself is an error', async (t) => {
  const log = recordingLog();
  const encode = new OpusEncode({ ffmpegPath, config: audioConfig(), onPacket: () => undefined, log });
  t.after(() => encode.close());
  encode.push(audioFrame(0));
  const pid = await until('FFmpeg runs', () => log.lines[0]?.fields['pid']);
  process.kill(Number(pid), 'SIGTERM');
  t.match(await until('it is told', () => log.lines[1]), { level: 'error', message: 'FFmpeg for Opus ended unexpectedly' });
});

async function aacBeeps(file: string) {
  const flv = await makeFlv(flashAndBeep(6));
  await writeFile(file, flv);
  const media = readFlv(flv);
  const config = media.flatMap(({ media }) => (media.type === 'config' && media.config.kind === 'audio' ? [media.config] : []))[0];
  if (config === undefined) throw new Error('no sound was made');
  return { config, frames: media.flatMap(({ media }) => (media.type === 'frame' && media.frame.kind === 'audio' ? [media.frame] : [])) };
}

/** One PES packet as TS packets. */
function tsOf(pid: number, pts: number, data: Buffer): Buffer {
  const low = pts % 2 ** 15;
  const middle = Math.floor(pts / 2 ** 15) % 2 ** 15;
  const head = Buffer.from([0, 0, 1, 0xbd, 0, 0, 0x84, 0x80, 5, 0x21 | (Math.floor(pts / 2 ** 30) << 1), middle >> 7, ((middle & 0x7f) << 1) | 1, low >> 7, ((low & 0x7f) << 1) | 1]);
  head.writeUInt16BE(head.length - 6 + data.length, 4);
  const pes = Buffer.concat([head, data]);
  const packets: Buffer[] = [];
  for (let offset = 0; offset < pes.length; offset += 184) {
    const part = pes.subarray(offset, offset + 184);
    const stuffing = 184 - part.length;
    const header = Buffer.from([0x47, (offset === 0 ? 0x40 : 0) | (pid >> 8), pid & 0xff, stuffing > 0 ? 0x30 : 0x10]);
    const adaptation = stuffing === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([stuffing - 1]), Buffer.alloc(stuffing - 1, 0)]);
    packets.push(Buffer.concat([header, adaptation, part]));
  }
  return Buffer.concat(packets);
}
