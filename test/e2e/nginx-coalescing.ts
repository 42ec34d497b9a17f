import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { ClientRequest, ServerResponse } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { findNginx, NGINX_MISSING } from '../support/nginx.js';
import type { Nginx } from '../support/nginx.js';
import { answerTo, openSite } from '../support/nginx-site.js';
import type { Answer, Site } from '../support/nginx-site.js';
import { until } from '../support/until.js';

const skip = findNginx() === undefined ? NGINX_MISSING : false;
const PLAYLIST = `#EXTM3U\n${'#EXTINF:2.00000,\n/media/b1/720p/1.m4s\n'.repeat(40)}`;
const BLOCKED = '/hls/ada/720p/index.m3u8?_HLS_msn=12&_HLS_part=3';
const PART = '/media/b1/720p/12.3.m4s';
const PART_BYTES = Buffer.alloc(300_000, 'part');
const CROWD = 200;

t.test('a crowd that waits for one part of a playlist is one request to the server', { skip }, async (t) => {
  const site = await openSite(t);
  const crowd = await sendAll(site, BLOCKED);
  sendPlaylist(await firstAsked(site));
  const answers = await Promise.all(crowd);
  t.same(site.lines(), [`GET ${BLOCKED}`]);
  t.same(countOf(answers), { [`200 ${PLAYLIST.length}`]: CROWD });
  t.match(answers[0]?.headers, { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'public, max-age=2', 'access-control-allow-origin': '*', 'content-length': String(PLAYLIST.length) });
  t.equal((await site.fetch(BLOCKED)).body.toString(), PLAYLIST, 'who comes a little later is answered at once');
  t.equal(site.asked.length, 1);
});

t.test('a crowd that waits for a part that is being made is one request, and it is kept', { skip }, async (t) => {
  const site = await openSite(t);
  const crowd = await sendAll(site, PART);
  sendPart(await firstAsked(site));
  t.same(countOf(await Promise.all(crowd)), { [`200 ${PART_BYTES.length}`]: CROWD });
  const range = await site.fetch(PART, { headers: { range: 'bytes=4-7' } });
  t.match(range, { status: 206, headers: { 'content-range': `bytes 4-7/${PART_BYTES.length}`, 'cache-control': 'public, max-age=31536000, immutable', 'access-control-allow-origin': '*' } });
  t.equal(range.body.toString(), 'part');
  t.match(await site.fetch(PART, { method: 'HEAD' }), { status: 200, headers: { 'content-length': String(PART_BYTES.length) } });
  t.same(site.lines(), [`GET ${PART}`]);
});

t.test('a first client that reads slowly, or leaves, delays nobody', { skip }, async (t) => {
  const site = await openSite(t);
  const slow = site.open(PART);
  slow.end();
  slow.once('response', (response) => response.pause());
  const part = await firstAsked(site);
  const others = await sendAll(site, PART);
  sendPart(part);
  t.same(countOf(await Promise.all(others)), { [`200 ${PART_BYTES.length}`]: CROWD });
  slow.destroy();

  const leaving = site.open(BLOCKED);
  leaving.on('error', () => undefined).end();
  const playlist = await firstAsked(site, 1);
  const waiting = await sendAll(site, BLOCKED);
  leaving.destroy();
  sendPlaylist(playlist);
  t.same(countOf(await Promise.all(waiting)), { [`200 ${PLAYLIST.length}`]: CROWD });
  t.equal(site.asked.length, 2);
});

t.test('only the delivery directives tell playlists apart', { skip }, async (t) => {
  const site = await openSite(t, { answer: ({ response }) => sendPlaylist(response) });
  const same = [BLOCKED, '/hls/ada/720p/index.m3u8?_HLS_part=3&_HLS_msn=12', `${BLOCKED}&x=1`, '/hls/ada/720p/index.m3u8?token=a%2Fb&_HLS_msn=12&_HLS_part=3&token=c'];
  for (const url of same) t.equal((await site.fetch(url)).status, 200);
  t.same(site.lines(), [`GET ${BLOCKED}`]);
  const others = ['?_HLS_msn=12&_HLS_part=4', '?_HLS_msn=13&_HLS_part=3', '?_HLS_msn=12', '?_HLS_msn=12&_HLS_part=3&_HLS_skip=YES', '?_HLS_skip=v2', ''].map((query) => `/hls/ada/720p/index.m3u8${query}`);
  for (const url of [...others, '/hls/ada/480p/index.m3u8', '/hls/bob/720p/index.m3u8', '/hls/ada/master.m3u8']) await site.fetch(url);
  t.same(site.lines().slice(1), [...others, '/hls/ada/480p/index.m3u8', '/hls/bob/720p/index.m3u8', '/hls/ada/master.m3u8'].map((url) => `GET ${url}`));
});

t.test('directives that break a rule are the server\'s to judge, each time, as they were sent', { skip }, async (t) => {
  const site = await openSite(t, { answer: ({ response }) => sendProblem(response, 400) });
  const queries = ['_HLS_msn=abc', '_HLS_msn=-1', '_HLS_msn=007', '_HLS_msn=1&_HLS_msn=2', '_HLS_msn', '_HLS_skip=no', '_HLS_part=1.5&_HLS_msn=3', `${'a=1&'.repeat(60)}_HLS_msn=4`];
  for (const query of queries) t.equal((await site.fetch(`/hls/ada/720p/index.m3u8?${query}`)).status, 400, query);
  t.same(site.lines(), queries.map((query) => `GET /hls/ada/720p/index.m3u8?${query}`));
});

t.test('nothing of one client reaches the answer of another', { skip }, async (t) => {
  const site = await openSite(t, { answer: ({ response }) => sendPlaylist(response) });
  const headers = { cookie: 'session=1', authorization: 'Bearer secret', 'if-none-match': '"x"', range: 'bytes=0-1', origin: 'https://example.org', host: 'forged.example.org', 'x-forwarded-for': '203.0.113.9', 'user-agent': 'VLC/3.0.21' };
  t.equal((await site.fetch(BLOCKED, { headers })).status, 200);
  t.same(Object.keys(site.asked[0]?.headers ?? {}).toSorted(), ['accept-encoding', 'host', 'user-agent', 'x-forwarded-for']);
  t.match(site.asked[0]?.headers, { host: 'tidemark', 'user-agent': 'VLC/3.0.21', 'accept-encoding': 'identity' });
  t.not(site.asked[0]?.headers['x-forwarded-for'], '203.0.113.9');
});

t.test('gzip goes to those who take it, plain text to the others', { skip }, async (t) => {
  const site = await openSite(t, { answer: ({ headers, response }) => sendPlaylist(response, { isGzip: headers['accept-encoding'] === 'gzip' }) });
  for (const accepted of ['gzip, deflate, br', 'GZIP', 'br;q=1.0, gzip;q=0.5']) {
    const answer = await site.fetch(BLOCKED, { headers: { 'accept-encoding': accepted } });
    t.match(answer.headers, { 'content-encoding': 'gzip', vary: 'Accept-Encoding' }, accepted);
    t.equal(gunzipSync(answer.body).toString(), PLAYLIST);
  }
  for (const accepted of ['identity', 'br', 'gzip;q=0', 'gzip; q=0.0, br']) {
    const answer = await site.fetch(BLOCKED, { headers: { 'accept-encoding': accepted } });
    t.equal(answer.headers['content-encoding'], undefined, accepted);
    t.equal(answer.body.toString(), PLAYLIST);
  }
  t.same(site.asked.map(({ headers }) => headers['accept-encoding']), ['gzip', 'identity']);
});

t.test('an error reaches all who wait, as the server said it, and is not kept', { skip }, async (t) => {
  const site = await openSite(t);
  for (const [url, status] of [[BLOCKED, 503], ['/hls/ada/720p/index.m3u8?_HLS_msn=99', 400], [PART, 404]] as const) {
    const before = site.asked.length;
    const crowd = await sendAll(site, url);
    sendProblem(await firstAsked(site, before), status);
    const answers = await Promise.all(crowd);
    t.same([...new Set(answers.map((answer) => `${answer.status} ${answer.body.toString()}`))], [`${status} {"code":"no"}`]);
    t.match(answers[0]?.headers, { 'content-type': 'application/problem+json', 'retry-after': '1' });
    t.equal(site.asked.length, before + 1, `${status}: asked once`);
    const next = site.fetch(url);
    sendPlaylist(await firstAsked(site, before + 1));
    t.equal((await next).status, 200, 'and anew afterwards');
  }
});

t.test('a server that ends in the middle frees all who wait; a new one is asked at once', { skip }, async (t) => {
  const site = await openSite(t);
  const crowd = [...(await sendAll(site, BLOCKED)), ...(await sendAll(site, PART))];
  await firstAsked(site, 1);
  await site.stopServer();
  const answers = await Promise.all(crowd);
  t.same([...new Set(answers.map(({ status }) => status))], [502]);
  t.match(JSON.parse(answers[0]?.body.toString() ?? ''), { code: 'server_down' });
  await site.startServer();
  const again = site.fetch(BLOCKED);
  sendPlaylist(await firstAsked(site, 2));
  t.equal((await again).status, 200);
});

t.test('half an answer is an error, and never kept', { skip }, async (t) => {
  let hasFailed = false;
  let isWhole = false;
  // nginx tries again by itself when a connection that it had kept open breaks: none of those gets an answer either.
  const site = await openSite(t, {
    answer: ({ line, response }) => {
      if (isWhole) return line.endsWith(PART) ? sendPart(response) : sendPlaylist(response);
      if (hasFailed) return response.destroy();
      hasFailed = true;
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000', 'cache-control': 'max-age=60' });
      response.write('x'.repeat(500), () => response.destroy());
    },
  });
  for (const url of [BLOCKED, PART]) {
    isWhole = hasFailed = false;
    t.equal((await site.fetch(url)).status, 502, url);
    isWhole = true;
    t.equal((await site.fetch(url)).status, 200, 'asked anew');
  }
});

t.test('after a restart, no playlist of the old numbering is left after a second', { skip }, async (t) => {
  let text = 'old';
  const site = await openSite(t, { answer: ({ response }) => sendPlaylist(response, { text }) });
  const urls = [BLOCKED, '/hls/ada/720p/index.m3u8'];
  for (const url of urls) t.equal((await site.fetch(url)).body.toString(), 'old');
  const startedMs = performance.now();
  await site.stopServer();
  text = 'new';
  await site.startServer();
  for (const url of urls) await until('the new playlist', async () => (await site.fetch(url)).body.toString() === 'new' || undefined, 5_000);
  const tookMs = performance.now() - startedMs;
  t.ok(tookMs < 1_500, `it took ${Math.round(tookMs)} ms; the server itself has asked for two seconds`);
});

t.test('requests that wait while nginx is told to read its settings anew are answered', { skip }, async (t) => {
  const site = await openSite(t);
  const crowd = await sendAll(site, BLOCKED);
  const response = await firstAsked(site);
  process.kill(site.nginx.pid, 'SIGHUP');
  const other = site.fetch('/hls/ada/720p/index.m3u8?_HLS_msn=13');
  sendPlaylist(await firstAsked(site, 1));
  t.equal((await other).status, 200);
  sendPlaylist(response);
  t.same(countOf(await Promise.all(crowd)), { [`200 ${PLAYLIST.length}`]: CROWD });
});

t.test('a worker process that dies while it asks takes its own clients with it, and no others', { skip }, async (t) => {
  const site = await openSite(t);
  const crowd = (await sendAll(site, BLOCKED)).map((answer) => answer.catch(() => undefined));
  const first = await firstAsked(site);
  for (const worker of await workersOf(site.nginx)) {
    if (first.destroyed) break;
    process.kill(worker, 'SIGKILL');
    await until('another worker', async () => !(await workersOf(site.nginx)).includes(worker) || undefined);
  }
  t.ok(first.destroyed, 'the one that asked was among them');
  const late = site.fetch(BLOCKED);
  sendPlaylist(await firstAsked(site, 1));
  t.equal((await late).status, 200);
  t.same((await Promise.all(crowd)).filter((answer) => answer !== undefined && answer.status !== 200), []);
});

/** Worker processes of nginx; its cache manager is none. */
async function workersOf({ pid }: Nginx): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').map(Number).filter((child) => child > 0);
  const titles = await Promise.all(children.map((child) => readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')));
  return children.filter((_child, index) => titles[index]?.includes('worker process'));
}

/** Resolves when all of the crowd have sent their request. */
async function sendAll(site: Site, url: string): Promise<Promise<Answer>[]> {
  const requests = Array.from({ length: CROWD }, () => site.open(url));
  const sent = requests.map((one) => isSent(one));
  const answers = requests.map((one) => answerTo(one));
  await Promise.all(sent);
  return answers;
}

async function isSent(request: ClientRequest): Promise<void> {
  const [socket] = await once(request, 'socket');
  if (socket.connecting) await once(socket, 'connect');
}

/** The response to what the server is asked as number `index`, counted from 0. */
async function firstAsked(site: Site, index = 0): Promise<ServerResponse> {
  return until(`request ${index} to the server`, () => site.asked[index]?.response);
}

function countOf(answers: Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) counts[`${status} ${body.length}`] = (counts[`${status} ${body.length}`] ?? 0) + 1;
  return counts;
}

function sendPlaylist(response: ServerResponse, { text = PLAYLIST, isGzip = false }: { text?: string; isGzip?: boolean } = {}): void {
  const body = isGzip ? gzipSync(text) : Buffer.from(text);
  response.writeHead(200, {
    'content-type': 'application/vnd.apple.mpegurl',
    'cache-control': 'public, max-age=2',
    'access-control-allow-origin': '*',
    'vary': 'Accept-Encoding',
    ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(body);
}

function sendPart(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'video/iso.segment', 'content-length': String(PART_BYTES.length), 'accept-ranges': 'bytes', 'cache-control': 'public, max-age=31536000, immutable', 'access-control-allow-origin': '*' });
  response.end(PART_BYTES);
}

function sendProblem(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'retry-after': '1' });
  response.end('{"code":"no"}');
}
