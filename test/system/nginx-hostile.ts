import { readdir, unlink } from 'node:fs/promises';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectTo } from 'node:net';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import type { Test } from 'tap';
import { findNginx, NGINX_MISSING } from '../support/nginx.js';
import { openSite } from '../support/nginx-site.js';
import type { Asked, Site } from '../support/nginx-site.js';
import { until } from '../support/until.js';

const skip = findNginx() === undefined ? NGINX_MISSING : false;
const PART = '/media/b1/720p/12.3.m4s';
const PLAYLIST = '/hls/ada/720p/index.m3u8';
/** Requests of one address that may wait, as nginx/tidemark.conf says, and some more. */
const MAX_WAITING = 5000;
const [SESSIONS, STREAMS] = [41, 124];

t.test('another spelling of an address never becomes the answer for the usual one', { skip }, async (t) => {
  const site = await openSite(t, { answer: (asked) => send(asked, asked.line === `GET ${PART}` ? 'the part' : 'a page') });
  t.equal((await site.fetch(PART)).body.toString(), 'the part');
  for (const odd of ['/%6dedia/b1/720p/12.3.m4s', '//media/b1/720p/12.3.m4s', '/media/b1/720p/12%2E3.m4s', '/media/x/../b1/720p/12.3.m4s']) {
    await emptyCache(site);
    t.equal((await site.fetch(odd)).body.toString(), 'the part', odd);
    t.equal((await site.fetch(PART)).body.toString(), 'the part', `after ${odd}`);
  }
  t.same([...new Set(site.lines())], [`GET ${PART}`]);
});

t.test('capitals in a slug make no other question', { skip }, async (t) => {
  const site = await openSite(t, { answer: (asked) => send(asked, 'a playlist') });
  for (const slug of ['ada', 'Ada', 'ADA']) t.equal((await site.fetch(`/hls/${slug}/720p/index.m3u8?_HLS_msn=3`)).status, 200);
  t.same(site.lines(), [`GET ${PLAYLIST}?_HLS_msn=3`]);
});

t.test('names that the packager does not make are the server\'s to refuse, as they were sent', { skip }, async (t) => {
  const site = await openSite(t, { answer: (asked) => send(asked, 'no', 404) });
  const odd = [
    `${PLAYLIST}%0A`, '/hls/ada/master.m3u8%0a', '/media/b1/720p/7.m4s%0A', `${PART}%0A`, '/media/b1/720p/07.m4s', '/media/b1/720p/012.3.m4s', '/media/b1/720p/12.03.m4s',
    `/hls/${'a'.repeat(65)}/master.m3u8`, `/media/${'b'.repeat(65)}/720p/1.0.m4s`, `${PLAYLIST}/`,
  ];
  for (const url of odd) for (let i = 0; i < 2; i++) t.equal((await site.fetch(url)).status, 404, url);
  t.same(site.lines(), odd.flatMap((url) => [`GET ${url}`, `GET ${url}`]), 'and nothing of it is kept');
});

t.test('a header without a value does not swallow the next one', { skip }, async (t) => {
  const site = await openSite(t, { answer: ({ response }) => {
    response.writeHead(200, { 'x-note': '', 'access-control-allow-origin': '*' });
    response.end('a playlist');
  } });
  t.match((await site.fetch(PLAYLIST)).headers, { 'access-control-allow-origin': '*' });
});

t.test('one address may let only so many requests wait, also by leaving and coming again', { skip }, async (t) => {
  const site = await openSite(t, { workers: 1 });
  const leaving = crowdOf(t, site, 'msn=1');
  await until('refusals', () => leaving.statuses.length >= SESSIONS * STREAMS - MAX_WAITING - 1 || undefined, 30_000);
  for (const session of leaving.sessions) session.destroy();
  const other = site.fetch(`${PLAYLIST}?_HLS_msn=2`);
  send(await askedAs(site, 1), 'a playlist');
  t.equal((await other).status, 200, 'what nobody waits for yet is asked all the same');
  send(await askedAs(site, 0), 'a playlist');
  t.equal((await site.fetch(`${PLAYLIST}?_HLS_msn=1`)).status, 200);

  const staying = crowdOf(t, site, 'msn=3');
  await until('refusals', () => staying.statuses.length >= SESSIONS * STREAMS - MAX_WAITING - 1 || undefined, 30_000);
  t.same(new Set(staying.statuses), new Set([503]));
  send(await askedAs(site, 2), 'a playlist');
  await until('all answers', () => staying.statuses.length === SESSIONS * STREAMS || undefined, 30_000);
  t.equal(staying.statuses.filter((status) => status === 200).length, MAX_WAITING + 1, 'and the one that asks');
  t.same(site.lines(), ['msn=1', 'msn=2', 'msn=3'].map((query) => `GET ${PLAYLIST}?_HLS_${query}`));
});

t.test('an address to ask through that cannot work is refused at the start', { skip }, async (t) => {
  for (const collector of ['8009', '[::1]:8009', 'localhost:8009']) {
    await t.rejects(openSite(t, { collector }), { message: new RegExp(`COLLECTOR is ${collector.replaceAll(/[[\]]/g, '\\$&')}; it has to be an IPv4 address with a port, or unix:/path`) }, collector);
  }
});

function send({ response }: Pick<Asked, 'response'>, body: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'cache-control': status === 200 ? 'public, max-age=2' : 'no-store' });
  response.end(body);
}

/** Takes away what nginx has fetched, as it does by itself when it needs the room. */
async function emptyCache({ cacheDir }: Site): Promise<void> {
  const entries = await readdir(cacheDir, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) await unlink(path.join(entry.parentPath, entry.name));
}

/** Many requests for one playlist from one address; `statuses` are those that came back so far. */
function crowdOf(t: Test, site: Site, directive: string): { sessions: ClientHttp2Session[]; statuses: number[] } {
  const statuses: number[] = [];
  const sessions = Array.from({ length: SESSIONS }, () => {
    const session = connect('https://localhost', { createConnection: () => connectTls({ socket: connectTo(site.tlsSocket), ALPNProtocols: ['h2'], rejectUnauthorized: false }) });
    session.on('error', () => undefined);
    t.after(() => session.destroy());
    for (let i = 0; i < STREAMS; i++) {
      const stream = session.request({ ':path': `${PLAYLIST}?_HLS_${directive}` });
      stream.on('error', () => undefined).on('response', (headers) => statuses.push(Number(headers[':status']))).resume().end();
    }
    return session;
  });
  return { sessions, statuses };
}

/** What the server is asked as number `index`, counted from 0. */
async function askedAs(site: Site, index: number): Promise<Asked> {
  return until(`request ${index} to the server`, () => site.asked[index]);
}
