import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { newestSegmentIn } from '../ingest/playlist.js';
import { streamNames } from '../ingest/system.js';
import type { RunningSystem, StartOptions, System } from '../ingest/system.js';
import { freePort, listens, until } from '../measure/wait.js';

const PROGRAM = path.resolve('test/bench/systems/node-media-server.mjs');
const PACKAGE = path.resolve('node_modules/node-media-server/package.json');
const READY_DEADLINE_MS = 10_000;

/** node-media-server's own server: ingest alone, or with an FFmpeg for each stream that plays it and writes fMP4 HLS. */
export function createNodeMediaServer(options: { hls: boolean }): System {
  const { hls } = options;
  return {
    name: hls ? 'node-media-server+ffmpeg' : 'node-media-server',
    description: hls ? 'node-media-server and one `ffmpeg -c copy -f hls` for each stream, fMP4 with a 60 s window' : 'node-media-server, ingest only',
    missing: () => (existsSync(PACKAGE) ? undefined : 'node-media-server is not installed'),
    start: (start) => startNodeMediaServer(hls, start),
  };
}

async function startNodeMediaServer(hls: boolean, start: StartOptions): Promise<RunningSystem> {
  const port = await freePort();
  const names = streamNames(start.streams);
  const playlists = path.join(start.folder, 'hls');
  if (hls) for (const name of names) await mkdir(path.join(playlists, name), { recursive: true });
  const child = await start.children.start({
    command: process.execPath,
    args: [PROGRAM, String(port), path.join(start.folder, 'store'), ...(hls ? [start.ffmpegPath, playlists] : [])],
  });
  const isReady = async (): Promise<boolean> => {
    if (child.hasExited) throw new Error(`node-media-server ${child.lastWords}`);
    return listens(port);
  };
  await until('node-media-server is ready', isReady, { deadlineMs: READY_DEADLINE_MS, signal: start.signal });
  return {
    child,
    publishUrls: names.map((name) => `rtmp://127.0.0.1:${port}/live/${name}`),
    ...(hls ? { newestSegments: () => Promise.all(names.map((name) => newestSegmentIn(path.join(playlists, name, 'index.m3u8')))) } : {}),
  };
}
