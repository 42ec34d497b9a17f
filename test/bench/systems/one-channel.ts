import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { apiClient } from '../../support/api-client.js';
import type { Child, Children } from '../measure/children.js';
import { freePort, until } from '../measure/wait.js';

const PROGRAM = path.resolve('dist/main.js');
const READY_DEADLINE_MS = 60_000;
const CALIBRATION_DEADLINE_MS = 180_000;
export const SLUG = 'bench';
/** For `skip`; false when there is one. */
export const noWorker = process.env['MEDIASOUP_WORKER_BIN'] ? false : 'there is no mediasoup worker (MEDIASOUP_WORKER_BIN)';

const signIn = z.object({ accessToken: z.string() });
const newKey = z.object({ key: z.string() });

export interface ChannelOptions {
  folder: string;
  ffmpegPath: string;
  /** What differs from the defaults, as in config/local.yaml. */
  config: object;
  children: Children;
  signal: AbortSignal;
}

/** Tidemark as `node dist/main.js`, with one channel. */
export interface ChannelServer {
  url: string;
  port: number;
  publishUrl: string;
  mediaDir: string;
  server: Child;
}

/** Starts it in a folder of its own, and resolves when it has measured the machine, which would be counted. */
export async function startChannelServer(options: ChannelOptions): Promise<ChannelServer> {
  if (!existsSync(PROGRAM)) throw new Error('dist/main.js is not built');
  const { folder } = options;
  const ports = { http: await freePort(), rtmp: await freePort() };
  const url = `http://127.0.0.1:${ports.http}`;
  const mediaDir = path.join(folder, 'media');
  await writeConfig(folder, options.config);
  const server = await startServer({ ...options, url, ports, mediaDir });
  const key = await makeChannel(`${url}/api/v1`);
  await until('calibration', async () => existsSync(path.join(folder, 'data', 'calibration.json')), { deadlineMs: CALIBRATION_DEADLINE_MS, signal: options.signal });
  return { url, port: ports.http, publishUrl: `rtmp://127.0.0.1:${ports.rtmp}/live/${key}`, mediaDir, server };
}

async function writeConfig(folder: string, config: object): Promise<void> {
  const local = { http: { trustProxy: 1 }, log: { level: 'warn' }, ...config };
  await mkdir(path.join(folder, 'config'), { recursive: true });
  await cp('config/default.yaml', path.join(folder, 'config', 'default.yaml'));
  // JSON is YAML.
  await writeFile(path.join(folder, 'config', 'local.yaml'), JSON.stringify(local, null, 2));
}

async function startServer(options: ChannelOptions & { url: string; ports: { http: number; rtmp: number }; mediaDir: string }): Promise<Child> {
  const { folder, url, ports, signal } = options;
  const child = await options.children.start({
    command: process.execPath,
    args: [PROGRAM],
    cwd: folder,
    env: {
      HTTP_PORT: String(ports.http), RTMP_PORT: String(ports.rtmp), WEBRTC_PORT: '0', BIND_ADDRESS: '127.0.0.1',
      DATA_DIR: path.join(folder, 'data'), MEDIA_DIR: options.mediaDir, FFMPEG_PATH: options.ffmpegPath,
      MEDIASOUP_WORKER_BIN: process.env['MEDIASOUP_WORKER_BIN'] ?? '',
    },
  });
  const isReady = async (): Promise<boolean> => {
    if (child.hasExited) throw new Error(`tidemark ${child.lastWords}`);
    return fetch(`${url}/health`).then((response) => response.ok, () => false);
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
