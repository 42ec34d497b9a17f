/// <reference lib="dom" />
import t from 'tap';
import type { Page } from 'playwright-core';
import { startApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';

const WATCH_SEC = 30;

t.test('a browser plays what OBS would send: 1080p, High profile, B-frames', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: ['360p'] } });
  const file = await makeSourceFile(t, obsLike({ size: '1920x1080', seconds: 30, bitrate: '6000k' }));
  const browser = await openChromium(t);
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));

  await page.goto(`${app.url}/ada`);
  await page.locator('[data-state=offline]').waitFor();
  publish(t, { url: app.publishUrl, args: copyOf(file, { loop: true }) });

  await t.test('an offline page turns into playback by itself', async (t) => {
    await page.locator('[data-state=live] video').waitFor({ timeout: 30_000 });
    await until('the picture moves', async () => ((await read(page)).currentTime > 0.5 ? true : undefined), 20_000);
    await countStalls(page);
    t.pass('playing without a reload');
  });

  await t.test('half a minute without a stall', async (t) => {
    const before = await read(page);
    const startMs = performance.now();
    await until('30 s of playback', async () => ((await read(page)).currentTime - before.currentTime >= WATCH_SEC ? true : undefined), (WATCH_SEC + 10) * 1000);
    t.ok((performance.now() - startMs) / 1000 < WATCH_SEC + 3, 'as fast as the clock');
    t.equal((await read(page)).stalls, 0, 'the picture never waited');
  });

  await t.test('the viewer changes the rung, and it goes on', async (t) => {
    for (const [quality, height] of [['360p', 360], ['source', 1080]] as const) {
      const before = await read(page);
      await page.locator(`media-chrome-menu-item[value="${quality}"]`).evaluate((item: HTMLElement) => item.click());
      await until(`the picture is ${height} lines high`, async () => ((await read(page)).height === height ? true : undefined), 30_000);
      t.ok((await read(page)).currentTime > before.currentTime, `${quality} plays on from where it was`);
    }
    t.equal((await read(page)).error, null, 'the video element saw no error');
  });

  await t.test('audio alone', async (t) => {
    await page.locator('media-chrome-menu-item[value="audio"]').evaluate((item: HTMLElement) => item.click());
    const from = await until('the picture is gone', async () => {
      const now = await read(page);
      return now.height === 0 && now.currentTime > 0 ? now : undefined;
    });
    await until('sound goes on', async () => ((await read(page)).currentTime > from.currentTime + 3 ? true : undefined));
    t.pass('sound plays without video');
  });

  t.same(problems, [], 'the page threw nothing');
});

interface VideoState {
  currentTime: number;
  height: number;
  stalls: number;
  error: number | null;
}

async function read(page: Page): Promise<VideoState> {
  return page.locator('video').first().evaluate((video: HTMLVideoElement) => ({
    currentTime: video.currentTime,
    height: video.videoHeight,
    stalls: Number(video.dataset['stalls'] ?? 0),
    error: video.error?.code ?? null,
  }));
}

/** Counts `waiting` events, from now on, on the element itself. */
async function countStalls(page: Page): Promise<void> {
  await page.locator('video').first().evaluate((video: HTMLVideoElement) => {
    video.addEventListener('waiting', () => { video.dataset['stalls'] = String(Number(video.dataset['stalls'] ?? 0) + 1); });
  });
}
