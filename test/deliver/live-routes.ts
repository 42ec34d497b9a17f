import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { healthRoute, liveRoutes, pages, Viewers } from '../../src/deliver/index.js';
import type { LiveShow } from '../../src/deliver/index.js';
import { AppError, createHttpApp, HttpServer } from '../../src/platform/index.js';
import type { Mount } from '../../src/platform/http/app.js';
import { apiClient } from '../support/api-client.js';
import { audioConfig, videoConfig } from '../support/frames.js';
import { recordingLog } from '../support/log.js';

async function serve(t: Test, routes: Mount[]) {
  const log = recordingLog();
  const server = new HttpServer({ handler: createHttpApp({ trustProxy: 0, log, routes }), bindAddress: '127.0.0.1', port: 0, log });
  await server.start();
  t.after(() => server.stop());
  return apiClient(`http://127.0.0.1:${server.port}`);
}

class Refused extends AppError {
  constructor(status: number) {
    super(status === 404 ? 'channel_not_found' : 'forbidden', 'no', { status });
  }
}

/** Ada is live with a source and a dropped 720p; Bob has a channel and is not live. */
function ada(ended: string[]): LiveShow {
  const rendition = (name: string, kind: 'video' | 'audio', isDropped = false) => ({ name, kind, width: kind === 'video' ? 1920 : undefined, height: kind === 'video' ? 1080 : undefined, fps: kind === 'video' ? 30 : undefined, bitrateKbps: 6000, segments: 9, isDropped });
  return {
    id: 'b1',
    channel: { id: 'c1', slug: 'ada', title: 'Ada codes', latency: 'ultra-low' },
    startedAt: new Date('2026-01-01T00:00:00Z'),
    state: 'live',
    isPlayable: true, dvrSec: 0,
    publication: { protocol: 'rtmp', encoder: 'OBS', remoteAddress: '192.0.2.1', startedAt: new Date(Date.now() - 60_000) },
    source: () => ({ video: videoConfig(), audio: audioConfig(), fps: 29.966, videoKbps: 6000, audioKbps: 128, keyFrameIntervalSec: 2, sinceKeyFrameSec: 1, hasBFrames: true }),
    realTime: () => ({ isPossible: true, note: undefined }),
    renditions: () => [rendition('source', 'video'), rendition('720p', 'video', true), rendition('audio', 'audio')],
    encode: () => ({ ladder: 'auto', renditions: [{ name: 'source', origin: 'passthrough' }, { name: 'audio', origin: 'passthrough' }], dropped: ['720p'], notes: [], restarts: 0, encode: undefined }),
    end: () => ended.push('ada'),
  };
}

async function serveLive(t: Test, change: Partial<LiveShow> = {}) {
  const ended: string[] = [];
  const show = { ...ada(ended), ...change };
  const viewers = new Viewers();
  const api = await serve(t, [{ path: '/api/v1', handler: liveRoutes({
    shows: { findBySlug: (slug) => (slug === 'ada' ? show : undefined), list: () => [show] },
    viewers,
    channels: {
      get: async (slug) => {
        if (slug !== 'bob') throw new Refused(404);
        return { latency: 'stable' };
      },
      checkOwner: async (_slug, request) => { if (request.get('authorization') !== 'Bearer owner') throw new Refused(403); },
    },
    server: async () => ({ name: 'Tidemark' }),
  }) }]);
  return { api, ended };
}

t.test('what is live', async (t) => {
  const { api } = await serveLive(t);
  const broadcast = { id: 'b1', startedAt: '2026-01-01T00:00:00.000Z', viewers: 0, thumbnail: '/pictures/b1/latest.jpg', storyboard: '/pictures/b1/board.vtt', playback: { hls: '/hls/ada/master.m3u8', whep: '/whep/ada' } };
  t.same((await api('GET', '/api/v1/live')).body, { broadcasts: [{ ...broadcast, channel: { slug: 'ada', title: 'Ada codes' } }] });
  t.same((await api('GET', '/api/v1/channels/ada/live')).body, { state: 'live', latency: 'ultra-low', broadcast: {
    ...broadcast,
    renditions: [
      { name: 'source', kind: 'video', width: 1920, height: 1080, fps: 30, bitrateKbps: 6000 },
      { name: 'audio', kind: 'audio', bitrateKbps: 6000 },
    ],
    droppedRenditions: ['720p'],
  } });
  t.same((await api('GET', '/api/v1/channels/bob/live')).body, { state: 'offline', latency: 'stable' });
  t.match(await api('GET', '/api/v1/channels/eve/live'), { status: 404, body: { code: 'channel_not_found' } });
  t.same((await api('GET', '/api/v1/server')).body, { name: 'Tidemark' });
});

t.test('a player says that it watches, and is counted', async (t) => {
  const { api } = await serveLive(t);
  const viewersOf = async () => (await api('GET', '/api/v1/live')).body;
  for (const agent of ['phone', 'phone', 'television']) {
    const answer = await api('POST', '/api/v1/channels/ada/viewing', { headers: { 'user-agent': agent } });
    t.same([answer.status, answer.body], [204, '']);
  }
  t.match(await viewersOf(), { broadcasts: [{ viewers: 2 }] });
  t.equal((await api('POST', '/api/v1/channels/bob/viewing')).status, 204, 'what is not live has no viewers');
  t.match(await api('POST', '/api/v1/channels/eve/viewing'), { status: 404, body: { code: 'channel_not_found' } });
});

t.test('saying so over and over is refused, and counts once', async (t) => {
  const { api } = await serveLive(t);
  let last = 204;
  for (let n = 0; n < 1_300 && last === 204; n++) last = (await api('POST', '/api/v1/channels/ada/viewing')).status;
  t.equal(last, 429);
  t.match((await api('GET', '/api/v1/live')).body, { broadcasts: [{ viewers: 1 }] });
});

t.test('the time of the server', async (t) => {
  const { api } = await serveLive(t);
  const before = Date.now();
  const { body, headers } = await api('GET', '/api/v1/time');
  const nowMs = Number(Reflect.get(Object(body), 'nowMs'));
  t.ok(nowMs >= before && nowMs <= Date.now());
  t.equal(headers.get('cache-control'), 'no-store');
});

t.test('a broadcast that nobody can play yet is on no list', async (t) => {
  const { api } = await serveLive(t, { state: 'starting', isPlayable: false });
  t.same((await api('GET', '/api/v1/live')).body, { broadcasts: [] });
  t.match((await api('GET', '/api/v1/channels/ada/live')).body, { state: 'starting', broadcast: { id: 'b1' } });
});

t.test('nor is one whose encoder sent nothing and dropped', async (t) => {
  const { api } = await serveLive(t, { state: 'reconnecting', isPlayable: false, publication: undefined });
  t.same((await api('GET', '/api/v1/live')).body, { broadcasts: [] });
  t.same((await api('GET', '/api/v1/channels/ada/live')).body, { state: 'reconnecting', latency: 'ultra-low' });
});

t.test('a show goes on while its encoder reconnects and comes back', async (t) => {
  for (const state of ['reconnecting', 'starting'] as const) {
    const { api } = await serveLive(t, { state });
    t.match((await api('GET', '/api/v1/live')).body, { broadcasts: [{ id: 'b1' }] }, state);
    t.match((await api('GET', '/api/v1/channels/ada/live')).body, { state: 'reconnecting', broadcast: { id: 'b1' } }, state);
    t.match((await api('GET', '/api/v1/channels/ada/health', { token: 'owner' })).body, { state }, 'the streamer hears the very state');
  }
});

t.test('health is for the owner', async (t) => {
  const { api } = await serveLive(t);
  t.match(await api('GET', '/api/v1/channels/ada/health'), { status: 403, body: { code: 'forbidden' } });
  t.same((await api('GET', '/api/v1/channels/ada/health', { token: 'owner' })).body, {
    state: 'live',
    publication: { protocol: 'rtmp', encoder: 'OBS', remoteAddress: '192.0.2.1', connectedSec: 60 },
    source: { codec: 'h264', codecString: 'avc1.640028', width: 1920, height: 1080, fps: 29.97, videoKbps: 6000, keyFrameIntervalSec: 2, hasBFrames: true, audio: { codec: 'aac', sampleRate: 48_000, channels: 2, kbps: 128 } },
    ladder: {
      mode: 'auto',
      renditions: [
        { name: 'source', origin: 'passthrough', kind: 'video', width: 1920, height: 1080, fps: 30, kbps: 6000, segments: 9 },
        { name: 'audio', origin: 'passthrough', kind: 'audio', kbps: 6000, segments: 9 },
      ],
      dropped: ['720p'],
      notes: [],
    },
    realTime: { possible: true },
    encode: { speed: 0, lagMs: 0, restarts: 0 },
    advice: [
      { code: 'b_frames', level: 'info', message: 'The encoder uses B-frames. HLS plays them; they add a little delay.' },
      { code: 'rungs_dropped', level: 'warn', message: 'The server could not keep up and left out 720p. Lower the ladder or use a stronger machine.' },
    ],
  });
  t.same((await api('GET', '/api/v1/channels/bob/health', { token: 'owner' })).body, { state: 'offline', advice: [] });
});

t.test('only the owner ends a broadcast; ending what is over is no error', async (t) => {
  const { api, ended } = await serveLive(t);
  t.equal((await api('DELETE', '/api/v1/channels/ada/broadcast')).status, 403);
  t.same(ended, []);
  t.equal((await api('DELETE', '/api/v1/channels/ada/broadcast', { token: 'owner' })).status, 204);
  t.same(ended, ['ada']);
  t.equal((await api('DELETE', '/api/v1/channels/bob/broadcast', { token: 'owner' })).status, 204);
});

t.test('the health of the server', async (t) => {
  const fine = await serve(t, [{ path: '/health', handler: healthRoute({ checks: { database: async () => undefined }, optional: { webrtc: () => 'no worker' } }) }]);
  t.match(await fine('GET', '/health'), { status: 200, body: { status: 'ok', checks: { database: { status: 'ok' }, webrtc: { status: 'off', reason: 'no worker' } } } });
  const failing = await serve(t, [{ path: '/health', handler: healthRoute({ checks: { database: async () => { throw new Error('no answer'); }, media: async () => undefined }, optional: {} }) }]);
  t.match(await failing('GET', '/health'), { status: 503, body: { status: 'failing', checks: { database: { status: 'failing', reason: 'no answer' }, media: { status: 'ok' } } } });
});

t.test('pages, also from under a folder whose name starts with a dot', async (t) => {
  const folder = path.join(await mkdtemp(path.join(tmpdir(), 'tidemark-pages-')), '.apps', 'web');
  t.after(() => rm(path.dirname(path.dirname(folder)), { recursive: true, force: true }));
  await mkdir(path.join(folder, 'assets'), { recursive: true });
  await writeFile(path.join(folder, 'index.html'), '<title>Tidemark</title>');
  await writeFile(path.join(folder, 'assets', 'app-1a2b.js'), 'run()');
  await writeFile(path.join(folder, 'theme.js'), 'dark()');
  const api = await serve(t, [{ path: '/', handler: pages({ folder }) }]);
  for (const where of ['/', '/ada', '/login', '/studio', '/a/b']) {
    const { status, body, headers } = await api('GET', where);
    t.same([status, body, headers.get('cache-control')], [200, '<title>Tidemark</title>', 'no-cache'], where);
  }
  const asset = await api('GET', '/assets/app-1a2b.js');
  t.same([asset.status, asset.body, asset.headers.get('cache-control')], [200, 'run()', 'public, max-age=31536000, immutable']);
  t.match((await api('GET', '/theme.js')).headers.get('cache-control'), 'max-age=0');
  for (const where of ['/assets/gone.js', '/favicon.ico', '/..%2f..%2fetc%2fpasswd', '/.env']) {
    const { status, headers } = await api('GET', where);
    t.ok(status === 404 || status === 403 || status === 400, `${where}: ${status}`);
    t.match(headers.get('content-type'), /^application\/problem\+json/);
  }
});
