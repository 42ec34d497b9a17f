import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import type { Test } from 'tap';
import { hlsRoutes, Viewers, WaitingRequests } from '../../src/deliver/index.js';
import { Packager } from '../../src/packager/index.js';
import { createHttpApp, HttpServer } from '../../src/platform/index.js';
import type { Db } from '../../src/platform/index.js';
import {
  clipFileRoutes, clipRoutes, Clips, ClipSources, PictureMaker, pictureRoutes, RecordingAccess, recordedPictures, Recordings, recordingsRoutes, vodRoutes,
} from '../../src/recordings/index.js';
import { ADA, BOB, serveAccounts, signInOf } from './accounts.js';
import { apiClient } from './api-client.js';
import { audioConfig, audioFrame, frameTimes, videoConfig, videoFrame } from './frames.js';
import { recordingLog } from './log.js';

export const NO_LIMITS = { maxAgeDays: 0, maxDiskGiB: 0, minFreeGiB: 0, checkEveryMin: 1440, clips: { perDay: 50 } };
/** When recorded shows begin, an hour after one another. */
export const FIRST_SHOW_MS = Date.UTC(2026, 0, 1, 18);
const HOUR_MS = 3_600_000;
/** How far back viewers can go in what is live. */
const DVR_SEC = 4;

export interface RecordingsSiteOptions {
  db: Db;
  config?: Partial<typeof NO_LIMITS>;
  freeBytes?: () => Promise<number>;
  listResumed?: () => Promise<string[]>;
}

/** Recordings behind real HTTP, with what they need around them: Ada is the admin, Bob has the shows, Eve is a stranger. */
export async function serveRecordings(t: Test, options: RecordingsSiteOptions) {
  const { db } = options;
  const { accounts, channels, api: accountsApi } = await serveAccounts(t, { db });
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'tidemark-recordings-'));
  t.after(() => rm(mediaDir, { recursive: true, force: true }));
  const tokenOf = async (body: object): Promise<string> => signInOf(await accountsApi('POST', '/auth/register', { body })).accessToken;
  const tokens = { admin: await tokenOf(ADA), owner: await tokenOf(BOB), stranger: await tokenOf({ username: 'eve', email: 'eve@example.org', password: 'sea of crises' }) };
  const log = recordingLog();
  const clock = { now: new Date(FIRST_SHOW_MS) };
  const now = (): Date => clock.now;
  const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: 60, dvrSec: 0, memoryMiB: 64 }, mediaDir, listKept: () => recordings.listIds(), log });
  const recordings: Recordings = new Recordings({ ...options, config: { ...NO_LIMITS, ...options.config }, mediaDir, readIndex: (id) => packager.readIndex(id), log, now });
  const access = new RecordingAccess({ callers: accounts, dataDir: mediaDir, now });
  await access.start();
  const clips = new Clips({ ...options, config: { ...NO_LIMITS, ...options.config }, mediaDir, pictureMaker: new PictureMaker({ ffmpegPath: 'ffmpeg' }), ffmpegPath: 'ffmpeg', log, now });
  const live = new Set<string>();
  const sources = new ClipSources({ recordings, access, isLive: (id) => live.has(id), dvrSec: DVR_SEC, readIndex: (id) => packager.readIndex(id) });
  t.after(() => packager.stop());
  t.after(() => recordings.stop());
  t.after(() => clips.stop());
  const handler = createHttpApp({
    trustProxy: 0,
    bare: [
      { path: '/', handler: hlsRoutes({ packages: packager, viewers: new Viewers(), waiting: new WaitingRequests({ maxPerBroadcast: 10 }), recordings, corsOrigin: '*' }) },
      { path: '/', handler: vodRoutes({ recordings, access, mediaDir, corsOrigin: '*' }) },
      { path: '/', handler: clipFileRoutes({ clips, corsOrigin: '*' }) },
      { path: '/', handler: pictureRoutes({ mediaDir, broadcasts: recordedPictures({ recordings, access }), corsOrigin: '*' }) },
    ],
    routes: [
      { path: '/api/v1', handler: recordingsRoutes({ recordings, access, channels }) },
      { path: '/api/v1', handler: clipRoutes({ clips, sources, callers: accounts, channels }) },
    ],
    log,
  });
  const server = new HttpServer({ handler, bindAddress: '127.0.0.1', port: 0, log });
  t.after(() => server.stop());
  await server.start();
  const origin = `http://127.0.0.1:${server.port}`;
  let shows = 0;

  /** Begins a show of Bob's; its row is there, as the registry of broadcasts writes it. */
  const begin = async (title: string) => {
    const { id: channelId } = await channels.get('bob');
    const broadcast = { id: randomUUID(), channelId, title, startedAt: new Date(FIRST_SHOW_MS + shows++ * HOUR_MS) };
    await sql`insert into broadcasts (id, channel_id, started_at) values (${broadcast.id}, ${channelId}, ${broadcast.startedAt})`.execute(db);
    return { ...broadcast, isRecorded: await recordings.begin(broadcast) };
  };
  /** A whole show of eight seconds, with a slate of two in the middle. */
  const record = async (title: string): Promise<string> => {
    const { id, startedAt } = await begin(title);
    await pack(packager, { id, epochMs: startedAt.getTime() });
    await recordings.complete(id, { lastNumber: 3 });
    return id;
  };
  return { ...tokens, api: apiClient(`${origin}/api/v1`), get: apiClient(origin), origin, recordings, clips, live, packager, channels, mediaDir, log, clock, begin, record };
}

/** Pictures and sound of zeros: take 0 for four seconds, a slate for two, take 2 for two. */
export async function pack(packager: Packager, { id, epochMs }: { id: string; epochMs: number }): Promise<void> {
  const live = packager.open({ id, channel: { slug: 'bob' }, epochMs, isRecorded: true });
  for (const [take, fromMs, toMs] of [[0, 0, 4000], [1, 4000, 6000], [2, 6000, 8000]] as const) {
    live.startTake({ number: take, isSlate: take === 1, keyFrameIntervalMs: 2000, renditions: [{ name: 'source', kind: 'video', origin: 'passthrough' }, { name: 'audio', kind: 'audio', origin: 'passthrough' }] });
    live.push({ type: 'config', take, rendition: 'source', config: videoConfig() });
    live.push({ type: 'config', take, rendition: 'audio', config: audioConfig() });
    const pictures = frameTimes(30, fromMs, toMs).map((timeMs, i) => videoFrame(timeMs, { isKey: i % 60 === 0, sizeBytes: 500 }));
    const sound = frameTimes(48_000 / 1024, fromMs, toMs).map((timeMs) => audioFrame(timeMs, { sizeBytes: 50 }));
    for (const frame of [...pictures, ...sound].sort((a, b) => a.dtsMs - b.dtsMs)) live.push({ type: 'frame', take, rendition: frame.kind === 'video' ? 'source' : 'audio', frame });
    live.finishTake();
  }
  packager.close(live);
  await live.settled();
}
