import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import type { Test } from 'tap';
import { findNginx, startNginx } from '../support/nginx.js';

const SEGMENT = Buffer.from(Array.from({ length: 4096 }, (_value, index) => index % 251));
const PLAYLIST = `#EXTM3U\n${'#EXTINF:2.00000,\n/media/b1/720p/1.m4s\n'.repeat(40)}`;

const command = findNginx();
const skip = command === undefined ? 'nginx is not installed' : false;

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

interface Site {
  /** What the server behind nginx was asked, as `method url`. */
  asked: string[];
  /** Headers of its last request. */
  lastHeaders(): IncomingHttpHeaders;
  fetch(url: string, options?: { method?: string; headers?: Record<string, string> }): Promise<Answer>;
  stopServer(): Promise<void>;
}

t.test('a finished segment is sent by nginx alone, with what players and caches need', { skip }, async (t) => {
  const site = await openSite(t);
  const segment = await site.fetch('/media/b1/720p/7.m4s', { headers: { 'accept-encoding': 'gzip' } });
  t.equal(segment.status, 200);
  t.same(segment.body, SEGMENT);
  t.match(segment.headers, {
    'content-type': 'video/iso.segment',
    'content-length': String(SEGMENT.length),
    'cache-control': 'public, max-age=31536000, immutable',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'Content-Length, Content-Range, Date',
    'cross-origin-resource-policy': 'cross-origin',
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
  });
  t.equal(segment.headers['content-encoding'], undefined, 'segments are not compressed again');
  const init = await site.fetch('/media/b1/720p/init-0.mp4');
  t.match(init, { status: 200, headers: { 'content-type': 'video/mp4' } });
  t.same(site.asked, [], 'the server was not asked');
});

t.test('byte ranges, HEAD and revalidation are answered from the file', { skip }, async (t) => {
  const site = await openSite(t);
  const range = await site.fetch('/media/b1/720p/7.m4s', { headers: { range: 'bytes=100-199' } });
  t.match(range, { status: 206, headers: { 'content-range': 'bytes 100-199/4096', 'access-control-allow-origin': '*' } });
  t.same(range.body, SEGMENT.subarray(100, 200));
  const head = await site.fetch('/media/b1/720p/7.m4s', { method: 'HEAD' });
  t.match(head, { status: 200, headers: { 'content-length': '4096' } });
  const etag = head.headers.etag ?? '';
  t.equal((await site.fetch('/media/b1/720p/7.m4s', { headers: { 'if-none-match': etag } })).status, 304);
  t.same(site.asked, []);
});

t.test('what is not a finished file goes to the server', { skip }, async (t) => {
  const site = await openSite(t);
  const paths = ['/media/b1/720p/8.m4s', '/media/b1/720p/9.m4s.tmp', '/media/b1/720p/notes.txt', '/media/b1/secret.m4s', '/'];
  for (const url of paths) t.match((await site.fetch(url)).headers, { 'x-origin': 'server' }, url);
  t.match(await site.fetch('/media/b1/720p/7.m4s', { method: 'OPTIONS' }), { status: 200, headers: { 'x-origin': 'server' } });
  t.same(site.asked, [...paths.map((url) => `GET ${url}`), 'OPTIONS /media/b1/720p/7.m4s']);
});

t.test('no path leads out of the media folder', { skip }, async (t) => {
  const site = await openSite(t);
  for (const url of ['/media/../outside.m4s', '/media/b1/720p/..%2f..%2f..%2f1.m4s', '/media/b1/%2e%2e/%2e%2e/1.m4s']) {
    t.notMatch((await site.fetch(url)).body.toString(), 'outside', url);
  }
});

t.test('the server learns who asks, and the answer is compressed when it is text', { skip }, async (t) => {
  const site = await openSite(t);
  const playlist = await site.fetch('/hls/ada/master.m3u8?token=a%2Fb', { headers: { 'accept-encoding': 'gzip', host: 'live.example.org', 'x-forwarded-for': '203.0.113.9' } });
  t.same(site.asked, ['GET /hls/ada/master.m3u8?token=a%2Fb']);
  t.match(site.lastHeaders(), { host: 'live.example.org', 'x-forwarded-for': /^203\.0\.113\.9, /, 'x-forwarded-proto': 'http' });
  t.match(playlist.headers, { 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'content-type': 'application/vnd.apple.mpegurl' });
  t.equal(gunzipSync(playlist.body).toString(), PLAYLIST);
  t.equal((await site.fetch('/hls/ada/master.m3u8')).body.toString(), PLAYLIST, 'plain for those who do not ask for gzip');
  const photo = await site.fetch('/photo.jpg', { headers: { 'accept-encoding': 'gzip' } });
  t.equal(photo.headers['content-encoding'], undefined);
});

t.test('an upgrade passes through', { skip }, async (t) => {
  const site = await openSite(t);
  const answer = await site.fetch('/socket', { headers: { connection: 'upgrade', upgrade: 'websocket' } });
  t.equal(answer.status, 101);
});

t.test('a server that is down is a clear 502, while segments still play', { skip }, async (t) => {
  const site = await openSite(t);
  await site.stopServer();
  for (const url of ['/hls/ada/master.m3u8', '/media/b1/720p/8.m4s']) {
    const down = await site.fetch(url);
    t.match(down, { status: 502, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'retry-after': '2' } }, url);
    t.same(JSON.parse(down.body.toString()), {
      type: 'about:blank',
      title: 'Bad Gateway',
      status: 502,
      code: 'server_down',
      detail: 'nginx runs, but the Tidemark server behind it does not answer.',
    });
  }
  t.equal((await site.fetch('/media/b1/720p/7.m4s')).status, 200);
});

/** The real nginx in front of a small server, with two finished files in the media folder. */
async function openSite(t: Test): Promise<Site> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-nginx-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const mediaDir = path.join(folder, 'media');
  mkdirSync(path.join(mediaDir, 'b1/720p'), { recursive: true });
  for (const name of ['7.m4s', 'init-0.mp4', '9.m4s.tmp', 'notes.txt']) writeFileSync(path.join(mediaDir, 'b1/720p', name), SEGMENT);
  for (const name of ['outside.m4s', '1.m4s']) writeFileSync(path.join(folder, name), 'outside');

  const asked: string[] = [];
  let lastHeaders: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    lastHeaders = request.headers;
    answerAsServer(request, response);
  });
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'));
  const serverSocket = path.join(folder, 'server.sock');
  server.listen(serverSocket);
  await once(server, 'listening');
  const stopServer = () => new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
  t.teardown(stopServer);

  const siteSocket = path.join(folder, 'site.sock');
  const nginx = await startNginx(command ?? '', { folder, listen: `unix:${siteSocket}`, upstream: `unix:${serverSocket}`, mediaDir });
  t.teardown(() => nginx.stop());
  return { asked, lastHeaders: () => lastHeaders, fetch: (url, options) => fetchBySocket(siteSocket, url, options), stopServer };
}

function answerAsServer(request: IncomingMessage, response: ServerResponse): void {
  const isPlaylist = request.url?.includes('.m3u8') ?? false;
  const type = isPlaylist ? 'application/vnd.apple.mpegurl' : 'image/jpeg';
  response.writeHead(200, { 'content-type': type, 'x-origin': 'server' });
  response.end(isPlaylist ? PLAYLIST : 'x'.repeat(2000));
}

async function fetchBySocket(socketPath: string, url: string, { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  const outgoing = request({ socketPath, path: url, method, headers: { host: 'localhost', ...headers }, agent: false });
  outgoing.end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
    outgoing.once('upgrade', (upgraded, socket) => {
      socket.destroy();
      resolve(upgraded);
    });
  });
  const chunks: Buffer[] = [];
  if (response.statusCode !== 101) for await (const chunk of response) chunks.push(Buffer.from(chunk));
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
