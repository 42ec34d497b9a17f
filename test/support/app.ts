import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import { createApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import type { Config } from '../../src/config.js';
import { createLog } from '../../src/platform/index.js';

/** A running server with one account, its channel and a stream key. */
export interface RunningApp {
  app: App;
  config: Config;
  /** Such as http://127.0.0.1:41234. */
  url: string;
  slug: string;
  accessToken: string;
  /** The address that an encoder publishes to, key included. */
  publishUrl: string;
  get(path: string): Promise<Response>;
  api(method: string, path: string, body?: unknown): Promise<Response>;
}

export interface AppOverrides {
  mediaDir?: string;
  transcode?: Partial<Config['transcode']>;
  packager?: Partial<Config['packager']>;
  streams?: Partial<Config['streams']>;
  ingest?: Partial<Config['ingest']>;
  chat?: Partial<Omit<Config['chat'], 'limits'>> & { limits?: Partial<Config['chat']['limits']> };
  recordings?: Partial<Config['recordings']>;
  archive?: Partial<Omit<Config['archive'], 'ipfs' | 'arweave'>> & { ipfs?: Partial<Config['archive']['ipfs']>; arweave?: Partial<Config['archive']['arweave']> };
}

/** Starts the real application on free ports of loopback with the embedded database; it stops with the test. */
export async function startApp(t: Test, overrides: AppOverrides = {}): Promise<RunningApp> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-test-'));
  const config = testConfig(folder, overrides);
  const log = createLog({ level: process.env['TEST_LOG'] === 'debug' ? 'debug' : 'error', format: 'text' });
  const app = createApp({ config, log, version: 'test', webFolder: path.resolve('dist/web'), slateImage: path.resolve('config/slate.png') });
  await app.start();
  t.after(async () => {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${app.ports.http}`;
  return signUp(app, config, url);
}

async function signUp(app: App, config: Config, url: string): Promise<RunningApp> {
  const slug = 'ada';
  const register = await call(`${url}/api/v1/auth/register`, 'POST', { username: slug, email: 'ada@example.org', password: 'correct horse' });
  const { accessToken } = await json(register, (body) => ({ accessToken: stringOf(body, 'accessToken') }));
  const api = (method: string, where: string, body?: unknown): Promise<Response> => call(`${url}${where}`, method, body, accessToken);
  const { key } = await json(await api('POST', `/api/v1/channels/${slug}/stream-keys`, { label: 'test' }), (body) => ({ key: stringOf(body, 'key') }));
  return {
    app, config, url, slug, accessToken,
    publishUrl: `rtmp://127.0.0.1:${app.ports.rtmp}/live/${key}`,
    get: (where) => fetch(`${url}${where}`),
    api,
  };
}

function testConfig(folder: string, overrides: AppOverrides): Config {
  const config = loadConfig({ folder: path.resolve('config'), environment: { DATA_DIR: path.join(folder, 'data'), MEDIA_DIR: overrides.mediaDir ?? path.join(folder, 'media'), HTTP_PORT: '0', RTMP_PORT: '0', BIND_ADDRESS: '127.0.0.1', FFMPEG_PATH: process.env['FFMPEG_PATH'] } });
  return {
    ...config,
    transcode: { ...config.transcode, ...overrides.transcode },
    packager: { ...config.packager, ...overrides.packager },
    streams: { ...config.streams, ...overrides.streams },
    ingest: { ...config.ingest, ...overrides.ingest },
    chat: { ...config.chat, ...overrides.chat, limits: { ...config.chat.limits, ...overrides.chat?.limits } },
    recordings: { ...config.recordings, ...overrides.recordings },
    archive: { ...config.archive, ...overrides.archive, ipfs: { ...config.archive.ipfs, ...overrides.archive?.ipfs }, arweave: { ...config.archive.arweave, ...overrides.archive?.arweave } },
  };
}

function call(url: string, method: string, body?: unknown, accessToken?: string): Promise<Response> {
  return fetch(url, {
    method,
    headers: { ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function json<T>(response: Response, read: (body: unknown) => T): Promise<T> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return read(await response.json());
}

export function stringOf(body: unknown, key: string): string {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, key) : undefined;
  if (typeof value !== 'string') throw new Error(`answer has no text ${key}`);
  return value;
}
