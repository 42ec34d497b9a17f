import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Media } from '../../src/streams/index.js';
import { FlvReader, parseFlvTag } from '../../src/streams/index.js';

/** Runs FFmpeg and returns the FLV that it writes to stdout. */
export async function makeFlv(args: string[]): Promise<Buffer> {
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', ...args, '-f', 'flv', 'pipe:1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`ffmpeg exited with ${String(code)}`);
  return Buffer.concat(chunks);
}

/** The media of an FLV file, in order. */
export function readFlv(file: Buffer): { timeMs: number; media: Media }[] {
  const found: { timeMs: number; media: Media }[] = [];
  const reader = new FlvReader({ maxTagBytes: 1 << 24, onTag: (tag) => {
    const media = parseFlvTag(tag.type, tag.timestampMs, tag.body);
    if (media) found.push({ timeMs: tag.timestampMs, media });
  } });
  reader.write(file);
  return found;
}

/** Pushes media at the pace of its timestamps. */
export async function replay(items: { timeMs: number; media: Media }[], push: (media: Media) => void, options: { speed?: number; signal?: AbortSignal } = {}): Promise<void> {
  const startMs = performance.now();
  const firstMs = items.find((item) => item.media.type === 'frame')?.timeMs ?? 0;
  for (const item of items) {
    const dueMs = startMs + Math.max(0, item.timeMs - firstMs) / (options.speed ?? 1);
    const waitMs = dueMs - performance.now();
    if (waitMs > 2) await delay(waitMs, undefined, { signal: options.signal });
    if (options.signal?.aborted) return;
    push(item.media);
  }
}

const FLV_HEADER_BYTES = 9;
const TAG_HEADER_BYTES = 11;

/** The file header and the first back pointer (Adobe FLV 10.1 §E.2). */
export function flvFileHeader(): Buffer {
  const header = Buffer.alloc(FLV_HEADER_BYTES + 4);
  header.write('FLV', 'latin1');
  header.writeUInt8(1, 3);
  header.writeUInt8(5, 4); // sound and pictures
  header.writeUInt32BE(FLV_HEADER_BYTES, 5);
  return header;
}

/** A tag with its back pointer. `timestampMs` is written modulo 2³². */
export function flvTag(type: number, timestampMs: number, body: Buffer): Buffer {
  const tag = Buffer.alloc(TAG_HEADER_BYTES + body.length + 4);
  const time = Math.trunc(timestampMs) % 2 ** 32;
  tag.writeUInt8(type, 0);
  tag.writeUIntBE(body.length, 1, 3);
  tag.writeUIntBE(time & 0xffffff, 4, 3);
  tag.writeUInt8(Math.floor(time / 2 ** 24), 7);
  body.copy(tag, TAG_HEADER_BYTES);
  tag.writeUInt32BE(TAG_HEADER_BYTES + body.length, TAG_HEADER_BYTES + body.length);
  return tag;
}
