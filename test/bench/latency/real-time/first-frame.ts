/// <reference lib="dom" />
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { percentilesOf } from '../../measure/percentiles.js';
import type { Percentiles } from '../../measure/percentiles.js';
import { SLUG } from '../../systems/one-channel.js';
import { openPage } from '../viewer.js';

export interface FirstFrames {
  /** From the click on a stream to its first picture on the screen, ms. */
  clickMs: Percentiles | undefined;
  /** The same from the moment the page sends its offer. */
  offerMs: Percentiles | undefined;
  /** How often HLS was faster, or all there was. */
  withoutWebRtc: number;
}

interface FirstFrame {
  clickMs: number;
  offerMs: number | undefined;
  protocol: string | undefined;
}

const VISITS = 12;
/** Visits fall on different places between two key frames. */
const STAGGER_MS = 170;

/** Visits as people come: the page with the streams, a click, and a picture; each in a browser without a cache. */
export async function measureFirstFrames(browser: Browser, base: string, signal: AbortSignal): Promise<FirstFrames> {
  const frames: FirstFrame[] = [];
  for (let visit = 0; visit < VISITS; visit++) {
    signal.throwIfAborted();
    frames.push(await visitOnce(browser, base, visit * STAGGER_MS, signal));
  }
  const inRealTime = frames.filter(({ protocol }) => protocol === 'WebRTC');
  return {
    clickMs: percentilesOf(inRealTime.map(({ clickMs }) => clickMs)),
    offerMs: percentilesOf(inRealTime.flatMap(({ offerMs }) => offerMs ?? [])),
    withoutWebRtc: frames.length - inRealTime.length,
  };
}

async function visitOnce(browser: Browser, base: string, waitMs: number, signal: AbortSignal): Promise<FirstFrame> {
  const page = await openPage(browser, 'real-time');
  try {
    await page.goto(base);
    await page.locator(`a.card-link[href="/${SLUG}"]`).waitFor();
    await delay(waitMs, undefined, { signal });
    return await page.evaluate(clickAndWatch, SLUG);
  } finally {
    await page.context().close();
  }
}

/** Runs in the page. */
function clickAndWatch(slug: string): Promise<FirstFrame> {
  return new Promise((resolve) => {
    const clickedMs = performance.now();
    document.querySelector<HTMLElement>(`a.card-link[href="/${slug}"]`)?.click();
    const watch = (): void => {
      const video = document.querySelector('video');
      if (!video) return void requestAnimationFrame(watch);
      video.requestVideoFrameCallback((_now, { expectedDisplayTime }) => {
        const offeredMs = performance.getEntriesByType('resource').find(({ name }) => name.includes('/whep/'))?.startTime;
        resolve({
          clickMs: expectedDisplayTime - clickedMs,
          offerMs: offeredMs === undefined ? undefined : expectedDisplayTime - offeredMs,
          protocol: video.srcObject === null ? 'HLS' : 'WebRTC',
        });
      });
    };
    watch();
  });
}
