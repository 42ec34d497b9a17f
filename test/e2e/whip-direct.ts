/// <reference lib="dom" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Browser, Page } from 'playwright-core';
import { withServersNumbers } from '../../src/web/playback/webrtc/extension-numbers.js';
import { noChromium } from '../support/chromium.js';
import { LossyLink } from '../support/lossy-link.js';
import { noWorker, untilOffered } from '../support/real-time.js';
import { keepConnections, untilReceived } from '../support/received.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { untilPlayer } from '../support/watching.js';
import { makeKey, openChromiumWithCamera, publishCamera } from '../support/whip-camera.js';

/** Between the server and whoever is told of this address is a network of ours. One port for each worker. */
const NARROW = '127.0.0.3';
const WORKERS = 2;

t.test('viewers are sent the packets of a WHIP publisher as they are', { skip: noChromium || noWorker }, async (t) => {
  const port = await freePort();
  Object.assign(process.env, { WEBRTC_PORT: String(port), ANNOUNCED_ADDRESS: '127.0.0.1' });
  const links = await Promise.all(Array.from({ length: WORKERS }, (_value, i) => LossyLink.open(t, { address: NARROW, port: port + i }, '127.0.0.1')));
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-direct-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const server = await startServerProcess(t, { folder, httpPort: await freePort(), rtmpPort: await freePort() });
  const { key } = await makeKey(server.url);
  const browser = await openChromiumWithCamera(t);
  const camera = await browser.newPage();
  await camera.goto(`${server.url}/health`);

  await t.test('VP8 in layers: each viewer gets the one that its network carries', async (t) => {
    const session = await publishCamera(camera, { key, codec: 'video/VP8', layers: true });
    await untilOffered(server.url);
    const wide = await watch(browser, server.url);
    t.match(await untilReceived(wide, 'the largest layer comes', ({ height, framesDecoded }) => height === 480 && framesDecoded > 20), { codec: 'video/VP8' });
    const { behindSec } = await untilPlayer(wide, 'its delay is known', (now) => now.behindSec !== undefined);
    t.ok((behindSec ?? Infinity) < 1, `${behindSec} s behind`);

    for (const link of links) link.faults = { kbps: 280 };
    const narrow = await receive(browser, server.url, NARROW);
    const { framesDecoded } = await untilReceived(narrow, 'the smaller layer comes', ({ height }) => height === 240, 40_000);
    t.match(await untilReceived(narrow, 'it moves', (now) => now.height === 240 && now.framesDecoded > framesDecoded + 20), { codec: 'video/VP8' });
    t.match(await untilReceived(wide, 'the other viewer is sent the largest', ({ height }) => height === 480), { codec: 'video/VP8' });
    await narrow.close();
    await wide.close();
    await end(server.url, session);
  });

  await t.test('VP9: a viewer who has it gets it, and one who has not gets H.264', async (t) => {
    const session = await publishCamera(camera, { key, codec: 'video/VP9' });
    await untilOffered(server.url);
    const able = await watch(browser, server.url);
    t.match(await untilReceived(able, 'VP9 comes', ({ framesDecoded }) => framesDecoded > 20), { codec: 'video/VP9', height: 480 });
    const unable = await watch(browser, server.url, /VP9/);
    t.match(await untilReceived(unable, 'H.264 comes', ({ framesDecoded }) => framesDecoded > 20, 40_000), { codec: 'video/H264' });
    await unable.close();

    await publishCamera(camera, { key, codec: 'video/VP8' });
    t.match(await untilReceived(able, 'the next publisher is played', ({ codec, framesDecoded }) => codec === 'video/VP8' && framesDecoded > 20, 30_000), { height: 480 });
    await end(server.url, session).catch(() => undefined);
  });
});

/** Opens the watch page in real time, in a browser that lacks a codec when asked to. */
async function watch(browser: Browser, url: string, lacking?: RegExp): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await keepConnections(page);
  if (lacking !== undefined) await page.route('**/whep/*', (route) => route.continue({ postData: (route.request().postData() ?? '').replaceAll(new RegExp(`(a=rtpmap:\\d+ )(?:${lacking.source})/`, 'g'), '$1NONE/') }));
  await page.goto(`${url}/ada`);
  await untilPlayer(page, 'WebRTC plays', (now) => now.phase === 'playing' && now.protocol === 'WebRTC', 30_000);
  return page;
}

/** Receives by a connection that stays with real time, over another address of the server. */
async function receive(browser: Browser, url: string, address: string): Promise<Page> {
  const page = await browser.newPage();
  await keepConnections(page);
  await page.goto(`${url}/health`);
  const plain = await page.evaluate(async () => {
    const connection = new RTCPeerConnection();
    for (const kind of ['video', 'audio']) connection.addTransceiver(kind, { direction: 'recvonly' });
    return (await connection.createOffer()).sdp ?? '';
  });
  const offer = withServersNumbers(plain);
  const response = await fetch(`${url}/whep/ada`, { method: 'POST', body: offer, headers: { 'content-type': 'application/sdp' } });
  const answer = (await response.text()).replaceAll(/(a=candidate:.*) 127\.0\.0\.1 /g, `$1 ${address} `);
  await page.evaluate(async (sdp) => {
    const kept: unknown = Reflect.get(globalThis, 'connections');
    const connection: unknown = Array.isArray(kept) ? kept.at(-1) : undefined;
    if (!(connection instanceof RTCPeerConnection)) throw new Error('there is no connection');
    await connection.setLocalDescription({ type: 'offer', sdp: sdp.offer });
    await connection.setRemoteDescription({ type: 'answer', sdp: sdp.answer });
  }, { offer, answer });
  return page;
}

async function end(url: string, session: string): Promise<void> {
  await fetch(session, { method: 'DELETE' });
  await until('the broadcast is over', async () => (/"broadcasts":\[\]/.test(await (await fetch(`${url}/api/v1/live`)).text()) ? true : undefined));
}
