/// <reference lib="dom" />
import t from 'tap';
import { startApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';
import { countStalls, readPlayer, untilPlayed, untilPlayer } from '../support/watching.js';

/** What the page asks for: with all that can be rewound to. */
const MULTIVARIANT = /\/hls\/ada\/dvr\.m3u8$/;

t.test('a browser plays with low latency, and its viewer says how low', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  await app.api('PATCH', '/api/v1/channels/ada', { latency: 'ultra-low' });
  const file = await makeSourceFile(t, obsLike({ size: '640x360', seconds: 60, bitrate: '800k' }));
  publish(t, { url: app.publishUrl, args: copyOf(file, { loop: true }) });
  const browser = await openChromium(t);
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const requests: string[] = [];
  const problems: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname + new URL(request.url()).search));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`${app.url}/ada`);
  await page.locator('[data-phase=playing]').waitFor({ timeout: 30_000 });

  await t.test("at the channel's latency, without a stall", async (t) => {
    t.equal((await untilPlayer(page, 'the delay is known', ({ behindSec }) => behindSec !== undefined)).latency, 'ultra-low');
    await countStalls(page);
    const { stalls, behindSec } = await untilPlayed(page, 15);
    t.equal(stalls, 0, 'the picture never waited');
    t.ok((behindSec ?? Infinity) < 4, `${behindSec} s behind`);
    t.ok(requests.some((request) => /dvr\.m3u8\?.*_HLS_part=/.test(request)), 'it waits for parts');
    t.ok(requests.some((request) => /\/source\/\d+\.\d+\.m4s$/.test(request)), 'and plays them');
  });

  await t.test('it is counted as a viewer', async (t) => {
    t.ok(requests.includes('/api/v1/channels/ada/viewing'), 'its player says so');
    t.equal(await viewersOf(app.url), 1);
  });

  await t.test('the streamer changes it while the show is on', async (t) => {
    await app.api('PATCH', '/api/v1/channels/ada', { latency: 'stable' });
    const { latency } = await untilPlayer(page, 'it plays further behind', ({ behindSec }) => (behindSec ?? 0) > 4.5);
    t.equal(latency, 'stable');
    requests.length = 0;
    const isWhole = (rendition: string) => requests.some((request) => new RegExp(`/${rendition}/\\d+\\.m4s$`).test(request));
    await until('whole segments come', () => isWhole('source') && isWhole('audio') || undefined);
    requests.length = 0;
    await untilPlayed(page, 4);
    t.notOk(requests.some((request) => /\d+\.\d+\.m4s$/.test(request)), 'and parts no more');
  });

  await t.test('the viewer chooses otherwise, with the keyboard alone', async (t) => {
    await page.locator('.latency-button').focus();
    await page.keyboard.press('Enter');
    const item = page.locator('media-chrome-menu-item[value="ultra-low"]');
    await item.waitFor({ state: 'visible' });
    await page.waitForFunction(() => document.activeElement?.localName === 'media-chrome-menu-item');
    t.same(await page.locator('media-settings-menu[id$="-latency"] media-chrome-menu-item').allInnerTexts().then((texts) => texts.map((text) => text.replace(/\s+/g, ' ').trim())), [
      'Channel’s choice Stable', 'Real time not now', 'Ultra low about 1 s', 'Balanced about 2.2 s', 'Stable about 6 s',
    ]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const { latency } = await untilPlayer(page, 'it plays nearer', ({ behindSec }) => (behindSec ?? Infinity) < 3);
    t.equal(latency, 'ultra-low');
    t.equal(await page.locator('video').evaluate((video: HTMLVideoElement) => video.error), null);
  });

  await t.test('the choice stays on this browser, until it is taken back', async (t) => {
    await page.reload();
    await untilPlayer(page, 'it plays as chosen', ({ phase, latency }) => phase === 'playing' && latency === 'ultra-low', 30_000);
    await page.locator('media-chrome-menu-item[value="channel"]').evaluate((item: HTMLElement) => item.click());
    await untilPlayer(page, 'the channel says', ({ latency }) => latency === 'stable');
    t.pass();
  });

  await t.test('who leaves is no viewer any more', async (t) => {
    await page.close();
    const leftMs = performance.now();
    await until('nobody watches', async () => ((await viewersOf(app.url)) === 0 ? true : undefined), 15_000);
    t.ok(performance.now() - leftMs < 10_500, 'within ten seconds');
  });

  await t.test("a viewer's clock may be wrong", async (t) => {
    const other = await browser.newPage();
    await other.addInitScript('{ const now = Date.now; Date.now = () => now() + 3_600_000; }');
    await other.addInitScript("localStorage.setItem('tidemark.latency', 'ultra-low')");
    await other.goto(`${app.url}/ada`);
    const { behindSec } = await untilPlayer(other, 'the delay is known', ({ phase, behindSec }) => phase === 'playing' && behindSec !== undefined, 30_000);
    t.ok((behindSec ?? Infinity) < 4, `${behindSec} s behind, by the clock of the server`);
    await other.close();
  });

  await t.test('a codec that this browser cannot play is named', async (t) => {
    const other = await browser.newPage();
    await other.route(MULTIVARIANT, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replaceAll(/avc1\.[0-9a-f]+/g, 'hvc1.1.6.L93.B0') });
    });
    await other.goto(`${app.url}/ada`);
    const notice = other.locator('.player .notice');
    await notice.waitFor({ timeout: 30_000 });
    t.match(await notice.innerText(), /^This stream is sent as HEVC, which this browser cannot play\./);
    t.equal(await other.locator('media-loading-indicator').count(), 0, 'no spinner promises a picture');
    await other.close();
  });

  await t.test('without sound too', async (t) => {
    const other = await browser.newPage();
    await other.route(MULTIVARIANT, (route) => route.fulfill({
      contentType: 'application/vnd.apple.mpegurl',
      body: '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="av01.0.05M.99"\nsource/dvr.m3u8\n',
    }));
    await other.goto(`${app.url}/ada`);
    const notice = other.locator('.player .notice');
    await notice.waitFor({ timeout: 30_000 });
    t.equal(await notice.innerText(), 'This stream is sent as AV1, which this browser cannot play. Another browser or device may.');
    await other.unroute(MULTIVARIANT);
    await untilPlayer(other, 'the streamer sent something else', ({ phase }) => phase === 'playing', 30_000);
    t.equal(await notice.count(), 0, 'and nobody had to reload');
    await other.close();
  });

  await t.test('with another rung that it can play, nothing is said', async (t) => {
    const other = await browser.newPage();
    await other.route(MULTIVARIANT, async (route) => {
      const response = await route.fetch();
      const [header = '', ...variants] = (await response.text()).split(/(?=#EXT-X-STREAM-INF)/);
      const hevc = (variants[0] ?? '').replace(/avc1\.[0-9a-f]+/, 'hvc1.1.6.L93.B0').replace('source/', 'hevc/');
      await route.fulfill({ response, body: [header, hevc, ...variants].join('') });
    });
    await other.goto(`${app.url}/ada`);
    await untilPlayer(other, 'a picture', ({ phase, height }) => phase === 'playing' && height === 360, 30_000);
    t.equal(await other.locator('.player .notice').count(), 0);
    t.equal((await readPlayer(other)).stalls, 0);
  });

  t.same(problems, [], 'the page threw nothing');
});

async function viewersOf(url: string): Promise<number> {
  const body: unknown = await (await fetch(`${url}/api/v1/live`)).json();
  return Number(/"viewers":(\d+)/.exec(JSON.stringify(body))?.[1] ?? -1);
}
