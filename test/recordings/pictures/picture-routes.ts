import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { createHttpApp, HttpServer } from '../../../src/platform/index.js';
import { NO_PICTURES, picturesPath } from '../../../src/recordings/pictures/picture-folder.js';
import type { PictureIndex } from '../../../src/recordings/pictures/picture-folder.js';
import { pictureRoutes } from '../../../src/recordings/pictures/picture-routes.js';
import { recordingLog } from '../../support/log.js';

const LIVE = '11111111-1111-4111-8111-111111111111';
const OVER = '22222222-2222-4222-8222-222222222222';
const PRIVATE = '33333333-3333-4333-8333-333333333333';
const EMPTY = '44444444-4444-4444-8444-444444444444';
const UNKNOWN = '55555555-5555-4555-8555-555555555555';
const IMMUTABLE = 'public, max-age=31536000, immutable';

async function serve(t: Test, options: { corsOrigin?: string } = {}) {
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'tidemark-pictures-'));
  const timesMs = Array.from({ length: 102 }, (_, i) => i * 10_000);
  for (const [id, change] of [[LIVE, {}], [OVER, { isFinished: true }], [PRIVATE, {}], [UNKNOWN, {}]] as const) await fill(picturesPath(mediaDir, id), { ...NO_PICTURES, timesMs, ...change });
  const log = recordingLog();
  const handler = createHttpApp({ trustProxy: 0, log, routes: [], bare: [{ path: '/', handler: pictureRoutes({
    mediaDir,
    corsOrigin: options.corsOrigin ?? '*',
    broadcasts: {
      find: async (id, asked) => {
        if (id === UNKNOWN || (id === PRIVATE && asked.get('authorization') !== 'Bearer ada')) return undefined;
        return { isPublic: id !== PRIVATE, timeline: { fromMs: 1_005_000, toMs: 1_015_000, mapTime: (atMs) => atMs - 1_005_000 } };
      },
    },
  }) }] });
  const server = new HttpServer({ handler, bindAddress: '127.0.0.1', port: 0, log });
  await server.start();
  t.after(async () => {
    await server.stop();
    await rm(mediaDir, { recursive: true, force: true });
  });
  const get = (where: string, init?: RequestInit): Promise<Response> => fetch(`http://127.0.0.1:${server.port}/pictures/${where}`, init);
  return { get, mediaDir, log };
}

async function fill(folder: string, index: PictureIndex): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'index.json'), JSON.stringify(index));
  for (const name of ['latest.jpg', 'poster.jpg', 'board-0.jpg', 'board-1.jpg', 'candidate-0.jpg']) await writeFile(path.join(folder, name), `bytes of ${name}`);
}

/** What a browser does with a picture that grew old; fetch would ask for a fresh one. */
async function revalidate(url: string, etag: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false, headers: { 'if-none-match': etag } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
    }).on('error', reject).end();
  });
}

t.test('pictures are cached for as long as they stay', async (t) => {
  const { get } = await serve(t);
  for (const [where, caching] of [
    [`${LIVE}/latest.jpg`, 'public, max-age=10'],
    [`${LIVE}/poster.jpg`, 'public, max-age=10'],
    [`${LIVE}/board-0.jpg`, IMMUTABLE],
    [`${LIVE}/board-1.jpg?tiles=2`, 'public, max-age=10'],
    [`${OVER}/latest.jpg`, 'public, max-age=3600'],
    [`${OVER}/poster.jpg`, 'public, max-age=3600'],
    [`${OVER}/board-1.jpg`, IMMUTABLE],
  ] as const) {
    const response = await get(where);
    const text = await response.text();
    t.match([response.status, response.headers.get('cache-control'), response.headers.get('content-type')], [200, caching, 'image/jpeg'], where);
    t.equal(text, `bytes of ${/[a-z0-9-]+\.jpg/.exec(where)?.[0]}`);
    t.equal(response.headers.get('content-length'), String(text.length));
    t.equal(response.headers.get('access-control-allow-origin'), '*');
    t.equal(response.headers.get('cross-origin-resource-policy'), 'cross-origin');
  }
});

t.test('the storyboard has the times of the player', async (t) => {
  const { get } = await serve(t);
  const response = await get(`${LIVE}/board.vtt`);
  t.match([response.status, response.headers.get('cache-control'), response.headers.get('content-type')], [200, 'public, max-age=10', 'text/vtt; charset=utf-8']);
  t.equal(await response.text(), `WEBVTT

00:00:00.000 --> 00:00:05.000
board-1.jpg?tiles=2#xywh=0,0,160,90

00:00:05.000 --> 00:00:10.000
board-1.jpg?tiles=2#xywh=160,0,160,90
`);
  const over = await get(`${OVER}/board.vtt`);
  t.equal(over.headers.get('cache-control'), 'public, max-age=3600');
  t.notMatch(await over.text(), /tiles=/);
});

t.test('who has a picture already is told so in a few bytes', async (t) => {
  const { get, mediaDir } = await serve(t);
  const first = await get(`${LIVE}/latest.jpg`);
  const etag = first.headers.get('etag') ?? '';
  t.same(await revalidate(first.url, etag), { status: 304, body: '' });
  await writeFile(path.join(picturesPath(mediaDir, LIVE), 'latest.jpg'), 'a newer one');
  t.same(await revalidate(first.url, etag), { status: 200, body: 'a newer one' });
  const head = await get(`${LIVE}/latest.jpg`, { method: 'HEAD' });
  t.match([head.status, head.headers.get('content-length'), await head.text()], [200, '11', '']);
});

t.test('of a private broadcast, only who may see it gets them, and no cache between keeps them', async (t) => {
  const { get } = await serve(t);
  t.equal((await get(`${PRIVATE}/latest.jpg`)).status, 404);
  const response = await get(`${PRIVATE}/latest.jpg`, { headers: { authorization: 'Bearer ada' } });
  t.match([response.status, response.headers.get('cache-control')], [200, 'private, max-age=10']);
});

t.test('what is not there is a problem document that nobody caches', async (t) => {
  const { get, mediaDir, log } = await serve(t);
  await rm(path.join(picturesPath(mediaDir, LIVE), 'poster.jpg'));
  for (const where of [
    `${EMPTY}/latest.jpg`, `${EMPTY}/board.vtt`, `${UNKNOWN}/latest.jpg`, `${LIVE}/board-2.jpg`, `${LIVE}/poster.jpg`,
    `${LIVE}/index.json`, `${LIVE}/candidate-0.jpg`, `${LIVE}/board-00.jpg`, `${LIVE}/latest.jpg.tmp`, `${LIVE}/LATEST.jpg`,
    `${LIVE}/..%2fpictures%2flatest.jpg`, `..%2fpictures/latest.jpg`, `%2e%2e/latest.jpg`, `${LIVE}/latest.jpg%00`, `__proto__/latest.jpg`,
  ]) {
    const response = await get(where);
    t.match([response.status, response.headers.get('cache-control')], [404, 'no-store'], where);
    t.match(await response.json(), { code: /^(picture_)?not_found$/ }, where);
  }
  t.same(log.lines.filter(({ level }) => level !== 'info'), [], 'which is nobody\'s fault');
});

t.test('one site, when set so', async (t) => {
  const { get } = await serve(t, { corsOrigin: 'https://tv.example.org' });
  const response = await get(`${LIVE}/latest.jpg`, { method: 'OPTIONS' });
  t.match([response.status, response.headers.get('access-control-allow-origin'), response.headers.get('cross-origin-resource-policy')], [204, 'https://tv.example.org', 'same-site']);
});
