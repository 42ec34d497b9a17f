import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { z } from 'zod';
import { apiClient } from '../../support/api-client.js';
import { findNginx, NGINX_MISSING, startNginx } from '../../support/nginx.js';
import { answerTo } from '../../support/nginx-site.js';
import { makeSource, Publisher } from '../ingest/publisher.js';
import type { Child, Children } from '../measure/children.js';
import { freePort, until } from '../measure/wait.js';

const PROGRAM = path.resolve('dist/main.js');
const COUNTER = path.resolve('test/bench/hls/request-count.mjs');
const READY_DEADLINE_MS = 60_000;
const CALIBRATION_DEADLINE_MS = 180_000;
const LIVE_DEADLINE_MS = 30_000;
const SLUG = 'bench';
export const PLAYLIST = `/hls/${SLUG}/source/index.m3u8`;

const signIn = z.object({ accessToken: z.string() });
const newKey = z.object({ key: z.string() });
const counts = z.object({ playlists: z.number(), media: z.number() });
export type RequestCounts = z.infer<typeof counts>;

/** A server with one live channel, and nginx in front of it. */
export interface HlsSite {
  directPort: number;
  nginxPort: number;
  serverPid: number;
  nginxPid: number;
  /** What the server has been asked so far. */
  requestCounts(): Promise<RequestCounts>;
  stop(): Promise<void>;
}

/** Starts both, and a publisher of 6 Mbps 1080p30 with passthrough. */
export async function startSite(options: { folder: string; ffmpegPath: string; children: Children; signal: AbortSignal }): Promise<HlsSite> {
  const { folder, ffmpegPath, children, signal } = options;
  const command = findNginx();
  if (command === undefined) throw new Error(NGINX_MISSING);
  const ports = { http: await freePort(), rtmp: await freePort(), nginx: await freePort() };
  const server = await startServer({ ...options, ports });
  const key = await makeChannel(`http://127.0.0.1:${ports.http}/api/v1`);
  // It measures the machine in the background on its first start; that would be counted.
  await until('calibration', async () => existsSync(path.join(folder, 'data', 'calibration.json')), { deadlineMs: CALIBRATION_DEADLINE_MS, signal });
  const home = path.join(folder, 'nginx');
  await mkdir(home);
  const nginx = await startNginx(command, { folder: home, listen: `127.0.0.1:${ports.nginx}`, upstream: `127.0.0.1:${ports.http}`, mediaDir: path.join(folder, 'media') });
  const source = await makeSource(ffmpegPath, path.resolve('bench-output'));
  await Publisher.start({ ffmpegPath, source, url: `rtmp://127.0.0.1:${ports.rtmp}/live/${key}`, children });
  await until('the stream is live', async () => fetch(`http://127.0.0.1:${ports.nginx}${PLAYLIST}`).then(async (response) => (await response.text()).includes('PRELOAD-HINT'), () => false), { deadlineMs: LIVE_DEADLINE_MS, signal });
  return {
    directPort: ports.http,
    nginxPort: ports.nginx,
    serverPid: server.pid,
    nginxPid: nginx.pid,
    requestCounts: async () => counts.parse(JSON.parse((await answerTo(request({ socketPath: countSocket(folder), agent: false }))).body.toString())),
    stop: () => nginx.stop(),
  };
}

function countSocket(folder: string): string {
  return path.join(folder, 'count.sock');
}

async function startServer(options: { folder: string; ffmpegPath: string; children: Children; signal: AbortSignal; ports: { http: number; rtmp: number } }): Promise<Child> {
  const { folder, ports, signal } = options;
  await writeConfig(folder);
  const child = await options.children.start({
    command: process.execPath,
    args: ['--import', COUNTER, PROGRAM],
    cwd: folder,
    env: {
      HTTP_PORT: String(ports.http), RTMP_PORT: String(ports.rtmp), BIND_ADDRESS: '127.0.0.1', FFMPEG_PATH: options.ffmpegPath,
      DATA_DIR: path.join(folder, 'data'), MEDIA_DIR: path.join(folder, 'media'), COUNT_SOCKET: countSocket(folder),
    },
  });
  const isReady = async (): Promise<boolean> => {
    if (child.hasExited) throw new Error(`tidemark ${child.lastWords}`);
    return fetch(`http://127.0.0.1:${ports.http}/health`).then((response) => response.ok, () => false);
  };
  await until('tidemark is ready', isReady, { deadlineMs: READY_DEADLINE_MS, signal });
  return child;
}

async function writeConfig(folder: string): Promise<void> {
  const local = { transcode: { ladder: 'off' }, http: { trustProxy: 1 }, log: { level: 'warn' } };
  await mkdir(path.join(folder, 'config'), { recursive: true });
  await cp('config/default.yaml', path.join(folder, 'config', 'default.yaml'));
  // JSON is YAML.
  await writeFile(path.join(folder, 'config', 'local.yaml'), JSON.stringify(local, null, 2));
}

async function makeChannel(base: string): Promise<string> {
  const api = apiClient(base);
  const registered = await api('POST', '/auth/register', { body: { username: SLUG, email: `${SLUG}@example.org`, password: 'a password of the benchmark' } });
  const { accessToken } = signIn.parse(registered.body);
  const added = await api('POST', `/channels/${SLUG}/stream-keys`, { token: accessToken, body: { label: 'bench' } });
  return newKey.parse(added.body).key;
}
