/// <reference lib="dom" />
import type { Browser, Page } from 'playwright-core';
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
