import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { hlsRoutes, Viewers, WaitingRequests } from '../../src/deliver/index.js';
import { Packager } from '../../src/packager/index.js';
import { createHttpApp, HttpServer } from '../../src/platform/index.js';
import { frameTimes, videoConfig, videoFrame } from '../support/frames.js';
import { recordingLog } from '../support/log.js';

const ID = '11111111-1111-4111-8111-111111111111';

/** A real packager with ten seconds of pictures behind the real routes. Fresh segments are in memory, older ones on disk only. */
async function serve(t: Test, options: { corsOrigin?: string } = {}) {
  // A dot in the path: a home folder such as ~/.local/share must work too.
  const folder = path.join(await mkdtemp(path.join(tmpdir(), 'tidemark-deliver-')), '.hidden', 'media');
  await mkdir(folder, { recursive: true });
  const log = recordingLog();
  const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: 60, dvrSec: 0, memoryMiB: 16 }, mediaDir: folder, log });
  await packager.start();
  const live = packager.open({ id: ID, channel: { slug: 'ada' }, epochMs: Date.UTC(2026, 0, 1) });
  const viewers = new Viewers();
  const handler = createHttpApp({ trustProxy: 0, log, bare: [{ path: '/', handler: hlsRoutes({ packages: packager, viewers, waiting: new WaitingRequests({ maxPerBroadcast: 100 }), corsOrigin: options.corsOrigin ?? '*' }) }], routes: [] });
  const server = new HttpServer({ handler, bindAddress: '127.0.0.1', port: 0, log });
  await server.start();
  t.after(async () => {
    await server.stop();
    await packager.stop();
    await rm(path.dirname(path.dirname(folder)), { recursive: true, force: true });
  });
  live.startTake({ number: 0, keyFrameIntervalMs: 2000, renditions: [{ name: 'source', kind: 'video', origin: 'passthrough' }] });
  live.push({ type: 'config', take: 0, rendition: 'source', config: videoConfig() });
  for (const [i, timeMs] of frameTimes(30, 10_000, 20_500).entries()) {
    const frame = videoFrame(timeMs, { isKey: i % 60 === 0, sizeBytes: 90_000 });
    frame.payload.fill(i);
    live.push({ type: 'frame', take: 0, rendition: 'source', frame });
    // Behind the disk nothing may be dropped from memory.
    if (i % 60 === 0) await live.settled();
  }
  const media = (name: string): string => `http://127.0.0.1:${server.port}/media/${ID}/source/${name}`;
  return { origin: `http://127.0.0.1:${server.port}`, port: server.port, live, packager, viewers, media, folder };
}

/** A request with its path as it is: fetch would tidy it up. */
async function raw(port: number, where: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path: where, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('latin1') }));
    });
    request.on('error', reject).end();
  });
}

async function bytes(url: string, headers: Record<string, string> = {}): Promise<{ status: number; headers: Headers; body: Buffer }> {
  const response = await fetch(url, { headers });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

t.test('playlists', async (t) => {
  const { origin, live, viewers, port } = await serve(t);

  t.test('have their type, a second of caching and the text of the package', async (t) => {
    for (const [name, text] of [['master.m3u8', live.multivariantPlaylist()], ['source/index.m3u8', live.mediaPlaylist('source')]] as const) {
      const response = await fetch(`${origin}/hls/ada/${name}`);
      t.equal(response.status, 200);
      t.match(response.headers.get('content-type'), /^application\/vnd\.apple\.mpegurl/);
      t.equal(response.headers.get('cache-control'), 'public, max-age=1');
      t.equal(await response.text(), text);
    }
  });

  t.test('are compressed for who takes it', async (t) => {
    const zipped = await raw(port, '/hls/ada/source/index.m3u8', { headers: { 'accept-encoding': 'gzip' } });
    t.equal(zipped.headers['content-encoding'], 'gzip');
    t.ok(zipped.body.length < (live.mediaPlaylist('source')?.length ?? 0) / 2);
    t.match(zipped.headers['vary'], /Accept-Encoding/i);
    t.equal((await raw(port, '/hls/ada/source/index.m3u8', { headers: { 'accept-encoding': 'identity' } })).headers['content-encoding'], undefined);
  });

  t.test('count their viewers', async (t) => {
    await fetch(`${origin}/hls/ada/master.m3u8`, { headers: { 'user-agent': 'phone' } });
    await fetch(`${origin}/hls/ada/source/index.m3u8`, { headers: { 'user-agent': 'phone' } });
    const before = viewers.count(ID);
    await fetch(`${origin}/hls/ada/source/index.m3u8`, { headers: { 'user-agent': 'television' } });
    t.equal(viewers.count(ID), before + 1);
  });

  t.test('are found however the channel is written', async (t) => {
    const response = await fetch(`${origin}/hls/Ada/source/index.m3u8`);
    t.equal(await response.text(), live.mediaPlaylist('source'));
  });

  t.test('of what is not live are a problem document that nobody caches', async (t) => {
    for (const where of ['/hls/eve/master.m3u8', '/hls/eve/source/index.m3u8', '/hls/ada/4k/index.m3u8']) {
      const response = await fetch(origin + where);
      t.equal(response.status, 404, where);
      t.match(response.headers.get('content-type'), /^application\/problem\+json/);
      t.equal(response.headers.get('cache-control'), 'no-store');
      t.equal(response.headers.get('access-control-allow-origin'), '*', 'a player of another site can read why');
      t.match(await response.json(), { code: 'not_live', status: 404 });
    }
  });
});

t.test('who learns of the end is no viewer of it', async (t) => {
  const { origin, live, packager, viewers } = await serve(t);
  await fetch(`${origin}/hls/ada/source/index.m3u8`);
  t.equal(viewers.count(ID), 1);
  packager.close(live);
  viewers.forget(ID);
  t.match(await (await fetch(`${origin}/hls/ada/source/index.m3u8`)).text(), /#EXT-X-ENDLIST\n$/);
  await fetch(`${origin}/hls/ada/master.m3u8`);
  t.equal(viewers.count(ID), 0);
});

t.test('segments, from memory and from disk', async (t) => {
  const { media, live, port } = await serve(t);
  const places = { memory: '4.m4s', disk: '0.m4s' };
  t.ok('buffers' in (live.findFile(`source/${places.memory}`) ?? {}), 'the last segment is in memory');
  t.ok('file' in (live.findFile(`source/${places.disk}`) ?? {}), 'the first one is not');

  for (const [place, name] of Object.entries(places)) {
    t.test(`from ${place}`, async (t) => {
      const whole = await bytes(media(name), { 'accept-encoding': 'gzip, br' });
      t.equal(whole.status, 200);
      t.equal(whole.body.length, live.findFile(`source/${name}`)?.sizeBytes);
      t.same(['content-type', 'cache-control', 'accept-ranges', 'content-length', 'access-control-allow-origin', 'content-encoding'].map((header) => whole.headers.get(header)), [
        'video/iso.segment', 'public, max-age=31536000, immutable', 'bytes', String(whole.body.length), '*', null,
      ], 'and never compressed: it would not shrink');

      for (const [range, start, end] of [['bytes=0-99', 0, 100], ['bytes=100-', 100, undefined], ['bytes=-500', -500, undefined], ['bytes=89000-200000', 89_000, 200_001], ['bytes=5000000-999999999', 5_000_000, undefined]] as const) {
        const part = await bytes(media(name), { range });
        t.equal(part.status, 206, range);
        t.ok(part.body.equals(whole.body.subarray(start, end)), `${range}: the same bytes`);
        const from = start < 0 ? whole.body.length + start : start;
        t.equal(part.headers.get('content-range'), `bytes ${from}-${from + part.body.length - 1}/${whole.body.length}`);
        t.equal(part.headers.get('content-length'), String(part.body.length));
      }
      for (const range of ['bytes=0-1,5-6', 'bytes=b-a', 'lines=0-1']) t.equal((await bytes(media(name), { range })).status, 200, `${range} is answered with the whole`);

      const beyond = await bytes(media(name), { range: 'bytes=99999999-' });
      t.equal(beyond.status, 416);
      t.equal(beyond.headers.get('content-range'), `bytes */${whole.body.length}`);
      t.equal(beyond.headers.get('cache-control'), 'no-store');
      t.match(JSON.parse(beyond.body.toString()), { code: 'range_not_satisfiable', status: 416 });

      const head = await raw(port, new URL(media(name)).pathname, { method: 'HEAD', headers: { range: 'bytes=0-1' } });
      t.match(head, { status: 200, headers: { 'content-length': String(whole.body.length), 'accept-ranges': 'bytes' }, body: '' }, 'a range is for GET only');
    });
  }

  t.test('init segments are MP4', async (t) => {
    const init = await bytes(media('init-0.mp4'));
    t.equal(init.headers.get('content-type'), 'video/mp4');
    t.equal(init.body.toString('latin1', 4, 8), 'ftyp');
  });
});

t.test('what is not there', async (t) => {
  const { origin, media, folder, live } = await serve(t);

  t.test('a segment that never was', async (t) => {
    for (const url of [media('99.m4s'), media('init-7.mp4'), `${origin}/media/22222222-2222-4222-8222-222222222222/source/0.m4s`, `${origin}/media/${ID}/4k/0.m4s`]) {
      const { status, headers, body } = await bytes(url);
      t.equal(status, 404, url);
      t.equal(headers.get('cache-control'), 'no-store');
      t.match(JSON.parse(body.toString()), { code: 'file_not_found' });
    }
  });

  t.test('a file that somebody deleted under us: 404 without a word of where it was', async (t) => {
    const stored = live.findFile('source/1.m4s');
    t.ok(stored && 'file' in stored);
    await rm(path.join(folder, ID, 'source', '1.m4s'));
    const { status, body } = await bytes(media('1.m4s'));
    t.equal(status, 404);
    t.match(JSON.parse(body.toString()), { code: 'file_not_found' });
    t.notMatch(body.toString(), 'tidemark-deliver');
  });
});

t.test('paths that try to leave', async (t) => {
  const { port } = await serve(t);
  const attempts = [
    `/media/${ID}/source/../../../../etc/passwd`,
    `/media/${ID}/..%2f..%2f..%2fetc/passwd`,
    `/media/${ID}/%2e%2e/0.m4s`,
    `/media/${ID}/source/%2e%2e%2f%2e%2e%2f${ID}%2fsource%2f0.m4s`,
    `/media/${ID}/source/0.m4s%00.mp4`,
    `/media/${ID}/source/0.m4s.tmp`,
    `/media/${ID}/__proto__/0.m4s`,
    `/media/..%2f${ID}/source/0.m4s`,
    `/media/${ID}/source/%E0%A4%A`,
    '/hls/ada/..%2f..%2fmaster/index.m3u8',
    '/hls/__proto__/master.m3u8',
    '/hls/constructor/constructor/index.m3u8',
  ];
  for (const where of attempts) {
    const { status, headers, body } = await raw(port, where);
    t.ok(status === 404 || status === 400, `${where}: ${status}`);
    t.match(headers['content-type'], /^application\/problem\+json/);
    t.notMatch(body, /root:|tidemark-deliver/);
  }
});

t.test('other sites', async (t) => {
  t.test('any, by default', async (t) => {
    const { port } = await serve(t);
    const preflight = await raw(port, `/media/${ID}/source/0.m4s`, { method: 'OPTIONS', headers: { origin: 'https://example.org', 'access-control-request-headers': 'range' } });
    t.match(preflight, { status: 204, headers: { 'access-control-allow-origin': '*', 'access-control-allow-methods': /GET/, 'access-control-allow-headers': /Range/ } });
  });
  t.test('one, when set so', async (t) => {
    const { origin } = await serve(t, { corsOrigin: 'https://tv.example.org' });
    t.equal((await fetch(`${origin}/hls/ada/master.m3u8`)).headers.get('access-control-allow-origin'), 'https://tv.example.org');
  });
});

t.test('only reading', async (t) => {
  const { port } = await serve(t);
  for (const method of ['POST', 'PUT', 'DELETE']) t.equal((await raw(port, `/media/${ID}/source/0.m4s`, { method })).status, 404, method);
});
