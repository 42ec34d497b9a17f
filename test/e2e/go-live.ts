/// <reference lib="dom" />
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import t from 'tap';
import type { Test } from 'tap';
import { stringOf } from '../support/app.js';
import { launchChromium, noChromium } from '../support/chromium.js';
import { end, publish } from '../support/publisher.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { untilPlayed, untilPlayer } from '../support/watching.js';

const noWorker = process.env['MEDIASOUP_WORKER_BIN'] ? false : 'there is no mediasoup worker (MEDIASOUP_WORKER_BIN)';
process.env['WEBRTC_PORT'] = '0';

const TEST_PICTURE = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '30', '-pix_fmt', 'yuv420p'];

t.test('a streamer goes live from the browser', { skip: noChromium || noWorker }, async (t) => {
  const server = await startServerProcess(t, { folder: await temporaryFolder(t), httpPort: await freePort(), rtmpPort: await freePort() });
  const browser = await openChromiumWithCamera(t);
  const { context, keyLabels, makeKey } = await signUp(browser, server.url);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  const untilOver = async () => {
    await until('the broadcast is over', async () => ((await broadcastOf(server.url)) === undefined ? true : undefined));
    await until('the key is revoked', async () => (/This browser/.test(await keyLabels()) ? undefined : true));
  };

  await t.test('sees the camera and the level of the microphone first', async (t) => {
    await page.goto(`${server.url}/studio/go-live`);
    await page.locator('.golive-stage[data-picture=camera]').waitFor();
    await until('a picture', async () => (await pictureHeight(page)) || undefined);
    t.match(await page.locator('select').first().innerText(), /fake/i);
    await until('the beep of the fake microphone', async () => ((await page.locator('.level-bar').getAttribute('data-loudness')) === 'silent' ? undefined : true));
    t.same(await broadcastOf(server.url), undefined, 'nobody sees it yet');
  });

  await t.test('and is on air, for viewers in real time', async (t) => {
    await page.getByRole('button', { name: 'Go live' }).click();
    await untilStand(page, 'live', 40_000);
    const viewer = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await viewer.goto(`${server.url}/ada`);
    await untilPlayer(viewer, 'it plays', ({ phase, protocol }) => phase === 'playing' && protocol === 'WebRTC', 30_000);
    t.equal((await untilPlayed(viewer, 5)).height > 0, true);
    await viewer.close();
    t.match(await until('figures', () => page.locator('[data-fact=sent-picture]').innerText()), /H264/i);
  });

  await t.test('switches the camera off and on without a new connection', async (t) => {
    const offers = countOffers(page);
    await page.getByRole('button', { name: 'Camera off' }).click();
    await page.locator('.golive-stage[data-picture=slate]').waitFor();
    await page.getByRole('button', { name: 'Camera on' }).click();
    await page.locator('.golive-stage[data-picture=camera]').waitFor();
    await until('still on air', async () => ((await standOf(page)) === 'live' ? true : undefined));
    t.equal(offers(), 0);
  });

  await t.test('loses the connection, and the same show goes on', async (t) => {
    const before = await broadcastOf(server.url);
    const offers = countOffers(page);
    const workers = workersOf(server.child.pid ?? 0);
    t.ok(workers.length > 0);
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await untilStand(page, 'reconnecting');
    await untilStand(page, 'live', 40_000);
    t.ok(offers() > 0);
    t.equal(await broadcastOf(server.url), before);
  });

  await t.test('is asked before a link ends the show', async (t) => {
    page.once('dialog', (dialog) => void dialog.dismiss());
    const asked = page.waitForEvent('dialog');
    await page.getByRole('link', { name: 'Studio', exact: true }).click({ noWaitAfter: true });
    t.equal((await asked).type(), 'beforeunload');
    t.equal(await standOf(page), 'live');
  });

  await t.test('ends it, and its key is gone', async (t) => {
    t.match(await keyLabels(), /This browser/);
    await page.getByRole('button', { name: 'End stream' }).click();
    await page.locator('dialog').getByRole('button', { name: 'End stream' }).click();
    await untilStand(page, 'offline');
    await untilOver();
  });

  await t.test('gives way to an encoder that takes the channel', async (t) => {
    await page.getByRole('button', { name: 'Go live' }).click();
    await untilStand(page, 'live', 40_000);
    const encoder = publish(t, { url: `rtmp://127.0.0.1:${server.rtmpPort}/live/${await makeKey()}`, args: TEST_PICTURE });
    const notice = page.getByText('Another encoder streams to your channel now');
    await notice.waitFor({ timeout: 30_000 });
    t.ok(await notice.isVisible());
    await end(encoder, 'SIGINT');
    await untilOver();
  });

  await t.test('who leaves the page ends the show, too', async (t) => {
    await page.getByRole('button', { name: 'Go live' }).click();
    await untilStand(page, 'live', 40_000);
    page.once('dialog', (dialog) => void dialog.accept());
    await page.goto(`${server.url}/health`);
    t.equal(page.url(), `${server.url}/health`, 'it was asked, and said yes');
    await untilOver();
  });

  t.same(problems, [], 'the page threw nothing');
});

/** A Chromium with a made-up camera and microphone, which asks nobody whether they may be used. */
async function openChromiumWithCamera(t: Test): Promise<Browser> {
  const browser = await launchChromium('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream');
  t.after(() => browser.close());
  return browser;
}

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-go-live-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The first account, ada, signed in on the pages of `context`. */
async function signUp(browser: Browser, url: string): Promise<{ context: BrowserContext; keyLabels: () => Promise<string>; makeKey: () => Promise<string> }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const reply = await context.request.post(`${url}/api/v1/auth/register`, { data: { username: 'ada', email: 'ada@example.org', password: 'correct horse' } });
  const headers = { 'authorization': `Bearer ${stringOf(await reply.json(), 'accessToken')}`, 'content-type': 'application/json' };
  const keys = `${url}/api/v1/channels/ada/stream-keys`;
  return {
    context,
    keyLabels: async () => await (await fetch(keys, { headers })).text(),
    makeKey: async () => stringOf(await (await fetch(keys, { method: 'POST', headers, body: '{"label":"OBS"}' })).json(), 'key'),
  };
}

/** The mediasoup workers of a server. */
function workersOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return children.filter((child) => readFileSync(`/proc/${child}/comm`, 'utf8').startsWith('mediasoup'));
}

async function pictureHeight(page: Page): Promise<number> {
  return page.locator('video').first().evaluate((video: HTMLVideoElement) => video.videoHeight);
}

async function standOf(page: Page): Promise<string | null> {
  return page.locator('.onair').getAttribute('data-state');
}

async function untilStand(page: Page, stand: string, deadlineMs = 20_000): Promise<void> {
  await page.locator(`.onair[data-state=${stand}]`).waitFor({ timeout: deadlineMs });
}

function countOffers(page: Page): () => number {
  let offers = 0;
  page.on('request', (request) => void (offers += Number(request.method() === 'POST' && request.url().endsWith('/whip'))));
  return () => offers;
}

async function broadcastOf(url: string): Promise<string | undefined> {
  const text = await (await fetch(`${url}/api/v1/live`)).text();
  return /"broadcasts":\[\]/.test(text) ? undefined : /"id":"([^"]+)"/.exec(text)?.[1];
}
