import t from 'tap';
import { findNginx, NGINX_MISSING } from '../support/nginx.js';
import { answerTo, openSite, SEGMENT } from '../support/nginx-site.js';
import type { Asked } from '../support/nginx-site.js';

const skip = findNginx() === undefined ? NGINX_MISSING : false;

t.test('a finished segment is sent by nginx alone, with what players and caches need', { skip }, async (t) => {
  const site = await openSite(t, { answer });
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
  t.same(site.lines(), [], 'the server was not asked');
});

t.test('byte ranges, HEAD and revalidation are answered from the file', { skip }, async (t) => {
  const site = await openSite(t, { answer });
  const range = await site.fetch('/media/b1/720p/7.m4s', { headers: { range: 'bytes=100-199' } });
  t.match(range, { status: 206, headers: { 'content-range': 'bytes 100-199/4096', 'access-control-allow-origin': '*' } });
  t.same(range.body, SEGMENT.subarray(100, 200));
  const head = await site.fetch('/media/b1/720p/7.m4s', { method: 'HEAD' });
  t.match(head, { status: 200, headers: { 'content-length': '4096' } });
  const etag = head.headers.etag ?? '';
  t.equal((await site.fetch('/media/b1/720p/7.m4s', { headers: { 'if-none-match': etag } })).status, 304);
  t.same(site.lines(), []);
});

t.test('what is not a finished file goes to the server', { skip }, async (t) => {
  const site = await openSite(t, { answer });
  const paths = ['/media/b1/720p/8.m4s', '/media/b1/720p/9.m4s.tmp', '/media/b1/720p/notes.txt', '/media/b1/secret.m4s', '/'];
  for (const url of paths) t.match((await site.fetch(url)).headers, { 'x-origin': 'server' }, url);
  t.match(await site.fetch('/media/b1/720p/7.m4s', { method: 'OPTIONS' }), { status: 200, headers: { 'x-origin': 'server' } });
  t.same(site.lines(), [...paths.map((url) => `GET ${url}`), 'OPTIONS /media/b1/720p/7.m4s']);
});

t.test('a slate\'s picture may be as large as the server takes, and nothing else', { skip }, async (t) => {
  const site = await openSite(t, { answer });
  const sizeBytes = 5 << 20;
  const put = site.open('/api/v1/channels/ada/slate', { method: 'PUT', headers: { 'content-length': String(sizeBytes) } });
  put.write(Buffer.alloc(sizeBytes));
  t.match(await answerTo(put), { status: 200, headers: { 'x-origin': 'server' } });
  for (const url of ['/api/v1/channels/ada', '/api/v1/channels/ada/slate/x']) {
    t.equal((await answerTo(site.open(url, { method: 'PUT', headers: { 'content-length': String(sizeBytes) } }))).status, 413, url);
  }
});

t.test('uploads may be of any size, and nothing beside them', { skip }, async (t) => {
  const site = await openSite(t, { answer });
  const sizeBytes = 12 << 20;
  for (const [method, url] of [['PATCH', '/api/v1/uploads/5f1b2c1e'], ['POST', '/api/v1/broadcasts/5f1b2c1e/chunks?index=0']] as const) {
    const sent = site.open(url, { method, headers: { 'content-length': String(sizeBytes) } });
    sent.write(Buffer.alloc(sizeBytes));
    t.match(await answerTo(sent), { status: 200, headers: { 'x-origin': 'server' } }, url);
  }
  for (const url of ['/api/v1/uploadsx', '/api/v1/broadcasts/5f1b2c1e/complete']) {
    t.equal((await answerTo(site.open(url, { method: 'POST', headers: { 'content-length': String(sizeBytes) } }))).status, 413, url);
  }
});

t.test('no path leads out of the media folder', { skip }, async (t) => {
  const site = await openSite(t, { answer });
  for (const url of ['/media/../outside.m4s', '/media/b1/720p/..%2f..%2f..%2f1.m4s', '/media/b1/%2e%2e/%2e%2e/1.m4s']) {
    t.notMatch((await site.fetch(url)).body.toString(), 'outside', url);
  }
});

t.test('text of the server is compressed on the way, pictures are not', { skip }, async (t) => {
  const site = await openSite(t, { answer });
  const headers = { 'accept-encoding': 'gzip' };
  t.match((await site.fetch('/api/v1/live', { headers })).headers, { 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  t.equal((await site.fetch('/photo.jpg', { headers })).headers['content-encoding'], undefined);
});

t.test('an upgrade passes through', { skip }, async (t) => {
  const site = await openSite(t);
  const upgraded = await site.fetch('/socket', { headers: { connection: 'upgrade', upgrade: 'websocket' } });
  t.equal(upgraded.status, 101);
});

t.test('a server that is down is a clear 502, while segments still play', { skip }, async (t) => {
  const site = await openSite(t, { answer });
  await site.stopServer();
  for (const url of ['/hls/ada/master.m3u8', '/hls/ada/720p/index.m3u8?_HLS_msn=3', '/media/b1/720p/8.m4s', '/media/b1/720p/8.0.m4s', '/api/v1/live']) {
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

function answer({ line, response }: Asked): void {
  const type = line.includes('/api/') ? 'application/json' : 'image/jpeg';
  response.writeHead(200, { 'content-type': type, 'x-origin': 'server' });
  response.end('x'.repeat(2000));
}
