import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import type { RunningApp } from './app.js';
import { download } from './hls.js';
import type { ListedSegment } from './hls.js';

const run = promisify(execFile);

/** What the watch page is told. */
export async function liveState(app: RunningApp): Promise<{ state: string; id: string | undefined }> {
  const body = (await (await app.get('/api/v1/channels/ada/live')).json()) as { state: string; broadcast?: { id: string } };
  return { state: body.state, id: body.broadcast?.id };
}

/** Gaps in a playlist. */
export function holesOf(segments: { number: number; isGap: boolean }[]): number {
  return segments.filter((segment) => segment.isGap).length;
}

/** Numbers of the segments that follow a discontinuity. */
export function breaksOf(segments: { number: number; isAfterDiscontinuity: boolean }[]): number[] {
  return segments.filter((segment) => segment.isAfterDiscontinuity).map((segment) => segment.number);
}

/** The segments of one init are whole: FFmpeg decodes them without a word. */
export async function decodes(t: Test, app: RunningApp, segments: ListedSegment[]): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-decode-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const initUri = segments.at(-1)?.initUri;
  const file = path.join(folder, 'joined.mp4');
  await writeFile(file, await download(app.url, segments.filter((segment) => segment.initUri === initUri && !segment.isGap)));
  const { stderr } = await run('ffmpeg', ['-v', 'warning', '-i', file, '-f', 'null', '-']);
  t.equal(stderr, '', 'what players get decodes without a warning');
}
