/// <reference lib="dom" />
import type { Browser, Page } from 'playwright-core';
import { BLOCKS, HEIGHT_SHARE } from './pattern.js';

export interface ViewerOptions {
  url: string;
  /** What the viewer chose in the player's menu. */
  latency: 'ultra-low' | 'balanced' | 'stable';
  /** `source`, or a rung. */
  quality: string;
  /** Height of its picture, pixels. */
  height: number;
}

/** What a viewer saw; times are ms since 1970 on the browser's clock. */
export interface Viewing {
  /** Pictures in the order they were shown, each with the blocks that were in it. */
  shown: { atMs: number; bits: string }[];
  /** How often, and how long, the picture waited for media. */
  stalls: number;
  stalledMs: number;
  seeks: number;
  droppedFrames: number;
  totalFrames: number;
  rates: number[];
}

const START_DEADLINE_MS = 45_000;

/** A page of ours in a browser, as somebody opens it. */
export class Viewer {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Opens the watch page and resolves when it plays the wanted quality. */
  static async open(browser: Browser, options: ViewerOptions): Promise<Viewer> {
    // A small window: without a graphics card each pixel of it is drawn by the processor, thirty times a second.
    const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
    await context.addInitScript((latency) => window.localStorage.setItem('tidemark.latency', latency), options.latency);
    const page = await context.newPage();
    page.setDefaultTimeout(START_DEADLINE_MS);
    await page.goto(options.url);
    await page.locator('[data-state=live] video').waitFor();
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.5);
    await page.locator(`media-chrome-menu-item[value="${options.quality}"]`).evaluate((item: HTMLElement) => item.click());
    await page.waitForFunction((height) => document.querySelector('video')?.videoHeight === height, options.height);
    return new Viewer(page);
  }

  /** Starts to look. */
  async record(): Promise<void> {
    await this.#page.evaluate(startRecording, { blocks: BLOCKS, heightShare: HEIGHT_SHARE });
  }

  /** What was seen since `record`. */
  async take(): Promise<Viewing> {
    return this.#page.evaluate(() => (window as unknown as { viewing: () => Viewing }).viewing());
  }

  async close(): Promise<void> {
    await this.#page.context().close();
  }
}

/** Runs in the page. A picture is read in the callback that says when it is on the screen. */
function startRecording({ blocks, heightShare }: { blocks: number; heightShare: number }): void {
  const video = document.querySelector('video');
  const pixels = 8;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [blocks * pixels, pixels];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!video || !context) throw new Error('no video');
  const shown: { atMs: number; bits: string }[] = [];
  const rates = new Set<number>([video.playbackRate]);
  const before = video.getVideoPlaybackQuality();
  let [stalls, stalledMs, seeks] = [0, 0, 0];
  let waitingSinceMs: number | undefined;
  const onFrame = (_now: number, metadata: { expectedDisplayTime: number }): void => {
    const atMs = Date.now() + metadata.expectedDisplayTime - performance.now();
    context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * heightShare, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, pixels / 2, canvas.width, 1);
    let bits = '';
    for (let block = 0; block < blocks; block++) bits += (data[(block * pixels + pixels / 2) * 4] ?? 0) > 128 ? '1' : '0';
    shown.push({ atMs, bits });
    if (waitingSinceMs !== undefined) stalledMs += performance.now() - waitingSinceMs;
    waitingSinceMs = undefined;
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  video.addEventListener('waiting', () => {
    stalls++;
    waitingSinceMs ??= performance.now();
  });
  video.addEventListener('seeking', () => { seeks++; });
  video.addEventListener('ratechange', () => rates.add(video.playbackRate));
  const viewing = (): Viewing => {
    const now = video.getVideoPlaybackQuality();
    return { shown, stalls, stalledMs, seeks, rates: [...rates], droppedFrames: now.droppedVideoFrames - before.droppedVideoFrames, totalFrames: now.totalVideoFrames - before.totalVideoFrames };
  };
  Object.assign(window, { viewing });
}
