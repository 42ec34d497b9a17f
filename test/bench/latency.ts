/**
 * How long a picture takes from the publisher to the screen of a viewer, from pixels that carry the time: a publisher
 * without look-ahead paints its clock into raw pictures → x264 → RTMP → Tidemark → our watch page in Chromium, which
 * reads the clock back from each picture that it shows. All on one machine, with one clock.
 *
 *   npm run bench -- latency [--seconds 60] [--warm-up 15] [--cases source-direct,360p-nginx] [--out bench-output/latency.json]
 *
 * 1280x720 at 30 a second, one encoded rung: on two cores an encoder, a transcoder and a browser that decodes in
 * software run side by side, and what they do not get of the CPU is in the figures.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { messageOf } from '../../src/platform/index.js';
import { CHROMIUM_ARGUMENTS, CHROMIUM_PATH, noChromium } from '../support/chromium.js';
import { Children } from './measure/children.js';
import { describeMachine } from './measure/machine.js';
import { until } from './measure/wait.js';
import { measure } from './latency/case.js';
import type { CaseResult, LatencyCase } from './latency/case.js';
import { parseOptions } from './latency/options.js';
import type { LatencyOptions } from './latency/options.js';
import { Publisher } from './latency/publisher.js';
import { reportText } from './latency/report.js';
import { ENCODED_RUNG, SLUG, startSite } from './latency/site.js';
import type { Site } from './latency/site.js';

const PICTURE = { width: 1280, height: 720, fps: 30, kbps: 2500 };
const LIVE_DEADLINE_MS = 60_000;
const BETWEEN_CASES_MS = 2_000;
const args = process.argv.slice(2);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));

try {
  if (noChromium !== false) throw new Error(noChromium);
  await run(parseOptions(args), process.env['FFMPEG_PATH'] || 'ffmpeg');
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}

async function run(options: LatencyOptions, ffmpegPath: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-latency-'));
  const children = new Children();
  let site: Site | undefined;
  let publisher: Publisher | undefined;
  let browser: Browser | undefined;
  try {
    site = await startSite({ folder, ffmpegPath, children, signal: interrupted.signal });
    publisher = await Publisher.start({ ffmpegPath, url: site.publishUrl, ...PICTURE });
    await untilLive(site, publisher);
    browser = await chromium.launch({ executablePath: CHROMIUM_PATH, args: CHROMIUM_ARGUMENTS });
    const results = await measureAll({ site, publisher, browser }, options);
    await conclude(results, { options, site, publisher });
  } finally {
    await browser?.close();
    await publisher?.stop();
    await site?.stop();
    await children.stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

async function untilLive({ direct }: Site, publisher: Publisher): Promise<void> {
  await until('the encoded rung is live', async () => {
    if (publisher.failure !== undefined) throw new Error(publisher.failure);
    const response = await fetch(`${direct}/hls/${SLUG}/master.m3u8`).catch(() => undefined);
    return response?.ok === true && (await response.text()).includes(ENCODED_RUNG);
  }, { deadlineMs: LIVE_DEADLINE_MS, signal: interrupted.signal });
}

/** The same viewer everywhere: what differs is in the name. */
function casesOf({ direct, nginx }: Site): LatencyCase[] {
  const source = { quality: 'source', height: PICTURE.height };
  const rung = { quality: ENCODED_RUNG, height: Number.parseInt(ENCODED_RUNG, 10) };
  const through = nginx === undefined ? [] : [
    { name: 'source-nginx', base: nginx, latency: 'ultra-low' as const, ...source },
    { name: `${ENCODED_RUNG}-nginx`, base: nginx, latency: 'ultra-low' as const, ...rung },
  ];
  return [
    { name: 'source-direct', base: direct, latency: 'ultra-low', ...source },
    { name: `${ENCODED_RUNG}-direct`, base: direct, latency: 'ultra-low', ...rung },
    ...through,
    { name: 'source-direct-balanced', base: direct, latency: 'balanced', ...source },
    { name: 'source-direct-stable', base: direct, latency: 'stable', ...source },
  ];
}

async function measureAll({ site, publisher, browser }: { site: Site; publisher: Publisher; browser: Browser }, options: LatencyOptions): Promise<CaseResult[]> {
  const known = casesOf(site);
  const unknown = options.cases.filter((name) => !known.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`--cases: ${unknown.join(', ')} is none of ${known.map(({ name }) => name).join(', ')}`);
  const results: CaseResult[] = [];
  for (const one of known.filter(({ name }) => options.cases.length === 0 || options.cases.includes(name))) {
    if (publisher.failure !== undefined) throw new Error(publisher.failure);
    const result = await measure(one, { browser, publisher, serverPid: site.server.pid, seconds: options.seconds, warmUpSec: options.warmUp, signal: interrupted.signal });
    say(`${one.name}: p50 ${result.glassToGlassMs?.p50} ms, p95 ${result.glassToGlassMs?.p95} ms, ${result.stalls} stalls; load ${result.loadAverage}`);
    results.push(result);
    await delay(BETWEEN_CASES_MS, undefined, { signal: interrupted.signal });
  }
  return results;
}

async function conclude(results: CaseResult[], { options, site, publisher }: { options: LatencyOptions; site: Site; publisher: Publisher }): Promise<void> {
  const { out, ...settings } = options;
  const document = {
    benchmark: 'latency',
    date: new Date().toISOString(),
    command: ['npm run bench -- latency', ...args].join(' '),
    machine: describeMachine(),
    loadAverage: loadavg().map((value) => Number(value.toFixed(2))),
    settings: { ...settings, picture: PICTURE, encoder: 'x264 ultrafast zerolatency, key frame every 2 s; AAC', ladder: [ENCODED_RUNG], browser: 'Chromium headless, decoding in software' },
    skipped: site.nginxMissing === undefined ? [] : [{ cases: 'nginx', reason: site.nginxMissing }],
    publisher: { skippedFrames: publisher.skipped },
    results,
  };
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(document, null, 2)}\n`);
  say(`\n${reportText(results)}\n\n${out}`);
  if (results.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
