import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { percentilesOf } from '../measure/percentiles.js';
import type { Percentiles } from '../measure/percentiles.js';
import { cpuSecOf, machineBusySec } from '../measure/process-tree.js';
import { SLUG } from '../systems/one-channel.js';
import { measureFirstFrames } from './real-time/first-frame.js';
import type { FirstFrames } from './real-time/first-frame.js';
import { timeOf } from './pattern.js';
import { Probe } from './probe.js';
import type { PartArrival } from './probe.js';
import type { Publisher, SentFrame } from './publisher.js';
import { Viewer } from './viewer.js';
import type { Viewing, ViewerOptions } from './viewer.js';

export interface LatencyCase extends Omit<ViewerOptions, 'url'> {
  name: string;
  /** What the viewer comes to. */
  through: 'direct' | 'nginx';
}

export interface CaseOptions {
  browser: Browser;
  /** Root of the site that the viewer comes to. */
  base: string;
  publisher: Publisher;
  serverPid: number;
  seconds: number;
  warmUpSec: number;
  signal: AbortSignal;
}

export interface CaseResult {
  name: string;
  latency: string;
  /** What was wanted, and what came. */
  quality: string | undefined;
  height: number;
  protocol: string | undefined;
  /** Of viewers who come from the page with the streams; in real time only. */
  firstFrame?: FirstFrames;
  /** From the moment a picture was painted to the moment it was on the screen, ms. */
  glassToGlassMs: Percentiles | undefined;
  /** The same from the moment the encoder gave it out: without what FFmpeg holds back to put sound and pictures in order. */
  encoderToGlassMs: Percentiles | undefined;
  /** Where that time went; the parts of a median need not add up to it. */
  stagesMs: Record<string, Percentiles | undefined>;
  /** How often the browser ran out of media, and how long it waited for more. */
  stalls: number;
  stalledMs: number;
  /** Times that one picture stayed for longer than a viewer overlooks, for whatever reason, and the sum and the longest of them. */
  freezes: { count: number; totalMs: number; longestMs: number };
  seeks: number;
  shownFrames: number;
  /** Pictures that the publisher sent between the first and the last that were shown, and how many of them were read from the screen. */
  passedFrames: number;
  shownPercent: number;
  /** Pictures that reached the screen in that time, whether the page was in time to read them or not. */
  presentedFrames: number;
  unreadableFrames: number;
  droppedFrames: number;
  rate: { min: number; max: number };
  cpuPercent: { server: number; machine: number };
  loadAverage: number;
  problems: string[];
}

/** Eight pictures of 30 a second. */
const FREEZE_MS = 250;

/** Watches for a while as one viewer would, with a probe beside it that tells where time goes. */
export async function measure(one: LatencyCase, options: CaseOptions): Promise<CaseResult> {
  const { base, publisher, signal } = options;
  const isRealTime = one.latency === 'real-time';
  const firstFrame = isRealTime ? { firstFrame: await measureFirstFrames(options.browser, base, signal) } : {};
  const viewer = await Viewer.open(options.browser, { url: `${base}/${SLUG}`, latency: one.latency, quality: one.quality, height: one.height });
  const probe = new Probe({ playlistUrl: `${base}/hls/${SLUG}/source/index.m3u8`, sent: () => publisher.sent });
  try {
    await delay(options.warmUpSec * 1000, undefined, { signal });
    if (!isRealTime) probe.start();
    await viewer.record();
    const before = usage(options.serverPid);
    await delay(options.seconds * 1000, undefined, { signal });
    const after = usage(options.serverPid);
    const viewing = await viewer.take();
    const { arrivals } = await probe.stop();
    return { ...describe(one, viewing, { sent: publisher.sent, arrivals }), ...firstFrame, cpuPercent: percentOf(before, after), loadAverage: Number((loadavg()[0] ?? 0).toFixed(2)) };
  } finally {
    await probe.stop();
    await viewer.close();
  }
}

interface Usage {
  atMs: number;
  serverSec: number;
  machineSec: number;
}

function usage(pid: number): Usage {
  return { atMs: performance.now(), serverSec: cpuSecOf(pid), machineSec: machineBusySec() };
}

function percentOf(before: Usage, after: Usage): { server: number; machine: number } {
  const percent = (sec: number): number => Math.round((sec * 100_000) / (after.atMs - before.atMs));
  return { server: percent(after.serverSec - before.serverSec), machine: percent(after.machineSec - before.machineSec) };
}

function describe(one: LatencyCase, viewing: Viewing, { sent, arrivals }: { sent: readonly SentFrame[]; arrivals: PartArrival[] }): Omit<CaseResult, 'cpuPercent' | 'loadAverage'> {
  const read = viewing.shown.flatMap(({ atMs, bits }) => {
    const paintedMs = timeOf(bits, atMs);
    return paintedMs === undefined ? [] : [{ atMs, paintedMs }];
  });
  const stays = viewing.shown.slice(1).map(({ atMs }, i) => atMs - (viewing.shown[i]?.atMs ?? atMs));
  const freezes = stays.filter((ms) => ms > FREEZE_MS);
  const encodedAt = new Map(sent.map(({ paintedMs, encodedMs }) => [paintedMs, encodedMs]));
  const glassToGlassMs = percentilesOf(read.map(({ atMs, paintedMs }) => atMs - paintedMs));
  const shown = new Set(read.map(({ paintedMs }) => paintedMs));
  const [firstMs, lastMs] = [Math.min(...shown), Math.max(...shown)];
  const passedFrames = sent.filter(({ paintedMs }) => paintedMs >= firstMs && paintedMs <= lastMs).length;
  return {
    name: one.name,
    latency: one.latency,
    quality: one.quality,
    height: viewing.height,
    protocol: viewing.protocol,
    glassToGlassMs,
    encoderToGlassMs: percentilesOf(read.flatMap(({ atMs, paintedMs }) => {
      const encodedMs = encodedAt.get(paintedMs);
      return encodedMs === undefined ? [] : [atMs - encodedMs];
    })),
    stagesMs: stagesOf(read, sent, arrivals),
    stalls: viewing.stalls,
    stalledMs: Math.round(viewing.stalledMs),
    freezes: { count: freezes.length, totalMs: Math.round(freezes.reduce((sum, ms) => sum + ms, 0)), longestMs: Math.round(Math.max(0, ...stays)) },
    seeks: viewing.seeks,
    shownFrames: viewing.shown.length,
    passedFrames,
    shownPercent: Math.round((shown.size * 1000) / passedFrames) / 10,
    presentedFrames: viewing.presentedFrames,
    unreadableFrames: viewing.shown.length - read.length,
    droppedFrames: viewing.droppedFrames,
    rate: { min: Math.min(...viewing.rates), max: Math.max(...viewing.rates) },
    problems: [
      ...(glassToGlassMs === undefined ? ['no picture could be read'] : []),
      ...((viewing.protocol === 'WebRTC') === (one.latency === 'real-time') ? [] : [`it came by ${viewing.protocol}`]),
    ],
  };
}

/** The way of the last picture of each part; the others of a part wait for it. */
function stagesOf(read: { atMs: number; paintedMs: number }[], sent: readonly SentFrame[], arrivals: PartArrival[]): CaseResult['stagesMs'] {
  const shownAt = new Map(read.map(({ atMs, paintedMs }) => [paintedMs, atMs]));
  const fromMs = read[0]?.paintedMs ?? Infinity;
  return {
    'publisher: painted to encoded': percentilesOf(sent.filter(({ paintedMs }) => paintedMs >= fromMs).flatMap(({ paintedMs, encodedMs }) => (encodedMs === undefined ? [] : [encodedMs - paintedMs]))),
    'server: last picture of a part encoded to playlist there': percentilesOf(arrivals.map(({ encodedMs, listedMs }) => listedMs - encodedMs)),
    'network: playlist to part there': percentilesOf(arrivals.map(({ listedMs, fetchedMs }) => fetchedMs - listedMs)),
    'player: last picture of a part there to shown': percentilesOf(arrivals.flatMap(({ paintedMs, fetchedMs }) => {
      const atMs = shownAt.get(paintedMs);
      return atMs === undefined ? [] : [atMs - fetchedMs];
    })),
  };
}
