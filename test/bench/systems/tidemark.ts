import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { apiClient } from '../../support/api-client.js';
import type { Answer } from '../../support/api-client.js';
import { newestSegmentAt } from '../ingest/playlist.js';
import { streamNames } from '../ingest/system.js';
import type { RunningSystem, StartOptions, System } from '../ingest/system.js';
import type { Child } from '../measure/children.js';
import { freePort, until } from '../measure/wait.js';

const PROGRAM = path.resolve('dist/main.js');
const READY_DEADLINE_MS = 60_000;
const CALIBRATION_DEADLINE_MS = 180_000;
const PASSWORD = 'a password of the benchmark';

const signIn = z.object({ accessToken: z.string() });
const newKey = z.object({ key: z.string() });

interface Ports {
  http: number;
  rtmp: number;
}

export interface TidemarkOptions {
  home: string;
  maxStreams: number;
  name?: string;
  ladder?: 'off' | string[];
  /** Whether its channels record; as they come when left out. */
  isRecorded?: boolean;
}

/**
 * Tidemark as `node dist/main.js`, with source passthrough, or a ladder, and HLS. Its accounts are made once, in `home`, by a server
 * of their own: the measured ones start on an existing database, with the calibration behind them.
 */
export function createTidemark(options: TidemarkOptions): System {
  const { home, name = 'tidemark', ladder = 'off' } = options;
  let keys: Promise<string[]> | undefined;
  return {
    name,
    description: `Tidemark, ladder ${String(ladder)}, low-latency HLS as CMAF with a 60 s window`,
    missing: () => (existsSync(PROGRAM) ? undefined : 'dist/main.js is not built'),
    start: async (start) => {
      keys ??= prepare({ ...options, ladder }, start);
      const streamKeys = await keys;
      const ports = await freePorts();
      const child = await startServer(home, ports, start);
      return running(child, ports, streamKeys.slice(0, start.streams));
    },
  };
}

function running(child: Child, ports: Ports, streamKeys: string[]): RunningSystem {
  const slugs = streamNames(streamKeys.length);
  return {
    child,
    origin: `http://127.0.0.1:${ports.http}`,
    publishUrls: streamKeys.map((key) => `rtmp://127.0.0.1:${ports.rtmp}/live/${key}`),
    newestSegments: () => Promise.all(slugs.map((slug) => newestSegmentAt(`http://127.0.0.1:${ports.http}/hls/${slug}/master.m3u8`))),
  };
}

async function prepare({ home, maxStreams, ladder, isRecorded }: TidemarkOptions & { ladder: 'off' | string[] }, start: StartOptions): Promise<string[]> {
  await writeConfig(home, maxStreams, ladder);
  const ports = await freePorts();
  const child = await startServer(home, ports, start);
  const keys = [];
  for (const name of streamNames(maxStreams)) keys.push(await registerStreamer(ports, name, isRecorded));
  // It measures the machine in the background on its first start; that would be counted as ingest.
  await until('calibration', async () => existsSync(path.join(home, 'data', 'calibration.json')), { deadlineMs: CALIBRATION_DEADLINE_MS, signal: start.signal });
  await child.stop();
  return keys;
}

/** Only what would refuse so many publishers of one address differs from the defaults, and the ladder. */
async function writeConfig(home: string, maxStreams: number, ladder: 'off' | string[]): Promise<void> {
  const local = {
    accounts: { attemptsPer15Min: 10 * maxStreams },
    ingest: { maxConnections: 10 * maxStreams, maxConnectionsPerAddress: 10 * maxStreams },
    transcode: { ladder },
    log: { level: 'warn' },
  };
  await mkdir(path.join(home, 'config'), { recursive: true });
  await cp('config/default.yaml', path.join(home, 'config', 'default.yaml'));
  // JSON is YAML.
  await writeFile(path.join(home, 'config', 'local.yaml'), JSON.stringify(local, null, 2));
}

async function startServer(home: string, ports: Ports, start: StartOptions): Promise<Child> {
  const child = await start.children.start({
    command: process.execPath,
    args: [PROGRAM],
    cwd: home,
    env: {
      HTTP_PORT: String(ports.http),
      RTMP_PORT: String(ports.rtmp),
      BIND_ADDRESS: '127.0.0.1',
      DATA_DIR: path.join(home, 'data'),
      MEDIA_DIR: path.join(start.folder, 'media'),
      FFMPEG_PATH: start.ffmpegPath,
    },
  });
  const isReady = async (): Promise<boolean> => {
    if (child.hasExited) throw new Error(`tidemark ${child.lastWords}`);
    return fetch(`http://127.0.0.1:${ports.http}/health`).then((response) => response.ok, () => false);
  };
  await until('tidemark is ready', isReady, { deadlineMs: READY_DEADLINE_MS, signal: start.signal });
  return child;
}

async function registerStreamer(ports: Ports, username: string, isRecorded: boolean | undefined): Promise<string> {
  const api = apiClient(`http://127.0.0.1:${ports.http}/api/v1`);
  const registered = await api('POST', '/auth/register', { body: { username, email: `${username}@example.org`, password: PASSWORD } });
  const { accessToken } = signIn.parse(created(registered));
  if (isRecorded !== undefined) await api('PATCH', `/channels/${username}`, { token: accessToken, body: { recording: { isOn: isRecorded } } });
  const added = await api('POST', `/channels/${username}/stream-keys`, { token: accessToken, body: { label: 'bench' } });
  return newKey.parse(created(added)).key;
}

function created(answer: Answer): unknown {
  if (answer.status !== 201) throw new Error(`tidemark answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function freePorts(): Promise<Ports> {
  return { http: await freePort(), rtmp: await freePort() };
}
