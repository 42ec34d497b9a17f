/// <reference lib="dom" />
import type { Browser, Page } from 'playwright-core';
import { BLOCKS, HEIGHT_SHARE } from './pattern.js';

export interface ViewerOptions {
  url: string;
  /** What the viewer chose in the player's menu. */
  latency: 'real-time' | 'ultra-low' | 'balanced' | 'stable';
  /** `source`, or a rung; undefined where the server chooses, which is in real time. */
  quality: string | undefined;
  /** Height of its picture, pixels. */
  height: number | undefined;
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
  /** Pictures that reached the screen between the first and the last of `shown`, both counted. */
  presentedFrames: number;
  rates: number[];
  /** Height of the picture, pixels, and how it came: `WebRTC`, `LL-HLS` or `HLS`. */
  height: number;
  protocol: string | undefined;
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
    const page = await openPage(browser, options.latency);
    await page.goto(options.url);
    await page.locator('[data-state=live] video').waitFor();
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.5);
    if (options.quality === undefined) await page.locator('media-controller[data-protocol=WebRTC]').waitFor();
    else await choose(page, options.quality, options.height);
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

/** A page of a browser whose viewer has chosen a latency. It has no more pixels than needed: without a graphics card each is drawn by the processor, thirty times a second. */
export async function openPage(browser: Browser, latency: ViewerOptions['latency']): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  await context.addInitScript((chosen) => window.localStorage.setItem('tidemark.latency', chosen), latency);
  const page = await context.newPage();
  page.setDefaultTimeout(START_DEADLINE_MS);
  return page;
}

async function choose(page: Page, quality: string, height: number | undefined): Promise<void> {
  await page.locator(`media-chrome-menu-item[value="${quality}"]`).evaluate((item: HTMLElement) => item.click());
  await page.waitForFunction((wanted) => document.querySelector('video')?.videoHeight === wanted, height);
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
  let [firstPresented, lastPresented] = [0, 0];
  const onFrame = (_now: number, metadata: { expectedDisplayTime: number; presentedFrames: number }): void => {
    lastPresented = metadata.presentedFrames;
    firstPresented ||= lastPresented;
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
    return {
      shown, stalls, stalledMs, seeks, rates: [...rates],
      droppedFrames: now.droppedVideoFrames - before.droppedVideoFrames,
      totalFrames: now.totalVideoFrames - before.totalVideoFrames,
      presentedFrames: lastPresented - firstPresented + 1,
      height: video.videoHeight,
      protocol: document.querySelector<HTMLElement>('media-controller')?.dataset['protocol'],
    };
  };
  Object.assign(window, { viewing });
}
