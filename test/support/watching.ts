/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { until } from './until.js';

/** What a watch page shows now. */
export interface Watching {
  phase: string | undefined;
  /** How media comes: `WebRTC`, `LL-HLS` or `HLS`. */
  protocol: string | undefined;
  currentTime: number;
  height: number;
  /** Interruptions since `countStalls`; jumps are none. */
  stalls: number;
  /** How far behind live the player says it is, seconds; undefined while it does not know. */
  behindSec: number | undefined;
  /** The latency that it is meant to play at: `real-time`, `ultra-low`, `balanced` or `stable`. */
  latency: string | undefined;
}

/** Reads the player of a watch page. */
export async function readPlayer(page: Page): Promise<Watching> {
  return page.locator('video').first().evaluate((video: HTMLVideoElement) => {
    const button = document.querySelector<HTMLElement>('.latency-button');
    const player = document.querySelector<HTMLElement>('media-controller');
    const behindSec = Number.parseFloat(button?.textContent ?? '');
    return {
      phase: player?.dataset['phase'],
      protocol: player?.dataset['protocol'],
      currentTime: video.currentTime,
      height: video.videoHeight,
      stalls: Number(video.dataset['stalls'] ?? 0),
      behindSec: Number.isFinite(behindSec) ? behindSec : undefined,
      latency: button?.dataset['latency'],
    };
  });
}

/** Counts interruptions from now on, on the element itself. */
export async function countStalls(page: Page): Promise<void> {
  await page.locator('video').first().evaluate((video: HTMLVideoElement) => {
    video.dataset['stalls'] = '0';
    video.addEventListener('waiting', () => {
      if (!video.seeking) video.dataset['stalls'] = String(Number(video.dataset['stalls']) + 1);
    });
  });
}

/** Waits until the player is as asked for. */
export async function untilPlayer(page: Page, what: string, isSo: (now: Watching) => boolean, deadlineMs = 20_000): Promise<Watching> {
  let last: Watching | undefined;
  try {
    return await until(what, async () => {
      last = await readPlayer(page);
      return isSo(last) ? last : undefined;
    }, deadlineMs);
  } catch (cause) {
    throw new Error(`${what}: ${JSON.stringify(last)}`, { cause });
  }
}

/** Waits until the picture has moved on by some seconds. */
export async function untilPlayed(page: Page, seconds: number): Promise<Watching> {
  const from = await readPlayer(page);
  return untilPlayer(page, `${seconds} s of playback`, (now) => now.currentTime - from.currentTime >= seconds, (seconds + 15) * 1000);
}
