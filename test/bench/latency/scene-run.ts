import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { Children } from '../measure/children.js';
import { until } from '../measure/wait.js';
import { SLUG } from '../systems/one-channel.js';
import { measure } from './case.js';
import type { CaseResult } from './case.js';
import { measureLipSync, startFlashing } from './real-time/lip-sync.js';
import type { LipSync } from './real-time/lip-sync.js';
import { Publisher } from './publisher.js';
import { LIP_SYNC } from './scenes.js';
import type { Scene } from './scenes.js';
import { startSite } from './site.js';
import type { Site } from './site.js';

export const PICTURE = { width: 1280, height: 720, fps: 30, kbps: 2500 };
const LIVE_DEADLINE_MS = 60_000;
const BETWEEN_CASES_MS = 2_000;

export interface SceneRunOptions {
  /** Where each scene gets a folder of its own. */
  folder: string;
  ffmpegPath: string;
  browser: Browser;
  seconds: number;
  warmUp: number;
  signal: AbortSignal;
  say: (text: string) => void;
}

export interface SceneResult {
  ladder: Scene['ladder'];
  publisher: { encoder: string; skippedFrames: number };
  nginxMissing: string | undefined;
  results: CaseResult[];
}

/** Starts a server and a publisher, and measures each case of a scene. */
export async function runScene(scene: Scene, options: SceneRunOptions): Promise<SceneResult> {
  const withNginx = scene.cases.some(({ through }) => through === 'nginx');
  return withSite({ ...options, ladder: scene.ladder, withNginx, name: scene.cases[0]?.name ?? '' }, async (site) => {
    const publisher = await Publisher.start({ ffmpegPath: options.ffmpegPath, url: site.publishUrl, ...PICTURE, encoding: scene.encoding });
    try {
      await untilLive(site, { rung: scene.ladder === 'off' ? 'source' : scene.ladder.at(-1) ?? '', needsRealTime: scene.cases.some(({ latency }) => latency === 'real-time'), failure: () => publisher.failure, signal: options.signal });
      const results = await measureAll(scene, { site, publisher }, options);
      return { ladder: scene.ladder, publisher: { encoder: scene.encoding.description, skippedFrames: publisher.skipped }, nginxMissing: site.nginxMissing, results };
    } finally {
      await publisher.stop();
    }
  });
}

/** The same with a publisher that flashes and beeps. */
export async function runLipSync(options: SceneRunOptions): Promise<LipSync> {
  return withSite({ ...options, ladder: 'off', withNginx: false, name: LIP_SYNC }, async (site, children) => {
    const seconds = (LIVE_DEADLINE_MS * 2) / 1000 + options.seconds + options.warmUp;
    const publisher = await startFlashing({ ffmpegPath: options.ffmpegPath, url: site.publishUrl, seconds, children });
    await untilLive(site, { rung: 'source', needsRealTime: true, failure: () => (publisher.hasExited ? `the publisher ${publisher.lastWords}` : undefined), signal: options.signal });
    return await measureLipSync(options.browser, site.direct, { seconds: options.seconds, warmUpSec: options.warmUp, signal: options.signal });
  });
}

async function withSite<T>(options: SceneRunOptions & { ladder: Scene['ladder']; withNginx: boolean; name: string }, work: (site: Site, children: Children) => Promise<T>): Promise<T> {
  const children = new Children();
  const folder = path.join(options.folder, options.name);
  await mkdir(folder);
  let site: Site | undefined;
  try {
    site = await startSite({ ...options, folder, children });
    return await work(site, children);
  } finally {
    await site?.stop();
    await children.stopAll();
  }
}

async function untilLive({ direct }: Site, options: { rung: string; needsRealTime: boolean; failure: () => string | undefined; signal: AbortSignal }): Promise<void> {
  await until('the stream is live', async () => {
    const failure = options.failure();
    if (failure !== undefined) throw new Error(failure);
    const response = await fetch(`${direct}/hls/${SLUG}/master.m3u8`).catch(() => undefined);
    if (response?.ok !== true || !(await response.text()).includes(options.rung)) return false;
    return !options.needsRealTime || (await (await fetch(`${direct}/api/v1/live`)).text()).includes(`"whep":"/whep/${SLUG}"`);
  }, { deadlineMs: LIVE_DEADLINE_MS, signal: options.signal });
}

async function measureAll(scene: Scene, { site, publisher }: { site: Site; publisher: Publisher }, options: SceneRunOptions): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const one of scene.cases) {
    const base = site[one.through];
    if (base === undefined) continue;
    if (publisher.failure !== undefined) throw new Error(publisher.failure);
    const result = await measure(one, { browser: options.browser, base, publisher, serverPid: site.server.pid, seconds: options.seconds, warmUpSec: options.warmUp, signal: options.signal });
    options.say(`${one.name}: p50 ${result.glassToGlassMs?.p50} ms, p95 ${result.glassToGlassMs?.p95} ms, ${result.stalls} stalls; load ${result.loadAverage}`);
    results.push(result);
    await delay(BETWEEN_CASES_MS, undefined, { signal: options.signal });
  }
  return results;
}
