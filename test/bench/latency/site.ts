import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { apiClient } from '../../support/api-client.js';
import { findNginx, NGINX_MISSING, startNginx } from '../../support/nginx.js';
import type { Nginx } from '../../support/nginx.js';
import type { Child, Children } from '../measure/children.js';
import { freePort, until } from '../measure/wait.js';

const PROGRAM = path.resolve('dist/main.js');
const READY_DEADLINE_MS = 60_000;
const CALIBRATION_DEADLINE_MS = 180_000;
export const SLUG = 'bench';
/** The rung that is encoded beside the source. */
export const ENCODED_RUNG = '360p';

const signIn = z.object({ accessToken: z.string() });
const newKey = z.object({ key: z.string() });

/** A running server with one channel, and nginx in front of it where that is installed. */
export interface Site {
  direct: string;
  nginx: string | undefined;
  /** Why nginx is not there. */
  nginxMissing: string | undefined;
  publishUrl: string;
  server: Child;
  nginxPid: number | undefined;
  stop(): Promise<void>;
}

/** Starts both in a folder of their own. The ladder has one rung: two cores decode, encode and play at once. */
export async function startSite(options: { folder: string; ffmpegPath: string; children: Children; signal: AbortSignal }): Promise<Site> {
  if (!existsSync(PROGRAM)) throw new Error('dist/main.js is not built');
  const { folder } = options;
  const ports = { http: await freePort(), rtmp: await freePort() };
  const mediaDir = path.join(folder, 'media');
  await writeConfig(folder);
  const server = await startServer({ ...options, ports, mediaDir });
  const key = await makeChannel(`http://127.0.0.1:${ports.http}/api/v1`);
  // It measures the machine in the background on its first start; that would be counted.
  await until('calibration', async () => existsSync(path.join(folder, 'data', 'calibration.json')), { deadlineMs: CALIBRATION_DEADLINE_MS, signal: options.signal });
  const front = await startFront(folder, ports.http, mediaDir);
  return {
    direct: `http://127.0.0.1:${ports.http}`,
    nginx: front?.url,
    nginxMissing: front === undefined ? NGINX_MISSING : undefined,
    publishUrl: `rtmp://127.0.0.1:${ports.rtmp}/live/${key}`,
    server,
    nginxPid: front?.nginx.pid,
    stop: async () => {
      await front?.nginx.stop();
      await server.stop();
    },
  };
}

async function writeConfig(folder: string): Promise<void> {
  const local = { transcode: { ladder: [ENCODED_RUNG] }, http: { trustProxy: 1 }, log: { level: 'warn' } };
  await mkdir(path.join(folder, 'config'), { recursive: true });
  await cp('config/default.yaml', path.join(folder, 'config', 'default.yaml'));
  // JSON is YAML.
  await writeFile(path.join(folder, 'config', 'local.yaml'), JSON.stringify(local, null, 2));
}

async function startServer(options: { folder: string; ffmpegPath: string; children: Children; signal: AbortSignal; ports: { http: number; rtmp: number }; mediaDir: string }): Promise<Child> {
  const { folder, ports, signal } = options;
  const child = await options.children.start({
    command: process.execPath,
    args: [PROGRAM],
    cwd: folder,
    env: {
      HTTP_PORT: String(ports.http), RTMP_PORT: String(ports.rtmp), BIND_ADDRESS: '127.0.0.1',
      DATA_DIR: path.join(folder, 'data'), MEDIA_DIR: options.mediaDir, FFMPEG_PATH: options.ffmpegPath,
    },
  });
  const isReady = async (): Promise<boolean> => {
    if (child.hasExited) throw new Error(`tidemark ${child.lastWords}`);
    return fetch(`http://127.0.0.1:${ports.http}/health`).then((response) => response.ok, () => false);
  };
  await until('tidemark is ready', isReady, { deadlineMs: READY_DEADLINE_MS, signal });
  return child;
}

async function makeChannel(base: string): Promise<string> {
  const api = apiClient(base);
  const registered = await api('POST', '/auth/register', { body: { username: SLUG, email: `${SLUG}@example.org`, password: 'a password of the benchmark' } });
  const { accessToken } = signIn.parse(registered.body);
  const added = await api('POST', `/channels/${SLUG}/stream-keys`, { token: accessToken, body: { label: 'bench' } });
  return newKey.parse(added.body).key;
}

async function startFront(folder: string, upstreamPort: number, mediaDir: string): Promise<{ url: string; nginx: Nginx } | undefined> {
  const command = findNginx();
  if (command === undefined) return undefined;
  const port = await freePort();
  const home = path.join(folder, 'nginx');
  await mkdir(home, { recursive: true });
  const nginx = await startNginx(command, { folder: home, listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${upstreamPort}`, mediaDir });
  return { url: `http://127.0.0.1:${port}`, nginx };
}
