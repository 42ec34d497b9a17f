import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Page } from 'playwright-core';
import { noChromium, openChromium } from '../support/chromium.js';
import { LossyLink } from '../support/lossy-link.js';
import type { LinkFaults } from '../support/lossy-link.js';
import { publish } from '../support/publisher.js';
import { CAMERA, makeKey, measuredViewersOf, noWorker, untilOffered } from '../support/real-time.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { readPlayer, untilPlayed, untilPlayer } from '../support/watching.js';

/** Players are told of the front; between it and the server is a network of ours. One port for each worker. */
const FRONT = '127.0.0.2';
const WORKERS = 2;

t.test('real time over networks that are bad', { skip: noChromium || noWorker }, async (t) => {
  const port = await freePort();
  Object.assign(process.env, { WEBRTC_PORT: String(port), ANNOUNCED_ADDRESS: FRONT });
  const links = await Promise.all(Array.from({ length: WORKERS }, (_value, i) => LossyLink.open(t, { address: FRONT, port: port + i }, '127.0.0.1')));
  const suffer = (faults: LinkFaults): void => links.forEach((link) => { link.faults = faults; });
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-networks-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const server = await startServerProcess(t, { folder, httpPort: await freePort(), rtmpPort: await freePort() });
  publish(t, { url: `rtmp://127.0.0.1:${server.rtmpPort}/live/${await makeKey(server.url)}`, args: CAMERA });
  await untilOffered(server.url);
  const page = await (await openChromium(t)).newPage({ viewport: { width: 1280, height: 800 } });
  const playsBy = (protocol: string, deadlineMs: number) =>
    untilPlayer(page, `${protocol} plays`, (now) => now.phase === 'playing' && now.protocol === protocol, deadlineMs);
  await page.goto(`${server.url}/ada`);
  await playsBy('WebRTC', 20_000);

  for (const [what, faults] of [
    ['2 % loss', { loss: 0.02 }],
    ['10 % loss', { loss: 0.1 }],
    ['100 ms, 30 more or less', { delayMs: 100, jitterMs: 30 }],
  ] as const) {
    await t.test(`${what}: the picture keeps moving`, async (t) => {
      suffer(faults);
      const longestMs = await longestStandstill(page, 8_000);
      t.ok(longestMs < 5_000, `stood still for ${longestMs} ms`);
      t.ok(await until('it counts', async () => ((await measuredViewersOf(server.url)) === 1 ? true : undefined)));
      t.comment(`longest standstill ${longestMs} ms, ${JSON.stringify(await readPlayer(page))}`);
      suffer({});
      await untilPlayed(page, 2);
    });
  }

  await t.test('nothing gets through any more: low-latency HLS plays, and real time again when it does', async (t) => {
    await page.reload();
    await playsBy('WebRTC', 40_000);
    suffer({ isUdpBlocked: true, isTcpBlocked: true });
    const lostMs = performance.now();
    t.match(await playsBy('LL-HLS', 10_000), { latency: 'real-time' }, 'which is still what is wanted');
    t.comment(`LL-HLS after ${Math.round(performance.now() - lostMs)} ms`);
    suffer({});
    t.match(await playsBy('WebRTC', 60_000), { height: 720 });
  });

  await t.test('a firewall that lets no UDP through: WebRTC by TCP', async (t) => {
    suffer({ isUdpBlocked: true });
    await page.reload();
    t.match(await playsBy('WebRTC', 20_000), { height: 720 });
    await untilPlayed(page, 3);
  });
});

/** How long the picture stood still at most, ms. */
async function longestStandstill(page: Page, watchedMs: number): Promise<number> {
  return page.evaluate(async (limitMs) => {
    const startMs = performance.now();
    let [lastMs, longestMs, last] = [startMs, 0, -1];
    while (performance.now() - startMs < limitMs) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const frames = document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      if (frames !== last) lastMs = nowMs;
      last = frames;
    }
    return Math.round(longestMs);
  }, watchedMs);
}
