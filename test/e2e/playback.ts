/// <reference lib="dom" />
import t from 'tap';
import { startApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { countStalls, readPlayer, untilPlayed, untilPlayer } from '../support/watching.js';

const WATCH_SEC = 30;

t.test('a browser plays what OBS would send: 1080p, High profile, B-frames', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: ['360p'] } });
  await app.api('PATCH', '/api/v1/channels/ada', { latency: 'balanced' });
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
    await untilPlayer(page, 'the picture moves', ({ currentTime }) => currentTime > 0.5);
    await countStalls(page);
    t.pass('playing without a reload');
  });

  await t.test('half a minute without a stall', async (t) => {
    const before = await readPlayer(page);
    const startMs = performance.now();
    await untilPlayer(page, '30 s of playback', ({ currentTime }) => currentTime - before.currentTime >= WATCH_SEC, (WATCH_SEC + 10) * 1000);
    t.ok((performance.now() - startMs) / 1000 < WATCH_SEC + 3, 'as fast as the clock');
    t.equal((await readPlayer(page)).stalls, 0, 'the picture never waited');
  });

  await t.test('the viewer changes the rung, and it goes on', async (t) => {
    for (const [quality, height] of [['360p', 360], ['source', 1080]] as const) {
      const before = await readPlayer(page);
      await page.locator(`media-chrome-menu-item[value="${quality}"]`).evaluate((item: HTMLElement) => item.click());
      const after = await untilPlayer(page, `the picture is ${height} lines high`, (now) => now.height === height, 30_000);
      t.ok(after.currentTime > before.currentTime, `${quality} plays on from where it was`);
    }
    t.equal(await page.locator('video').evaluate((video: HTMLVideoElement) => video.error), null, 'the video element saw no error');
  });

  await t.test('the server gives up a rung: who watches it goes on with another', async (t) => {
    await page.locator('media-chrome-menu-item[value="auto"]').evaluate((item: HTMLElement) => item.click());
    await untilPlayer(page, 'the source plays', ({ height }) => height === 1080);
    await countStalls(page);
    await page.route('**/api/v1/channels/ada/live', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace('"droppedRenditions":[]', '"droppedRenditions":["source"]');
      await route.fulfill({ response, body });
    });
    const { stalls } = await untilPlayer(page, 'the other rung plays', ({ height }) => height === 360, 30_000);
    t.equal(stalls, 0);
    await untilPlayed(page, 3);
    t.equal(await page.locator('media-chrome-menu-item[value="source"]').count(), 0, 'and it is on no menu');
  });

  await t.test('audio alone', async (t) => {
    await page.locator('media-chrome-menu-item[value="audio"]').evaluate((item: HTMLElement) => item.click());
    const from = await untilPlayer(page, 'the picture is gone', ({ height, currentTime }) => height === 0 && currentTime > 0);
    await untilPlayer(page, 'sound goes on', ({ currentTime }) => currentTime > from.currentTime + 3);
    t.pass('sound plays without video');
  });

  t.same(problems, [], 'the page threw nothing');
});
