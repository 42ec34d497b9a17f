import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { hlsRoutes, Viewers, WaitingRequests } from '../../src/deliver/index.js';
import { Packager } from '../../src/packager/index.js';
import { createHttpApp, HttpServer } from '../../src/platform/index.js';
import { frameTimes, videoConfig, videoFrame } from '../support/frames.js';
import { recordingLog } from '../support/log.js';
import { until } from '../support/until.js';

const ID = '11111111-1111-4111-8111-111111111111';
const START_MS = 10_000;

/** A live package that is fed by hand behind the real routes: 2 s segments of six parts. */
async function serve(t: Test, options: { maxWaiting?: number } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-ll-'));
  const log = recordingLog();
  const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: 60, dvrSec: 0, memoryMiB: 16 }, mediaDir: folder, log });
  await packager.start();
  const live = packager.open({ id: ID, channel: { slug: 'ada' }, epochMs: Date.UTC(2026, 0, 1) });
  const waiting = new WaitingRequests({ maxPerBroadcast: options.maxWaiting ?? 100 });
  const routes = hlsRoutes({ packages: packager, viewers: new Viewers(), waiting, corsOrigin: '*' });
  const server = new HttpServer({ handler: createHttpApp({ trustProxy: 0, log, bare: [{ path: '/', handler: routes }], routes: [] }), bindAddress: '127.0.0.1', port: 0, log });
  await server.start();
  t.after(async () => {
    packager.close(live);
    await server.stop();
    await packager.stop();
    await rm(folder, { recursive: true, force: true });
  });
  live.startTake({ number: 0, keyFrameIntervalMs: 2000, renditions: [{ name: 'source', kind: 'video', origin: 'passthrough' }] });
  live.push({ type: 'config', take: 0, rendition: 'source', config: videoConfig() });
  let fedMs = START_MS;
  /** Frames up to this media time, seconds since the start. */
  const feed = (upToSec: number): void => {
    const toMs = START_MS + upToSec * 1000;
    for (const timeMs of frameTimes(30, START_MS, toMs).filter((timeMs) => timeMs >= fedMs)) {
      const index = Math.round(((timeMs - START_MS) * 30) / 1000);
      const frame = videoFrame(timeMs, { isKey: index % 60 === 0, sizeBytes: 1000 });
      frame.payload.fill(index % 256);
      live.push({ type: 'frame', take: 0, rendition: 'source', frame });
    }
    fedMs = toMs;
  };
  const origin = `http://127.0.0.1:${server.port}`;
  const playlist = (query: string): Promise<Answer> => get(`${origin}/hls/ada/source/index.m3u8${query}`);
  const media = (name: string): Promise<Answer> => get(`${origin}/media/${ID}/source/${name}`);
  return { origin, live, packager, waiting, feed, playlist, media };
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
  text: string;
}

async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const request = httpRequest(url, { agent: false, headers }).end();
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (response === undefined) throw new Error('no response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return { status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString() };
}

const lastPart = (text: string): string | undefined => [...text.matchAll(/#EXT-X-PART:.*\/(\d+\.\d+)\.m4s/g)].at(-1)?.[1];
const hint = (text: string): string | undefined => /#EXT-X-PRELOAD-HINT:TYPE=PART,URI=".*\/(\d+\.\d+)\.m4s"/.exec(text)?.[1];

t.test('a request waits for the part that it names, and no longer', async (t) => {
  const { feed, playlist, waiting } = await serve(t);
  feed(4.4); // segments 0 and 1, one part of 2
  const now = await playlist('');
  t.equal(lastPart(now.text), '2.0');
  t.equal(now.headers['cache-control'], 'public, max-age=1');
  t.equal((await playlist('?_HLS_msn=2&_HLS_part=0')).text, now.text, 'what is there is answered at once');
  t.equal((await playlist('?_HLS_msn=1')).text, now.text);
  const answers = [playlist('?_HLS_msn=2&_HLS_part=1'), playlist('?_HLS_part=1&_HLS_msn=2&other=x'), playlist('?_HLS_msn=2')];
  await until('3 requests wait', () => waiting.count === 3 || undefined);
  feed(4.5);
  t.equal(waiting.count, 3, 'frames that finish no part wake nobody');
  feed(4.75);
  const [first, second] = await Promise.all(answers.slice(0, 2));
  t.equal(first?.status, 200);
  t.equal(lastPart(first?.text ?? ''), '2.1');
  t.equal(second?.text, first?.text);
  t.equal(first?.headers['cache-control'], 'public, max-age=2');
  t.equal(waiting.count, 1, 'who wants the whole segment still waits');
  feed(6.1);
  const whole = await answers[2];
  t.match(whole?.text, /source\/2\.m4s\n/);
});

t.test('a part that its segment did not get is the first one of the next', async (t) => {
  const { feed, playlist, waiting } = await serve(t);
  feed(6.1); // segment 2 has parts 0 to 5
  const answer = playlist('?_HLS_msn=2&_HLS_part=6');
  await until('1 requests wait', () => waiting.count === 1 || undefined);
  feed(6.2);
  t.equal(waiting.count, 1);
  feed(6.4);
  t.equal(lastPart((await answer).text), '3.0');
  t.equal(lastPart((await playlist('?_HLS_msn=2&_HLS_part=6')).text), '3.0');
});

t.test('a part is fetched before it is complete', async (t) => {
  const { feed, playlist, media, waiting } = await serve(t);
  feed(4.4);
  t.equal(hint((await playlist('')).text), '2.1');
  const coming = media('2.1.m4s');
  await until('1 requests wait', () => waiting.count === 1 || undefined);
  feed(4.75);
  const part = await coming;
  t.equal(part.status, 200);
  t.match(part.headers['cache-control'], /immutable/);
  t.equal(part.body.toString('latin1', 4, 8), 'moof');
  t.same(part.body, (await media('2.1.m4s')).body, 'the same bytes when it is there');
  feed(6.1);
  const [segment, ...parts] = await Promise.all([media('2.m4s'), ...[0, 1, 2, 3, 4, 5].map((index) => media(`2.${index}.m4s`))]);
  t.same(segment?.body, Buffer.concat(parts.map(({ body }) => body)), 'and the same in the segment');
  t.equal((await media('2.6.m4s')).status, 404, 'the segment has no such part');
  t.equal((await media('9.0.m4s')).status, 404, 'and nothing that far ahead is waited for');
  t.equal((await media('3.5.m4s')).status, 404);
});

t.test('where the segment is as long as the one before, the next one is hinted at', async (t) => {
  const { feed, playlist, media, waiting } = await serve(t);
  feed(4.4);
  const text = await playlist('?_HLS_msn=2&_HLS_part=0');
  t.equal(hint(text.text), '2.1');
  feed(6);
  t.equal(lastPart((await playlist('')).text), '2.4');
  t.equal(hint((await playlist('')).text), '2.5');
  const next = media('3.0.m4s');
  await until('1 requests wait', () => waiting.count === 1 || undefined);
  feed(6.1);
  t.equal(hint((await playlist('')).text), '3.0');
  feed(6.4);
  t.equal((await next).status, 200);
});

t.test('what breaks the rules of the RFC is refused at once', async (t) => {
  const { feed, playlist, waiting } = await serve(t);
  feed(4.4);
  for (const query of [
    '?_HLS_part=0', '?_HLS_msn=x', '?_HLS_msn=-1', '?_HLS_msn=1.5', '?_HLS_msn=', '?_HLS_msn=1&_HLS_msn=2', '?_HLS_msn=99999999999999999999',
    '?_HLS_msn=02', '?_HLS_msn=2&_HLS_part=00', '?_HLS_msn=+2', '?_HLS_msn=1000000000', `?${'a=1&'.repeat(50)}_HLS_msn=2`, `?${Array.from({ length: 50 }, (_, i) => `a${i}=1&`).join('')}_HLS_msn=2`,
    '?_HLS_msn=2&_HLS_part=x', '?_HLS_skip=NO', '?_HLS_msn=4', '?_HLS_msn=2&_HLS_part=10', '?_HLS_msn=3&_HLS_part=9',
  ]) {
    const { status, text, headers } = await playlist(query);
    t.equal(status, 400, query);
    t.match(JSON.parse(text), { code: 'playlist_request_refused', status: 400 });
    t.equal(headers['cache-control'], 'no-store');
  }
  t.equal(waiting.count, 0);
  t.equal((await playlist(`?${'a=1&'.repeat(49)}_HLS_msn=1`)).status, 200, 'fifty arguments');
});

t.test('nothing that is waited for has a second name', async (t) => {
  const { origin, feed, media, waiting } = await serve(t);
  feed(4.4);
  t.equal((await media('2.0.m4s')).status, 200);
  for (const name of ['02.0.m4s', '2.00.m4s', '02.1.m4s', '2.01.m4s', '2.1.m4s/', '1.m4s/', '01.m4s', 'init-00.mp4']) t.equal((await media(name)).status, 404, name);
  for (const url of ['/hls/ada/source/index.m3u8/?_HLS_msn=2', '/hls/ada/master.m3u8/', '/HLS/ada/master.m3u8']) t.equal((await get(`${origin}${url}`)).status, 404, url);
  t.equal(waiting.count, 0);
});

t.test('a delta update', async (t) => {
  const { feed, playlist } = await serve(t);
  feed(24.4);
  const [full, delta, other] = await Promise.all(['', '?_HLS_skip=YES', '?_HLS_skip=v2'].map(playlist));
  t.match(delta?.text, /^#EXT-X-SKIP:SKIPPED-SEGMENTS=6$/m);
  t.equal(delta?.text, other?.text);
  t.ok((full?.text.length ?? 0) > (delta?.text.length ?? 0));
});

t.test('a stream that stands still answers 503 after three target durations', async (t) => {
  const { feed, playlist } = await serve(t);
  feed(4.4);
  const startMs = Date.now();
  const { status, headers, text } = await playlist('?_HLS_msn=2&_HLS_part=1');
  t.equal(status, 503);
  t.equal(headers['retry-after'], '1');
  t.match(JSON.parse(text), { code: 'playlist_stalled' });
  t.ok(Date.now() - startMs >= 5_900);
});

t.test('after the end nothing waits', async (t) => {
  const { feed, playlist, media, live, packager, waiting } = await serve(t);
  feed(4.4);
  const waits = [playlist('?_HLS_msn=2&_HLS_part=1'), media('2.1.m4s')];
  await until('2 requests wait', () => waiting.count === 2 || undefined);
  packager.close(live);
  const [last, part] = await Promise.all(waits);
  t.match(last?.text, /#EXT-X-ENDLIST\n$/);
  t.notMatch(last?.text, /EXT-X-PRELOAD-HINT|EXT-X-RENDITION-REPORT/);
  t.ok(part && [200, 404].includes(part.status), 'the rest of the segment, or nothing');
  t.match((await playlist('?_HLS_msn=99')).text, /#EXT-X-ENDLIST\n$/);
});

t.test('only so many wait, and who goes away is forgotten', async (t) => {
  const { feed, playlist, origin, waiting } = await serve(t, { maxWaiting: 100 });
  feed(4.4);
  const requests = Array.from({ length: 100 }, () => httpRequest(`${origin}/hls/ada/source/index.m3u8?_HLS_msn=2&_HLS_part=1`, { agent: false }).on('error', () => undefined).end());
  await until('100 requests wait', () => waiting.count === 100 || undefined);
  const refused = await playlist('?_HLS_msn=2&_HLS_part=1');
  t.equal(refused.status, 503);
  t.match(JSON.parse(refused.text), { code: 'too_many_waiting' });
  t.equal((await playlist('')).status, 200, 'others are served');
  for (const request of requests) request.destroy();
  await until('0 requests wait', () => waiting.count === 0 || undefined);
});
