/// <reference lib="dom" />
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { noChromium, openChromium, openMortalChromium } from '../support/chromium.js';
import { publish } from '../support/publisher.js';
import { CAMERA, makeKey, measuredViewersOf, noWorker, untilOffered } from '../support/real-time.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { untilPlayed, untilPlayer } from '../support/watching.js';

process.env['WEBRTC_PORT'] = '0';

t.test('a browser plays an RTMP push in real time', { skip: noChromium || noWorker }, async (t) => {
  const server = await startServerProcess(t, { folder: await temporaryFolder(t), httpPort: await freePort(), rtmpPort: await freePort() });
  publish(t, { url: `rtmp://127.0.0.1:${server.rtmpPort}/live/${await makeKey(server.url)}`, args: CAMERA });
  await untilOffered(server.url);
  const page = await (await openChromium(t)).newPage({ viewport: { width: 1280, height: 800 } });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  const playsBy = (protocol: string, deadlineMs = 20_000) =>
    untilPlayer(page, `${protocol} plays`, (now) => now.phase === 'playing' && now.protocol === protocol, deadlineMs);

  await t.test('below a second behind, and says how far', async (t) => {
    await page.goto(`${server.url}/ada`);
    t.match(await playsBy('WebRTC'), { latency: 'real-time' });
    const { behindSec, height } = await untilPlayed(page, 5);
    t.ok((behindSec ?? Infinity) < 1, `${behindSec} s behind`);
    t.equal(height, 720);
    await page.locator('button[aria-label="Statistics"]').click();
    const stat = (name: string) => page.locator(`[data-stat=${name}]`).innerText();
    t.equal(await stat('protocol'), 'WebRTC');
    t.match(await until('the codecs are known', async () => ((await stat('codecs')) === 'unknown' ? undefined : stat('codecs'))), /H264/i);
    t.match(await stat('level'), /^1280×720 · /);
  });

  await t.test('one viewer counts once', async (t) => {
    t.equal(await until('somebody is counted', async () => (await viewersOf(server.url)) || undefined), 1);
  });

  await t.test('the worker dies: the picture is back in less than three seconds', async (t) => {
    const [worker] = workersOf(server.child.pid ?? 0);
    const posts = countPosts(page);
    for (const pid of workersOf(server.child.pid ?? 0)) process.kill(pid, 'SIGKILL');
    const killedMs = performance.now();
    t.ok(worker !== undefined, 'there was one');
    await until('another session', () => (posts() > 0 ? true : undefined));
    // A new session counts from nothing.
    let least = Infinity;
    await until('new pictures', async () => {
      const frames = await shownFrames(page);
      least = Math.min(least, frames);
      return frames > least + 5 || undefined;
    });
    t.ok(performance.now() - killedMs < 3_000, `${Math.round(performance.now() - killedMs)} ms`);
    t.match(await playsBy('WebRTC'), { height: 720 });
  });

  await t.test('a full server: low-latency HLS plays, and real time again when there is room', async (t) => {
    await page.route('**/whep/*', (route) => (route.request().method() === 'POST'
      ? route.fulfill({ status: 503, headers: { 'retry-after': '5', 'content-type': 'application/problem+json' }, body: '{"status":503,"code":"too_many_viewers","detail":"all places are taken"}' })
      : route.continue()));
    await page.reload();
    await playsBy('LL-HLS', 30_000);
    t.equal(await page.locator('.menu-warning').textContent(), 'All places are taken.');
    await page.unroute('**/whep/*');
    await playsBy('WebRTC', 40_000);
    const { behindSec } = await untilPlayer(page, 'the delay is that of real time', (now) => (now.behindSec ?? Infinity) < 0.9);
    t.ok((behindSec ?? Infinity) < 0.9, `${behindSec} s behind`);
    t.equal(await page.locator('.menu-warning').count(), 0);
  });

  await t.test('who leaves is no viewer any more', async (t) => {
    await page.close();
    t.equal(await until('nobody watches', async () => ((await viewersOf(server.url)) === 0 ? 0 : undefined), 12_000), 0);
  });

  await t.test('who was killed is no viewer ten seconds later', async (t) => {
    const { browser, kill } = await openMortalChromium(t);
    await (await browser.newPage()).goto(`${server.url}/ada`);
    const untilCounted = (count: number, deadlineMs: number) => until(`the API and the metrics say ${count}`, async () => {
      const counts = await Promise.all([viewersOf(server.url), measuredViewersOf(server.url)]);
      return counts.every((one) => one === count) || undefined;
    }, deadlineMs);
    await untilCounted(1, 30_000);
    await kill();
    const killedMs = performance.now();
    t.ok(await untilCounted(0, 10_000));
    t.comment(`missed after ${Math.round(performance.now() - killedMs)} ms`);
  });

  t.same(problems, [], 'the page threw nothing');
});

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-real-time-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The mediasoup workers among a process's children. */
function workersOf(parent: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return /\(mediasoup/.test(stat) && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

function countPosts(page: Page): () => number {
  let posts = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes('/whep/')) posts++;
  });
  return () => posts;
}

async function shownFrames(page: Page): Promise<number> {
  return page.locator('video').evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames);
}

async function viewersOf(url: string): Promise<number> {
  return Number(/"viewers":(\d+)/.exec(await (await fetch(`${url}/api/v1/live`)).text())?.[1] ?? -1);
}
