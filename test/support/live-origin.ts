import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import { hlsRoutes, Viewers, WaitingRequests } from '../../src/deliver/index.js';
import { Packager } from '../../src/packager/index.js';
import type { LivePackage } from '../../src/packager/index.js';
import { createHttpApp, HttpServer } from '../../src/platform/index.js';
import { frameTimes, videoConfig, videoFrame } from './frames.js';
import { recordingLog } from './log.js';

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** A live broadcast behind the real routes on a real socket, fed by hand: 2 s segments of six parts, one rendition. */
export interface LiveOrigin {
  live: LivePackage;
  waiting: WaitingRequests;
  /** Pictures up to this time, seconds since the start. */
  feed(upToSec: number): void;
  end(): void;
  /** @param path under the root, query included. */
  get(path: string): Promise<Answer>;
  /** The media playlist. @param query with its question mark. */
  playlist(query: string): Promise<Answer>;
}

const ID = '11111111-1111-4111-8111-111111111111';
const START_MS = 10_000;
const FPS = 30;

export async function startLiveOrigin(t: Test): Promise<LiveOrigin> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-origin-'));
  const log = recordingLog();
  const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: 60, dvrSec: 0, memoryMiB: 16 }, mediaDir: folder, log });
  await packager.start();
  const live = packager.open({ id: ID, channel: { slug: 'ada' }, epochMs: Date.UTC(2026, 0, 1) });
  const waiting = new WaitingRequests({ maxPerBroadcast: 100 });
  const routes = hlsRoutes({ packages: packager, viewers: new Viewers(), waiting, corsOrigin: '*' });
  const server = new HttpServer({ handler: createHttpApp({ trustProxy: 0, log, bare: [{ path: '/', handler: routes }], routes: [] }), bindAddress: '127.0.0.1', port: 0, log });
  await server.start();
  t.after(async () => {
    packager.close(live);
    await server.stop();
    await packager.stop();
    await rm(folder, { recursive: true, force: true });
  });
  live.startTake({ number: 0, keyFrameIntervalMs: 2000, renditions: [{ name: 'source', kind: 'video', origin: 'passthrough' }] });
  live.push({ type: 'config', take: 0, rendition: 'source', config: videoConfig() });
  const get = (where: string): Promise<Answer> => fetchOnce(`http://127.0.0.1:${server.port}${where}`);
  let fedMs = START_MS;
  return {
    live,
    waiting,
    feed: (upToSec) => {
      const toMs = START_MS + upToSec * 1000;
      for (const timeMs of frameTimes(FPS, START_MS, toMs).filter((timeMs) => timeMs >= fedMs)) {
        const index = Math.round(((timeMs - START_MS) * FPS) / 1000);
        live.push({ type: 'frame', take: 0, rendition: 'source', frame: videoFrame(timeMs, { isKey: index % (2 * FPS) === 0, sizeBytes: 1000 }) });
      }
      fedMs = toMs;
    },
    end: () => packager.close(live),
    get,
    playlist: (query) => get(`/hls/ada/source/index.m3u8${query}`),
  };
}

async function fetchOnce(url: string): Promise<Answer> {
  const request = httpRequest(url, { agent: false }).end();
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (response === undefined) throw new Error('no response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() };
}
