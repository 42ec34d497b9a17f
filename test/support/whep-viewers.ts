/// <reference lib="dom" />
import type { Browser, Page } from 'playwright-core';
import { withServersNumbers } from '../../src/web/playback/webrtc/extension-numbers.js';
import { keepConnections } from './received.js';
import { untilPlayer } from './watching.js';

/** Opens the watch page in real time, in a browser that lacks a codec when asked to. */
export async function watch(browser: Browser, url: string, lacking?: RegExp): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await keepConnections(page);
  if (lacking !== undefined) await page.route('**/whep/*', (route) => route.continue({ postData: (route.request().postData() ?? '').replaceAll(new RegExp(`(a=rtpmap:\\d+ )(?:${lacking.source})/`, 'g'), '$1NONE/') }));
  await page.goto(`${url}/ada`);
  await untilPlayer(page, 'WebRTC plays', (now) => now.phase === 'playing' && now.protocol === 'WebRTC', 30_000);
  return page;
}

/** Receives by a connection that stays with real time, over another address of the server. */
export async function receive(browser: Browser, url: string, address: string): Promise<Page> {
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
