import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { findPlaylist, segmentsOf } from '../support/hls.js';
import { findNginx, NGINX_MISSING, startNginx } from '../support/nginx.js';
import { answerTo } from '../support/nginx-site.js';
import type { Answer } from '../support/nginx-site.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { freePort } from '../support/server-process.js';
import { until } from '../support/until.js';

const skip = findNginx() === undefined ? NGINX_MISSING : false;
const CROWD = 200;

/** The site as viewers reach it, and what nginx asked the app for. */
interface Front {
  url: string;
  asked: string[];
  /** Puts another app behind it, as a restart does. */
  setApp(app: RunningApp): void;
}

t.test('a live stream through the real nginx: playlists from the server, segments from the disk', { skip }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const { url } = await openFront(t, app);
  publish(t, { url: app.publishUrl, args: copyOf(await makeSourceFile(t, obsLike({ seconds: 20 }))) });
  for (const rendition of ['source', 'audio']) {
    const segments = await until(`two segments of ${rendition}`, async () => {
      const listed = segmentsOf((await findPlaylist(`${url}/hls/ada/${rendition}/index.m3u8`)) ?? '');
      return listed.length >= 2 ? listed : undefined;
    });
    for (const uri of [segments[0]?.initUri ?? '', segments[0]?.uri ?? '']) {
      const through = await until(`${uri} on the disk`, async () => {
        const response = await fetch(`${url}${uri}`);
        const bytes = Buffer.from(await response.arrayBuffer());
        // What nginx sends by itself.
        return response.headers.get('x-content-type-options') === 'nosniff' ? { headers: response.headers, bytes } : undefined;
      });
      const direct = await fetch(`${app.url}${uri}`);
      t.ok(through.bytes.equals(Buffer.from(await direct.arrayBuffer())), 'the same bytes');
      for (const name of ['content-type', 'cache-control', 'access-control-allow-origin']) t.equal(through.headers.get(name), direct.headers.get(name), name);
    }
  }
  t.match(await findPlaylist(`${url}/hls/ada/master.m3u8`), /source\/index\.m3u8/);
});

t.test('two hundred low-latency viewers are one request for each playlist and part', { skip }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const { url, asked } = await openFront(t, app);
  publish(t, { url: app.publishUrl, args: copyOf(await makeSourceFile(t, obsLike({ seconds: 30 }))) });
  const playlistUrl = `${url}/hls/ada/source/index.m3u8`;
  const first = await until('two segments', async () => {
    const text = (await findPlaylist(playlistUrl)) ?? '';
    return segmentsOf(text).length >= 2 ? text : undefined;
  });
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  let hint = hintOf(first);
  for (let round = 0; round < 6; round++) {
    asked.length = 0;
    const query = `_HLS_msn=${hint.msn}&_HLS_part=${hint.part}`;
    const [playlists, parts] = await Promise.all([crowdAt(`${playlistUrl}?${query}`, agent), crowdAt(`${url}${hint.uri}`, agent)]);
    t.same(asked.toSorted(), [`GET /hls/ada/source/index.m3u8?${query}`, `GET ${hint.uri}`]);
    const text = playlists[0]?.body.toString() ?? '';
    t.same(new Set(playlists.map(({ status, body }) => `${status} ${body.toString()}`)), new Set([`200 ${text}`]), query);
    t.equal(new Set(parts.map(({ status, body }) => `${status} ${body.toString('base64')}`)).size, 1);
    // The last part of a segment may be hinted at and turn out not to be.
    t.equal(parts[0]?.status, text.includes(`"${hint.uri}"`) ? 200 : 404, hint.uri);
    hint = hintOf(text);
  }
});

t.test('delta updates, refusals and the end of a broadcast pass through as the server says them', { skip }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const { url, asked } = await openFront(t, app);
  publish(t, { url: app.publishUrl, args: copyOf(await makeSourceFile(t, obsLike({ seconds: 40, keyFrameSec: 1 }))) });
  const playlistUrl = `${url}/hls/ada/source/index.m3u8`;
  await until('enough segments to leave some out', async () => segmentsOf((await findPlaylist(playlistUrl)) ?? '').length >= 12 || undefined, 40_000);
  t.match((await get(`${playlistUrl}?_HLS_skip=YES`)).body.toString(), /#EXT-X-SKIP:SKIPPED-SEGMENTS=\d+/);
  t.notMatch((await get(playlistUrl)).body.toString(), /EXT-X-SKIP/);
  for (const query of ['_HLS_msn=99999', '_HLS_part=1', '_HLS_msn=x', '_HLS_skip=maybe']) {
    asked.length = 0;
    for (let i = 0; i < 2; i++) {
      t.match(await get(`${playlistUrl}?${query}`), { status: 400, headers: { 'content-type': /^application\/problem\+json/, 'cache-control': 'no-store' } }, query);
    }
    t.equal(asked.length, 2, 'asked each time');
  }
  t.equal((await app.api('DELETE', '/api/v1/channels/ada/broadcast')).status, 204);
  await until('the end', async () => (await get(playlistUrl)).body.toString().includes('#EXT-X-ENDLIST') || undefined);
});

t.test('another run of the server: players that wait are told, and get the new broadcast', { skip }, async (t) => {
  const source = await makeSourceFile(t, obsLike({ seconds: 30 }));
  const before = await startApp(t, { transcode: { ladder: 'off' } });
  const front = await openFront(t, before);
  publish(t, { url: before.publishUrl, args: copyOf(source) });
  const playlistUrl = `${front.url}/hls/ada/source/index.m3u8`;
  const old = await until('a playlist', async () => {
    const text = (await findPlaylist(playlistUrl)) ?? '';
    return segmentsOf(text).length > 0 ? text : undefined;
  });
  const { msn } = hintOf(old);
  const waiting = get(`${playlistUrl}?_HLS_msn=${msn + 1}`);
  await until('the waiting request', () => front.asked.some((line) => line.includes(`_HLS_msn=${msn + 1}`)) || undefined);
  await before.app.stop();
  const told = await waiting;
  t.ok(told.status === 200 ? told.body.includes('#EXT-X-ENDLIST') : told.status >= 500, `${told.status}: the end, or that the server is gone`);

  const after = await startApp(t, { transcode: { ladder: 'off' } });
  front.setApp(after);
  publish(t, { url: after.publishUrl, args: copyOf(source) });
  const direct = await until('the new broadcast', async () => broadcastOf((await get(`${after.url}/hls/ada/source/index.m3u8?_HLS_msn=0`)).body.toString()));
  t.not(direct, broadcastOf(old));
  const startedMs = performance.now();
  for (const query of ['', '?_HLS_msn=0', '?_HLS_msn=0&_HLS_part=1']) {
    await until('the new broadcast through nginx', async () => broadcastOf((await get(`${playlistUrl}${query}`)).body.toString()) === direct || undefined);
  }
  t.ok(performance.now() - startedMs < 2_000, 'nothing of the old one is kept for long');
});

/** The real nginx; between it and the app stands a proxy that notes what passes. */
async function openFront(t: Test, app: RunningApp): Promise<Front> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-nginx-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const asked: string[] = [];
  let target = app;
  const proxy = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const onward = request(new URL(incoming.url ?? '/', target.url), { method: incoming.method, headers: incoming.headers, agent: false });
    onward.on('error', () => response.destroy());
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    response.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }).listen(path.join(folder, 'proxy.sock'));
  await once(proxy, 'listening');
  t.after(() => new Promise((resolve) => {
    proxy.close(resolve);
    proxy.closeAllConnections();
  }));
  const port = await freePort();
  const nginx = await startNginx(findNginx() ?? '', { folder, listen: `127.0.0.1:${port}`, upstream: `unix:${path.join(folder, 'proxy.sock')}`, mediaDir: app.config.mediaDir });
  t.after(() => nginx.stop());
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    setApp: (other) => { target = other; },
  };
}

function get(url: string, agent: Agent | false = false): Promise<Answer> {
  return answerTo(request(url, { agent }));
}

function crowdAt(url: string, agent: Agent): Promise<Answer[]> {
  return Promise.all(Array.from({ length: CROWD }, () => get(url, agent)));
}

/** The part that the playlist says is coming. */
function hintOf(playlist: string): { uri: string; msn: number; part: number } {
  const [, uri = '', msn, part] = /#EXT-X-PRELOAD-HINT:.*URI="([^"]+\/(\d+)\.(\d+)\.m4s)"/.exec(playlist) ?? [];
  return { uri, msn: Number(msn), part: Number(part) };
}

function broadcastOf(playlist: string): string | undefined {
  return /\/media\/([0-9a-f-]+)\//.exec(playlist)?.[1];
}
