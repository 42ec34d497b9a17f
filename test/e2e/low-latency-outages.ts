/// <reference lib="dom" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { startApp, stringOf } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { countStalls, untilPlayed, untilPlayer } from '../support/watching.js';

const source = (t: Test) => makeSourceFile(t, obsLike({ size: '640x360', seconds: 60, bitrate: '800k' }));

/** A page that plays with ultra-low latency, and a mark on it that a reload would remove. */
async function openPlaying(t: Test, url: string): Promise<Page> {
  const page = await (await openChromium(t)).newPage();
  await page.addInitScript("localStorage.setItem('tidemark.latency', 'ultra-low')");
  await page.goto(`${url}/ada`);
  await page.locator('[data-phase=playing]').waitFor({ timeout: 30_000 });
  await page.evaluate(() => { document.body.dataset['opened'] = 'once'; });
  return page;
}

t.test('the publisher is away for longer than a playlist waits, then the picture goes on by itself', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const file = await source(t);
  const publisher = publish(t, { url: app.publishUrl, args: copyOf(file, { loop: true }) });
  const page = await openPlaying(t, app.url);
  await untilPlayed(page, 5);
  await end(publisher, 'SIGKILL');
  await page.locator('[data-state=reconnecting]').waitFor();
  // A playlist request waits for three target durations: six seconds.
  const away = await untilPlayed(page, 8);
  t.equal(away.phase, 'playing', 'the server sends pictures for the gap');
  t.equal(await page.locator('.watch-status').innerText(), 'The streamer’s connection was lost. The show goes on when it is back.');
  t.equal(await page.locator('.player .notice').count(), 0, 'nothing covers them');

  publish(t, { url: app.publishUrl, args: copyOf(file, { loop: true }) });
  await page.locator('[data-state=live]').waitFor();
  await untilPlayed(page, 3);
  await countStalls(page);
  const { stalls, behindSec } = await untilPlayed(page, 8);
  t.equal(stalls, 0, 'and goes on without stumbling');
  t.ok((behindSec ?? Infinity) < 6, `${behindSec} s behind, not the length of the outage`);
  t.equal(await page.evaluate(() => document.body.dataset['opened']), 'once', 'nothing was reloaded');
});

t.test('the server restarts: the page plays the next broadcast by itself', { skip: noChromium }, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-restart-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const ports = { httpPort: await freePort(), rtmpPort: await freePort() };
  const file = await source(t);
  const first = await startServerProcess(t, { folder, ...ports });
  const url = `rtmp://127.0.0.1:${ports.rtmpPort}/live/${await makeKey(first.url)}`;
  const publisher = publish(t, { url, args: copyOf(file, { loop: true }) });
  const page = await openPlaying(t, first.url);
  await untilPlayed(page, 3);
  await end(first.child, 'SIGKILL');
  await end(publisher);
  await startServerProcess(t, { folder, ...ports });
  publish(t, { url, args: copyOf(file, { loop: true }) });
  const { behindSec } = await untilPlayer(page, 'it plays', ({ phase, currentTime, behindSec }) => phase === 'playing' && currentTime > 0.5 && (behindSec ?? Infinity) < 4, 45_000);
  await untilPlayed(page, 4);
  t.pass(`${behindSec} s behind`);
  t.equal(await page.evaluate(() => document.body.dataset['opened']), 'once', 'nothing was reloaded');
});

async function makeKey(url: string): Promise<string> {
  const post = async (where: string, body: object, token = ''): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
    return (await fetch(url + where, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const token = stringOf(await post('/api/v1/auth/register', { username: 'ada', email: 'ada@example.org', password: 'correct horse' }), 'accessToken');
  return stringOf(await post('/api/v1/channels/ada/stream-keys', { label: 'test' }, token), 'key');
}
