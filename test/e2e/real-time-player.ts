/// <reference lib="dom" />
import t from 'tap';
import { startApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';
import { readPlayer, untilPlayed, untilPlayer } from '../support/watching.js';
import { WhepPage } from '../support/whep-page.js';

t.test('the player goes between WebRTC and HLS by itself', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const file = await makeSourceFile(t, obsLike({ size: '640x360', seconds: 60, bitrate: '800k' }));
  publish(t, { url: app.publishUrl, args: copyOf(file, { loop: true }) });
  const browser = await openChromium(t);
  const whep = await WhepPage.open(browser, app.url);
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const problems: string[] = [];
  const heartbeats: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    if (request.url().endsWith('/viewing')) heartbeats.push(request.url());
  });
  await whep.serve(page);

  await t.test('a new channel plays in real time', async (t) => {
    await page.goto(`${app.url}/ada`);
    const playing = await untilPlayer(page, 'WebRTC plays', ({ phase, protocol }) => phase === 'playing' && protocol === 'WebRTC', 30_000);
    t.equal(playing.latency, 'real-time');
    await untilPlayed(page, 6);
    t.same(heartbeats, [], 'the session itself is the sign of a viewer');
    t.same(whep.requests, ['POST']);
    t.equal(await page.locator('media-settings-menu[id$="-quality"] media-chrome-menu-item').count(), 2, 'the server chooses the quality: automatic, or sound only');
  });

  await t.test('a picture that stands still is replaced in less than three seconds', async (t) => {
    await whep.killSessions();
    const killedMs = performance.now();
    await until('another session', () => (whep.requests.filter((one) => one === 'POST').length === 2 ? true : undefined));
    await until('the old one has ended', () => (whep.requests.includes('DELETE') ? true : undefined));
    t.ok(performance.now() - killedMs < 3_000, `${Math.round(performance.now() - killedMs)} ms`);
    t.match(await untilPlayer(page, 'it plays', ({ phase }) => phase === 'playing'), { protocol: 'WebRTC' });
  });

  await t.test('when that does not help, HLS plays', async (t) => {
    whep.answers = 'nothing';
    await whep.killSessions();
    const killedMs = performance.now();
    await untilPlayer(page, 'HLS plays', ({ phase, protocol }) => phase === 'playing' && protocol === 'LL-HLS');
    t.ok(performance.now() - killedMs < 6_000, `${Math.round(performance.now() - killedMs)} ms`);
    await until('it tells that it watches', () => (heartbeats.length > 0 ? true : undefined));
    t.match(await page.locator('.menu-warning').textContent(), /not steady enough/);
  });

  await t.test('it comes back with a picture, and nobody sees how', async (t) => {
    whep.answers = 'picture';
    const before = whep.requests.length;
    await page.locator('video').evaluate((video: HTMLVideoElement) => {
      video.addEventListener('emptied', () => {
        const emptiedAtMs = performance.now();
        video.requestVideoFrameCallback(() => {
          video.dataset['blankMs'] = String(performance.now() - emptiedAtMs);
        });
      });
    });
    let hasStopped = false;
    await untilPlayer(page, 'WebRTC plays again', ({ phase, protocol }) => {
      hasStopped ||= phase !== 'playing';
      return protocol === 'WebRTC';
    }, 25_000);
    t.notOk(hasStopped, 'HLS played on meanwhile');
    const blankMs = Number(await until('a picture', () => page.locator('video').evaluate((video: HTMLVideoElement) => video.dataset['blankMs'])));
    t.ok(blankMs < 200, `${Math.round(blankMs)} ms between the pictures`);
    t.equal(whep.requests.length, before + 1);
    t.equal(await page.locator('video').evaluate((video: HTMLVideoElement) => video.paused), false);
  });

  await t.test('the viewer chooses otherwise, and back', async (t) => {
    await page.locator('media-chrome-menu-item[value="ultra-low"]').evaluate((item: HTMLElement) => item.click());
    await untilPlayer(page, 'HLS plays', ({ phase, protocol }) => phase === 'playing' && protocol === 'LL-HLS');
    t.equal(whep.requests.at(-1), 'DELETE');
    await page.locator('media-chrome-menu-item[value="channel"]').evaluate((item: HTMLElement) => item.click());
    await untilPlayer(page, 'WebRTC plays', ({ phase, protocol }) => phase === 'playing' && protocol === 'WebRTC');
    await page.locator('media-chrome-menu-item[value="audio"]').evaluate((item: HTMLElement) => item.click());
    await untilPlayer(page, 'sound alone', ({ phase, protocol, height }) => phase === 'playing' && protocol === 'LL-HLS' && height === 0);
    await page.locator('media-chrome-menu-item[value="auto"]').evaluate((item: HTMLElement) => item.click());
    await untilPlayer(page, 'the picture is back', ({ phase, protocol, height }) => phase === 'playing' && protocol === 'WebRTC' && height === 360);
    await untilPlayed(page, 2);
  });

  await t.test('whoever leaves says so', async (t) => {
    const goodbyes = () => whep.requests.filter((one) => one === 'DELETE').length;
    const before = goodbyes();
    await page.evaluate(() => window.dispatchEvent(new Event('pagehide')));
    t.equal(await until('a goodbye', () => (goodbyes() > before ? goodbyes() : undefined)), before + 1);
  });

  await t.test('a refusal is told in plain words', async (t) => {
    whep.answers = { status: 409, body: { status: 409, code: 'no_real_time', detail: 'this stream has no rendition that browsers play in real time' } };
    whep.requests.length = 0;
    await page.goto(`${app.url}/ada`);
    await untilPlayer(page, 'HLS plays', ({ phase, protocol }) => phase === 'playing' && protocol === 'LL-HLS', 30_000);
    t.equal(await page.locator('.menu-warning').textContent(), 'This stream has no rendition that browsers play in real time.');
    t.same(whep.requests, ['POST']);
  });

  t.same(problems, [], 'the page threw nothing');
  t.equal((await readPlayer(page)).latency, 'real-time');
});
