import t from 'tap';
import type { Test } from 'tap';
import { startLiveOrigin } from '../support/live-origin.js';
import type { Answer, LiveOrigin } from '../support/live-origin.js';
import { lintDelta, PlaylistSeries } from '../support/playlist-linter.js';
import { until } from '../support/until.js';

/*
 * RFC 8216bis §6.2.5 rule by rule, on a real socket. The numbers in the names are the rule's section.
 */

/** Asks, and comes back once the request waits. */
async function ask(origin: LiveOrigin, query: string): Promise<Promise<Answer>[]> {
  const before = origin.waiting.count;
  const answer = origin.playlist(query);
  await until(`${query} waits`, () => origin.waiting.count === before + 1 || undefined);
  return [answer];
}

async function refused(t: Test, origin: LiveOrigin, query: string): Promise<void> {
  const { status, headers, text } = await origin.playlist(query);
  t.equal(status, 400, query);
  t.equal(headers['content-type'], 'application/problem+json; charset=utf-8');
  t.equal(headers['cache-control'], 'no-store', 'no cache keeps it');
  t.match(JSON.parse(text), { code: 'playlist_request_refused' });
}

t.test('§6.2.5.2 a segment number: waits for that segment or a later one', async (t) => {
  const origin = await startLiveOrigin(t);
  origin.feed(4.4); // segments 0 and 1 are whole
  t.equal((await origin.playlist('?_HLS_msn=1')).status, 200);
  const answers = [...(await ask(origin, '?_HLS_msn=2')), ...(await ask(origin, '?_HLS_msn=3'))];
  origin.feed(6.1);
  t.match((await answers[0])?.text, /source\/2\.m4s\n/);
  t.equal(origin.waiting.count, 1, 'two segments ahead is not too far');
  origin.feed(8.1);
  t.match((await answers[1])?.text, /source\/3\.m4s\n/);
});

t.test('§6.2.5.2 what has left the playlist is answered with the whole of it, at once', async (t) => {
  const origin = await startLiveOrigin(t);
  origin.feed(90);
  const now = await origin.playlist('');
  t.notMatch(now.text, /source\/0\.m4s/);
  for (const query of ['?_HLS_msn=0', '?_HLS_msn=0&_HLS_part=3', '?_HLS_msn=43&_HLS_part=0']) t.equal((await origin.playlist(query)).text, now.text, query);
});

t.test('§6.2.5.2 too far ahead', async (t) => {
  const origin = await startLiveOrigin(t);
  origin.feed(4.4); // 2.0 is the last part
  await refused(t, origin, '?_HLS_msn=4');
  await refused(t, origin, '?_HLS_msn=4&_HLS_part=0');
  await refused(t, origin, '?_HLS_msn=2&_HLS_part=10');
  const [answer] = await ask(origin, '?_HLS_msn=2&_HLS_part=9'); // three seconds of parts after the last one
  origin.feed(6.4);
  t.match((await answer)?.text, /source\/3\.0\.m4s/, 'which the segment did not get: it was the first of the next');
});

t.test('§6.2.5.2 a part without a segment is refused, whatever the state', async (t) => {
  const origin = await startLiveOrigin(t);
  origin.feed(4.4);
  await refused(t, origin, '?_HLS_part=0');
  origin.end();
  await refused(t, origin, '?_HLS_part=0');
});

t.test('§6.2.5 what is no directive of the RFC changes nothing', async (t) => {
  const origin = await startLiveOrigin(t);
  origin.feed(4.4);
  const { text } = await origin.playlist('');
  for (const query of ['?_HLS_push=1', '?msn=99', '?_hls_msn=99', '?token=x&_HLS_msn=1']) t.equal((await origin.playlist(query)).text, text, query);
  t.equal((await origin.get('/hls/ada/master.m3u8?_HLS_msn=99&_HLS_skip=YES')).status, 200, 'directives are for media playlists');
});

t.test('§6.2.5.1 a playlist too short to skip anything comes whole', async (t) => {
  const origin = await startLiveOrigin(t);
  origin.feed(12.4);
  t.equal((await origin.playlist('?_HLS_skip=YES')).text, (await origin.playlist('')).text);
});

t.test('§6.2.5.1 after the end nothing is skipped, and nothing is waited for', async (t) => {
  const origin = await startLiveOrigin(t);
  origin.feed(40.4);
  t.match((await origin.playlist('?_HLS_skip=YES')).text, '#EXT-X-SKIP');
  origin.end();
  const { text } = await origin.playlist('');
  t.match(text, /#EXT-X-ENDLIST\n$/);
  for (const query of ['?_HLS_skip=YES', '?_HLS_msn=99', '?_HLS_msn=20&_HLS_part=99', '?_HLS_msn=99&_HLS_part=0&_HLS_skip=v2']) {
    const answer = await origin.playlist(query);
    t.equal(answer.status, 200, query);
    t.equal(answer.text, text, query);
  }
});

t.test('§6.2.5 a player that follows by blocking delta updates sees what a reload of everything shows', async (t) => {
  const origin = await startLiveOrigin(t);
  origin.feed(20.1);
  const series = new PlaylistSeries();
  let before = (await origin.playlist('')).text;
  const problems = series.next(before);
  for (let step = 0; step < 60; step++) {
    const { segments = [], open } = series.playlist ?? {};
    const next = open ? { msn: open.number, part: open.parts.length } : { msn: (segments.at(-1)?.number ?? 0) + 1, part: 0 };
    const [answer] = await ask(origin, `?_HLS_msn=${next.msn}&_HLS_part=${next.part}&_HLS_skip=YES`);
    origin.feed(20.1 + (step + 1) / 3);
    const delta = (await answer)?.text ?? '';
    const full = (await origin.playlist('')).text;
    problems.push(...series.next(delta), ...lintDelta({ before, delta, full }));
    before = full;
  }
  t.same(problems, []);
  t.equal(series.missedHints, 0, 'and every hint was kept');
  t.equal(series.playlist?.segments.at(-1)?.number, 19);
});
