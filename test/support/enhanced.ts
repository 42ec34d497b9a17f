import { spawn } from 'node:child_process';
import { boxesOf, readInit, samplesOf } from './boxes.js';
import { FlvReader } from '../../src/streams/index.js';
import { makeFlv } from './flv.js';

/** One RTMP message as an encoder sends it. */
export interface Tag {
  /** 8 sound, 9 pictures. */
  type: number;
  timestampMs: number;
  body: Buffer;
}

export interface EnhancedOptions {
  codec: 'h264' | 'hevc' | 'av1';
  seconds: number;
  size?: string;
  fps?: number;
  /** Distance of key frames. */
  keySec?: number;
  /** More arguments for the video encoder. */
  video?: string[];
  /** Parameters for libx265, such as `bframes=2`. */
  x265?: string;
  hasAudio?: boolean;
  /** Samples a second of the sound. */
  audioRate?: number;
}

const FOURCC = { h264: 'avc1', hevc: 'hvc1', av1: 'av01' };
/** What starts every AV1 temporal unit as encoders make it. */
const TEMPORAL_DELIMITER = Buffer.from([0x12, 0]);

/** A moving picture, and a tone, as Enhanced RTMP tags in the order of their times; configurations come first. */
export async function makeEnhanced(options: EnhancedOptions): Promise<Tag[]> {
  const { hasAudio = true, audioRate = 48_000, seconds } = options;
  const file = await makeFragmented(options);
  const sound = hasAudio ? await makeSound(seconds, audioRate) : [];
  return [...enhancedVideo(options.codec, file), ...sound].sort((a, b) => a.timestampMs - b.timestampMs);
}

/** An enhanced video tag. */
export function enhancedTag(codec: EnhancedOptions['codec'], packetType: number, isKey: boolean, ...content: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x80 | ((isKey ? 1 : 2) << 4) | packetType]), Buffer.from(FOURCC[codec], 'latin1'), ...content]);
}

function enhancedVideo(codec: EnhancedOptions['codec'], file: Buffer): Tag[] {
  const fragmentsAt = file.indexOf('moof', 0, 'latin1') - 4;
  const init = readInit(file.subarray(0, fragmentsAt));
  const ms = (ticks: number): number => Math.round((ticks * 1000) / init.timescale);
  const samples = samplesOf(file.subarray(fragmentsAt));
  const record = init.record.content.length > 0 ? init.record.content : av1Record(samples[0]?.payload ?? Buffer.alloc(0));
  const config = { type: 9, timestampMs: 0, body: enhancedTag(codec, 0, true, record) };
  const frames = samples.map(({ decodeTicks, compositionTicks, isKey, payload }) => {
    const timestampMs = ms(decodeTicks);
    const composition = Buffer.alloc(3);
    composition.writeIntBE(ms(decodeTicks + compositionTicks) - timestampMs, 0, 3);
    const content = codec === 'av1' ? [TEMPORAL_DELIMITER, payload] : [composition, payload];
    return { type: 9, timestampMs, body: enhancedTag(codec, 1, isKey, ...content) };
  });
  return [config, ...frames];
}

/** FFmpeg leaves libaom's record empty; its first picture starts with a sequence header of less than 128 bytes. */
function av1Record(picture: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0, 0, 0]), picture.subarray(0, 2 + (picture[1] ?? 0))]);
}

async function makeSound(seconds: number, rate: number): Promise<Tag[]> {
  const tags: Tag[] = [];
  const reader = new FlvReader({ maxTagBytes: 1 << 20, onTag: (tag) => tags.push(tag) });
  reader.write(await makeFlv(['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=${rate}`, '-t', String(seconds), '-c:a', 'aac', '-b:a', '96k']));
  return tags.filter(({ type }) => type === 8);
}

const ENCODERS = {
  h264: () => ['-c:v', 'libx264', '-preset', 'ultrafast', '-sc_threshold', '0'],
  // Parameter sets before each key frame and not only in the configuration, as hardware encoders have them.
  hevc: ({ x265 = 'bframes=0' }: EnhancedOptions) => ['-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hev1', '-x265-params', `log-level=error:repeat-headers=1:scenecut=0:open-gop=0:${x265}`],
  av1: () => ['-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime', '-lag-in-frames', '0'],
};

async function makeFragmented(options: EnhancedOptions): Promise<Buffer> {
  const { codec, seconds, size = '320x240', fps = 30, keySec = 1, video = [] } = options;
  const args = [
    '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}`, '-t', String(seconds), '-pix_fmt', 'yuv420p',
    ...ENCODERS[codec](options), '-g', String(fps * keySec), '-keyint_min', String(fps * keySec), ...video,
    '-use_editlist', '0', '-movflags', 'frag_every_frame+empty_moov+default_base_moof', '-f', 'mp4', 'pipe:1',
  ];
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, SVT_LOG: '1' } });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`ffmpeg exited with ${String(code)}`);
  const file = Buffer.concat(chunks);
  return Buffer.concat(boxesOf(file).flatMap(({ type, content }) => (type === 'mfra' ? [] : [box(type, content)])));
}

function box(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content]);
}
