/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { until } from './until.js';

export interface Shown {
  isSlate: boolean;
  /** Code of the media element's error (HTML §4.8.11.1); undefined when it has none. */
  error: number | undefined;
  currentTime: number;
}

/** What is on the screen of a watch page: the slate's ground is a dark blue that no test picture has in its corner. */
export async function readShown(page: Page): Promise<Shown> {
  return page.locator('video').first().evaluate((video: HTMLVideoElement) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [16, 9];
    const context = canvas.getContext('2d');
    context?.drawImage(video, 0, 0, 16, 9);
    const [red = 255, green = 255, blue = 255] = context?.getImageData(1, 1, 1, 1).data ?? [];
    return { isSlate: video.videoWidth > 0 && red < 24 && green < 40 && blue < 50, error: video.error?.code, currentTime: video.currentTime };
  });
}

/** Resolves when the slate, or the stream, is on the screen and moves; gives how long that took, ms. */
export async function untilShown(page: Page, what: 'slate' | 'stream', deadlineMs = 20_000): Promise<number> {
  const startMs = performance.now();
  await until(`the ${what}`, async () => {
    const now = await readShown(page);
    if (now.error !== undefined) throw new Error(`the video element failed with ${now.error}`);
    return now.isSlate === (what === 'slate') || undefined;
  }, deadlineMs);
  return performance.now() - startMs;
}
