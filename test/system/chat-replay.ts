/// <reference lib="dom" />
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { openPageOf, textsOn, untilTexts } from '../support/chat-page.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';

const recorded = z.object({ recordings: z.array(z.object({ id: z.string() })) });
const SHOW_SEC = 14;

/** A show that is over; gives its id, and the moment of its first picture. */
async function record(t: Test, app: RunningApp): Promise<{ id: string; startMs: number }> {
  const file = await makeSourceFile(t, obsLike({ seconds: SHOW_SEC }));
  publish(t, { url: app.publishUrl, args: copyOf(file) });
  const id = await until('the recording', async () => recorded.parse(await (await app.api('GET', '/api/v1/channels/ada/recordings')).json()).recordings[0]?.id, 60_000);
  const [, date = ''] = /PROGRAM-DATE-TIME:(\S+)/.exec(await (await app.get(`/vod/${id}/source/index.m3u8`)).text()) ?? [];
  return { id, startMs: Date.parse(date) };
}

t.test('beside a recording stands what was said, as the picture goes', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const { id, startMs } = await record(t, app);
  const said = Array.from({ length: SHOW_SEC }, (_, sec) => {
    const streamAt = new Date(startMs + sec * 1_000).toISOString();
    return { id: `m${sec}`, seq: sec + 1, channel: 'ada', author: { id: 'b', username: 'bob', role: 'viewer' }, text: `second ${sec}`, isAction: false, mentions: [], sentAt: streamAt, streamAt };
  });
  const page = await openPageOf(t, await openChromium(t), { url: app.url, path: '/' });
  await page.route(/\/api\/v1\/broadcasts\/[^/]+\/chat/, (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [from, to] = [query.get('from') ?? '', query.get('to') ?? ''];
    return route.fulfill({ json: { messages: said.filter(({ streamAt }) => streamAt >= from && streamAt < to) } });
  });
  await page.goto(`${app.url}/recordings/${id}`);
  const video = page.locator('video').first();
  const seek = (sec: number) => video.evaluate((element: HTMLVideoElement, to) => {
    element.pause();
    element.currentTime = to;
  }, sec);
  const shownAt = (sec: number) => said.slice(0, sec + 1).map(({ text }) => text);

  await untilTexts(page, 'the first words', (texts) => texts[0] === 'second 0', 30_000);
  await seek(8.5);
  t.same(await untilTexts(page, 'what was said up to there', (texts) => texts.length === 9), shownAt(8));
  await seek(2.5);
  t.same(await untilTexts(page, 'the rest is gone', (texts) => texts.length === 3), shownAt(2));
  await video.evaluate((element: HTMLVideoElement) => void element.play());
  await untilTexts(page, 'it goes on with the picture', (texts) => texts.length >= 5);
  const place = await video.evaluate((element: HTMLVideoElement) => element.currentTime);
  t.ok(Math.abs((await textsOn(page)).length - 1 - place) < 1.5, 'in step with it');
});
