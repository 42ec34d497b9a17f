import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import { connect } from 'node:http2';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import type { Test } from 'tap';
import { findNginx, NGINX_MISSING } from '../support/nginx.js';
import { openSite, SEGMENT } from '../support/nginx-site.js';
import type { Asked, Site } from '../support/nginx-site.js';
import { freePort } from '../support/server-process.js';
import { until } from '../support/until.js';

const skip = findNginx() === undefined ? NGINX_MISSING : false;
const BLOCKED = '/hls/ada/720p/index.m3u8?_HLS_msn=12&_HLS_part=3';
const CROWD = 50;

t.test('HTTPS with HTTP/2: playlists, parts, segments and the rest over one connection', { skip }, async (t) => {
  const site = await openSite(t, { answer });
  const session = openSession(t, site);
  t.same(await Promise.all([ask(session, '/media/b1/720p/7.m4s'), ask(session, '/media/b1/720p/7.0.m4s'), ask(session, BLOCKED), ask(session, '/api/v1/live')]), [
    { status: 200, body: SEGMENT.toString('latin1') }, { status: 200, body: 'from the server' }, { status: 200, body: 'from the server' }, { status: 200, body: 'from the server' },
  ]);
  t.equal(site.asked.find(({ line }) => line.includes('/api/'))?.headers['x-forwarded-proto'], 'https');
  const head = await ask(session, BLOCKED, { ':method': 'HEAD' });
  t.same(head, { status: 200, body: '' });
});

t.test('requests that block on one HTTP/2 connection do not hold others of it, and survive who leaves', { skip }, async (t) => {
  const site = await openSite(t, { answer: (asked) => {
    if (!asked.line.includes('_HLS_msn')) answer(asked);
  } });
  const leaving = openSession(t, site);
  leaving.on('error', () => undefined);
  leaving.request({ ':path': BLOCKED }).on('error', () => undefined).end();
  const blocked = await until('the blocked request', () => site.asked[0]);
  const session = openSession(t, site);
  const crowd = Array.from({ length: CROWD }, () => ask(session, BLOCKED));
  t.equal((await ask(session, '/api/v1/live')).body, 'from the server', 'answered while the others wait');
  leaving.destroy();
  answer(blocked);
  t.same(new Set((await Promise.all(crowd)).map(({ body }) => body)), new Set(['from the server']));
  t.same(site.lines(), [`GET ${BLOCKED}`, 'GET /api/v1/live']);
});

t.test('only modern TLS is spoken, and strict transport only when it is asked for', { skip }, async (t) => {
  const plain = await openSite(t, { answer });
  const old = connectTls({ socket: connectTo(plain.tlsSocket), rejectUnauthorized: false, maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' });
  await t.rejects(once(old, 'secureConnect'), 'TLS 1.1');
  const strict = await openSite(t, { answer, hsts: 'max-age=3600' });
  for (const url of ['/', '/media/b1/720p/7.m4s', '/media/b1/720p/7.0.m4s', BLOCKED]) {
    t.equal(await strictTransportOf(t, plain, url), undefined, `${url}: although the server says it by itself`);
    t.equal(await strictTransportOf(t, strict, url), 'max-age=3600', url);
    t.equal((await strict.fetch(url)).headers['strict-transport-security'], undefined, `${url}: not over HTTP`);
  }
  await strict.stopServer();
  t.equal(await strictTransportOf(t, strict, '/'), 'max-age=3600', 'when the server is down, too');
});

t.test('what a client says of itself is not passed on', { skip }, async (t) => {
  const port = await freePort();
  const site = await openSite(t, { answer, listen: `127.0.0.1:${port}` });
  for (const url of ['/api/v1/live', '/hls/ada/master.m3u8']) {
    await fetch(`http://127.0.0.1:${port}${url}`, { headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example.org', 'forwarded': 'for=203.0.113.9' } });
    const headers = site.asked.at(-1)?.headers;
    t.equal(headers?.['x-forwarded-for'], '127.0.0.1', url);
    t.notMatch(JSON.stringify(headers), /evil|203\.0\.113|"https"/);
  }
});

t.test('a front that is trusted says who the client is', { skip }, async (t) => {
  const port = await freePort();
  const site = await openSite(t, { answer, listen: `127.0.0.1:${port}`, trustedProxy: '127.0.0.0/8', hsts: 'max-age=60' });
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/live`, { headers: { 'x-forwarded-for': '198.51.100.7, 203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'live.example.org' } });
  t.match(site.asked.at(-1)?.headers, { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'live.example.org' });
  t.equal(response.headers.get('strict-transport-security'), 'max-age=60', 'the client came over HTTPS');
});

function answer({ response }: Asked): void {
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'public, max-age=2', 'strict-transport-security': 'max-age=1', 'content-length': '15' });
  response.end('from the server');
}

function openSession(t: Test, site: Pick<Site, 'tlsSocket'>): ClientHttp2Session {
  const session = connect('https://localhost', { createConnection: () => connectTls({ socket: connectTo(site.tlsSocket), ALPNProtocols: ['h2'], rejectUnauthorized: false }) });
  t.after(() => session.destroy());
  return session;
}

async function ask(session: ClientHttp2Session, path: string, headers: OutgoingHttpHeaders = {}): Promise<{ status: number | undefined; body: string }> {
  const stream = session.request({ ':path': path, ...headers });
  stream.setEncoding('latin1').end();
  const response = once(stream, 'response');
  let body = '';
  for await (const text of stream) body += String(text);
  const [answered] = await response;
  return { status: answered[':status'], body };
}

async function strictTransportOf(t: Test, site: Site, url: string): Promise<string | undefined> {
  const stream = openSession(t, site).request({ ':path': url });
  const [headers] = await once(stream, 'response');
  stream.destroy();
  return headers['strict-transport-security'];
}
