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
