import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { Publisher } from '../ingest/publisher.js';
import type { SourceFile } from '../ingest/publisher.js';
import { streamNames } from '../ingest/system.js';
import type { RunningSystem, System } from '../ingest/system.js';
import { Children } from '../measure/children.js';
import { until } from '../measure/wait.js';

export interface ShowsOptions {
  system: System;
  shows: number;
  source: SourceFile;
  ffmpegPath: string;
  /** Its subfolder `run` is made and removed. */
  workFolder: string;
  signal: AbortSignal;
}

const live = z.object({ broadcasts: z.array(z.object({ id: z.string(), channel: z.object({ slug: z.string() }) })) });
/** Segments of a show before it ends. */
const SEGMENTS = 4;
const LIVE_DEADLINE_MS = 60_000;
const VOD_DEADLINE_MS = 10_000;
const POLL_MS = 5;

/** Ends shows one after the other while the others go on: from the signal that ends each encoder to its recording's playlists, ms. */
export async function measureTimesToVod(options: ShowsOptions): Promise<number[]> {
  const { system, shows, signal } = options;
  const children = new Children();
  const encoders = Array.from({ length: shows }, () => new Children());
  const folder = path.join(options.workFolder, 'run');
  await mkdir(folder, { recursive: true });
  try {
    const running = await system.start({ streams: shows, folder, ffmpegPath: options.ffmpegPath, children, signal });
    await goLive(running, encoders, options);
    const ids = await idsOf(running);
    const times = [];
    for (const [i, encoder] of encoders.entries()) {
      const startMs = performance.now();
      const gone = encoder.stopAll();
      await untilRecorded(`${running.origin}/vod/${ids[i]}`);
      times.push(Math.round(performance.now() - startMs));
      await gone;
    }
    return times;
  } finally {
    await Promise.all(encoders.map((encoder) => encoder.stopAll()));
    await children.stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

async function goLive(running: RunningSystem, encoders: Children[], { source, ffmpegPath, signal }: ShowsOptions): Promise<void> {
  for (const [i, children] of encoders.entries()) {
    await Publisher.start({ ffmpegPath, source, url: running.publishUrls[i] ?? '', children });
  }
  const isWellUnderWay = async (): Promise<boolean> => ((await running.newestSegments?.()) ?? []).every((number) => number >= SEGMENTS - 1);
  await until('every show has begun', isWellUnderWay, { deadlineMs: LIVE_DEADLINE_MS, signal });
}

/** Of the shows, in the order of their publishers. */
async function idsOf({ origin, publishUrls }: RunningSystem): Promise<(string | undefined)[]> {
  const { broadcasts } = live.parse(await (await fetch(`${origin}/api/v1/live`)).json());
  return streamNames(publishUrls.length).map((name) => broadcasts.find(({ channel }) => channel.slug === name)?.id);
}

/** As a player asks: the multivariant playlist, then that of the source, which has its end. */
async function untilRecorded(address: string): Promise<void> {
  const giveUpAtMs = performance.now() + VOD_DEADLINE_MS;
  const isThere = async (): Promise<boolean> =>
    (await fetch(`${address}/master.m3u8`)).status === 200 && (await (await fetch(`${address}/source/index.m3u8`)).text()).includes('#EXT-X-ENDLIST');
  while (!(await isThere())) {
    if (performance.now() > giveUpAtMs) throw new Error(`no recording after ${VOD_DEADLINE_MS / 1000} s: ${address}`);
    await delay(POLL_MS);
  }
}
