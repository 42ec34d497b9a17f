/// <reference lib="dom" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { noChromium, openChromium } from '../support/chromium.js';
import { publish } from '../support/publisher.js';
import { CAMERA, makeKey, noWorker } from '../support/real-time.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { readPlayer, untilPlayed, untilPlayer } from '../support/watching.js';

process.env['WEBRTC_PORT'] = '0';

/** Long enough ago that nothing but a rewind leads there. */
const FAR_SEC = 12;

/** A page that plays, with so much behind it that rewinding leads somewhere. */
async function openRewindable(t: Test, latency: 'real-time' | 'balanced'): Promise<{ page: Page; problems: string[] }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-rewind-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const server = await startServerProcess(t, { folder, httpPort: await freePort(), rtmpPort: await freePort() });
  publish(t, { url: `rtmp://127.0.0.1:${server.rtmpPort}/live/${await makeKey(server.url)}`, args: CAMERA });
  const page = await (await openChromium(t)).newPage({ viewport: { width: 1280, height: 800 } });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await page.addInitScript(`localStorage.setItem('tidemark.latency', '${latency}')`);
  await page.goto(`${server.url}/ada`);
  await untilPlayer(page, 'it plays', ({ phase }) => phase === 'playing', 30_000);
  await untilPlayed(page, FAR_SEC + 8);
  return { page, problems };
}

const isLive = (page: Page): Promise<boolean> => page.locator('media-live-button').evaluate((button) => button.hasAttribute('mediatimeislive'));

/** What is shown of the bar below the seek bar. */
async function buttonsOf(page: Page): Promise<{ name: string; left: number; right: number }[]> {
  const all = await page.locator('.player > media-control-bar:not(.seek-row) > :not(.player-gap)').evaluateAll((elements) => elements.map((element) => {
    const { left, right } = element.getBoundingClientRect();
    return { name: element.getAttribute('aria-label') ?? '', left, right };
  }));
  return all.filter(({ left, right }) => right > left);
}

t.test('who rewinds stays there until the live button', { skip: noChromium }, async (t) => {
  const { page, problems } = await openRewindable(t, 'balanced');
  const video = page.locator('video');
  t.equal(await isLive(page), true);

  await t.test('back', async (t) => {
    await page.getByRole('button', { name: 'Back 30 seconds' }).click();
    await untilPlayer(page, 'the past plays', ({ phase, behindSec }) => phase === 'playing' && (behindSec ?? 0) > FAR_SEC);
    await untilPlayed(page, 10);
    t.match(await readPlayer(page), { phase: 'playing' });
    t.ok(((await readPlayer(page)).behindSec ?? 0) > FAR_SEC, 'nothing pulled it to the live moment');
    t.equal(await video.evaluate(({ playbackRate }: HTMLVideoElement) => playbackRate), 1, 'nor hurried');
    t.equal(await isLive(page), false);
  });

  await t.test('on the seek bar', async (t) => {
    t.equal(await page.locator('media-time-range').count(), 1);
    const startSec = await video.evaluate((element: HTMLVideoElement) => {
      element.currentTime = element.seekable.start(0) + 1;
      return element.seekable.start(0);
    });
    await untilPlayed(page, 3);
    t.ok((await readPlayer(page)).currentTime < startSec + 6, 'it plays from near the start');
  });

  await t.test('on a small phone, where the bar has room for its buttons', async (t) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole('button', { name: 'Statistics' }).waitFor({ state: 'hidden' });
    t.same((await buttonsOf(page)).filter(({ left, right }) => left < 0 || right > 360 || right - left < 30), []);
    t.ok((await buttonsOf(page)).some(({ name }) => /^Quality: Auto/.test(name)), 'and each says what it is');
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  await t.test('live again', async (t) => {
    await page.locator('media-live-button').click();
    await untilPlayer(page, 'the live moment plays', ({ phase, behindSec }) => phase === 'playing' && (behindSec ?? Infinity) < 5);
    t.ok(await until('the button says so', async () => (await isLive(page)) || undefined));
  });
  t.same(problems, [], 'the page threw nothing');
});

t.test('from real time the way back is HLS, and the live button leads to real time', { skip: noChromium || noWorker }, async (t) => {
  const { page, problems } = await openRewindable(t, 'real-time');
  await untilPlayer(page, 'real time plays', ({ protocol, phase }) => protocol === 'WebRTC' && phase === 'playing');
  t.equal(await page.locator('media-time-range').count(), 0, 'there is no bar to seek on');

  await page.getByRole('button', { name: 'Back 30 seconds' }).click();
  await untilPlayer(page, 'the past plays', ({ protocol, phase, behindSec }) => protocol !== 'WebRTC' && phase === 'playing' && (behindSec ?? 0) > FAR_SEC);
  // Tries to come back to real time would have been made by now.
  await untilPlayed(page, 8);
  t.match(await readPlayer(page), { protocol: 'LL-HLS', phase: 'playing' });

  await page.locator('media-live-button').click();
  await untilPlayer(page, 'real time plays again', ({ protocol, phase, behindSec }) => protocol === 'WebRTC' && phase === 'playing' && (behindSec ?? Infinity) < 2);
  t.same(problems, [], 'the page threw nothing');
});
