/// <reference lib="dom" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import type { Test } from 'tap';
import { noChromium } from '../support/chromium.js';
import { segmentsOf, untilPlaylist } from '../support/hls.js';
import { noWorker, untilOffered } from '../support/real-time.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { untilPlayed, untilPlayer } from '../support/watching.js';
import { makeKey, openChromiumWithCamera, publishCamera } from '../support/whip-camera.js';

process.env['WEBRTC_PORT'] = '0';

t.test('a browser publishes its camera by WHIP', { skip: noChromium || noWorker }, async (t) => {
  const server = await startServerProcess(t, { folder: await temporaryFolder(t), httpPort: await freePort(), rtmpPort: await freePort() });
  const { id, key, headers } = await makeKey(server.url);
  const healthOf = async (): Promise<unknown> => (await fetch(`${server.url}/api/v1/channels/ada/health`, { headers })).json();
  const untilOver = () => until('the broadcast is over', async () => (/"broadcasts":\[\]/.test(await (await fetch(`${server.url}/api/v1/live`)).text()) ? true : undefined));
  const end = async (session: string): Promise<void> => {
    if ((await fetch(session, { method: 'DELETE' })).status !== 200) throw new Error('the session was not there');
    await untilOver();
  };
  const browser = await openChromiumWithCamera(t);
  const camera = await browser.newPage();
  await camera.goto(`${server.url}/health`);

  await t.test('in H.264: WebRTC and low-latency HLS play it', async (t) => {
    const session = await publishCamera(camera, { key });
    await untilOffered(server.url);
    const viewer = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await viewer.goto(`${server.url}/ada`);
    await untilPlayer(viewer, 'WebRTC plays', (now) => now.phase === 'playing' && now.protocol === 'WebRTC');
    await untilPlayed(viewer, 4);
    const { behindSec, height } = await untilPlayer(viewer, 'its delay is known', (now) => now.behindSec !== undefined);
    t.ok((behindSec ?? Infinity) < 1, `${behindSec} s behind`);
    t.equal(height, 480);
    t.ok(await isHeard(viewer), 'Opus arrives');

    const master = await untilPlaylist(`${server.url}/hls/ada/master.m3u8`, 'sound and picture', (text) => /TYPE=AUDIO/.test(text) && /RESOLUTION=640x480/.test(text));
    t.match(master, /CODECS="avc1\.42[^"]*mp4a\.40\.2"/);
    await viewer.route('**/whep/*', (route) => route.fulfill({ status: 503, headers: { 'retry-after': '60', 'content-type': 'application/problem+json' }, body: '{"status":503,"code":"too_many_viewers"}' }));
    await viewer.reload();
    await untilPlayer(viewer, 'HLS plays', (now) => now.phase === 'playing' && /HLS/.test(now.protocol ?? ''), 30_000);
    await untilPlayed(viewer, 4);
    await viewer.close();

    await end(session);
  });

  for (const codec of ['VP8', 'VP9', 'AV1']) {
    await t.test(`in ${codec}: it becomes H.264 and AAC`, async (t) => {
      const session = await publishCamera(camera, { key, codec: `video/${codec}` });
      const master = await untilPlaylist(`${server.url}/hls/ada/master.m3u8`, 'a picture in H.264', (text) => /avc1\.64/.test(text), 40_000);
      t.match(master, /mp4a\.40\.2/);
      t.match(await healthOf(), { publication: { protocol: 'whip' }, source: { codec: codec.toLowerCase(), width: 640, height: 480, audio: { codec: 'opus' } } });
      const rung = /^(?!#).*(?:480|360)p.*\.m3u8$/m.exec(master)?.[0] ?? 'none';
      // A camera's pictures come when they come: on a busy machine, parts are not all as long as the RFC asks.
      const { href } = new URL(rung, `${server.url}/hls/ada/master.m3u8`);
      await until('segments', async () => (segmentsOf(await (await fetch(href)).text()).length >= 3 ? true : undefined), 30_000);
      await end(session);
    });
  }

  await t.test('in layers: the largest is taken', async (t) => {
    const session = await publishCamera(camera, { key, layers: true });
    await untilPlaylist(`${server.url}/hls/ada/master.m3u8`, 'the whole picture', (text) => /RESOLUTION=640x480/.test(text), 30_000);
    t.match(await healthOf(), { source: { codec: 'h264', width: 640, height: 480 } });
    await end(session);
  });

  await t.test('a page that is closed may come back; a key that is revoked ends the show', async (t) => {
    const other = await browser.newPage();
    await other.goto(`${server.url}/health`);
    await publishCamera(other, { key });
    await until('it is live', async () => (stateOf(await healthOf()) === 'live' ? true : undefined), 30_000);
    await other.close();
    await until('it waits for the publisher', async () => (stateOf(await healthOf()) === 'reconnecting' ? true : undefined), 15_000);
    await publishCamera(camera, { key });
    await until('it goes on', async () => (stateOf(await healthOf()) === 'live' ? true : undefined), 30_000);
    t.equal((await fetch(`${server.url}/api/v1/channels/ada/stream-keys/${id}`, { method: 'DELETE', headers })).status < 300, true);
    await untilOver();
    await until('the camera hears of it', () => camera.evaluate(() => {
      const connection: unknown = Reflect.get(globalThis, 'connection');
      return connection instanceof RTCPeerConnection && connection.connectionState !== 'connected' ? true : undefined;
    }), 20_000);
  });
});

/** Whether sound of the page's player moves. */
async function isHeard(page: Page): Promise<boolean> {
  return page.locator('video').evaluate((video: HTMLVideoElement) => {
    const { srcObject } = video;
    return srcObject instanceof MediaStream && srcObject.getAudioTracks().some(({ muted, readyState }) => !muted && readyState === 'live');
  });
}

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-whip-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function stateOf(health: unknown): unknown {
  return typeof health === 'object' && health !== null ? Reflect.get(health, 'state') : undefined;
}
