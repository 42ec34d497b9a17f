import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../../src/platform/index.js';
import { Children } from '../measure/children.js';
import { eventLoopDelayAt } from '../measure/event-loop.js';
import type { EventLoopDelay } from '../measure/event-loop.js';
import { cpuSecOf, machineBusySec, pssMbOf, writtenBytesOf } from '../measure/process-tree.js';
import { until } from '../measure/wait.js';
import { GOP_SEC, Publisher } from './publisher.js';
import type { SourceFile } from './publisher.js';
import type { RunningSystem, System } from './system.js';

export interface Figures {
  elapsedSec: number;
  /** CPU of the whole process tree, percent of one core, for each stream. */
  cpuPercentPerStream: number;
  /** Memory of the whole process tree, PSS in MB, mean over the measurement, for each stream. */
  pssMbPerStream: number;
  pssMb: number;
  /** What the process tree had written to disk, kB of 10^3 a second, for each stream. */
  writtenKbPerSecPerStream: number;
  /** Memory before the first publisher came. */
  idlePssMb: number;
  /** CPU that went to other programs on this machine meanwhile, percent of one core: much of it makes the rest doubtful. */
  otherCpuPercent: number;
}

export interface Measurement {
  streams: number;
  round: number;
  system: string;
  /** Absent when there was nothing to measure. */
  figures?: Figures;
  /** Of systems that tell. */
  eventLoop?: EventLoopDelay;
  /** Sentences; figures with one of them do not count. */
  problems: string[];
}

export interface RoundOptions {
  system: System;
  streams: number;
  round: number;
  seconds: number;
  warmUpSec: number;
  source: SourceFile;
  ffmpegPath: string;
  /** Its subfolder `run` is made and removed. */
  workFolder: string;
  signal: AbortSignal;
}

const CONNECTED_DEADLINE_MS = 30_000;
const MEMORY_SAMPLES = 4;
/** Publishers report their position once a second, so either end may be a second off. */
const POSITION_ERROR_SEC = 2;

/** Measures one system with so many publishers; whatever it starts is gone when this resolves. */
export async function measure(options: RoundOptions): Promise<Measurement> {
  const { system, streams, round } = options;
  const children = new Children();
  const folder = path.join(options.workFolder, 'run');
  await mkdir(folder, { recursive: true });
  try {
    const running = await system.start({ streams, folder, ffmpegPath: options.ffmpegPath, children, signal: options.signal });
    return { streams, round, system: system.name, ...(await measureRunning(running, children, options)) };
  } catch (error) {
    options.signal.throwIfAborted();
    return { streams, round, system: system.name, problems: [messageOf(error)] };
  } finally {
    await children.stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureRunning(running: RunningSystem, children: Children, options: RoundOptions): Promise<Pick<Measurement, 'figures' | 'eventLoop' | 'problems'>> {
  const idlePssMb = pssMbOf(running.child.pid);
  const publishers = await startPublishers(running, children, options);
  await until('all publishers are connected', () => isFlowing(running, publishers), { deadlineMs: CONNECTED_DEADLINE_MS, signal: options.signal });
  await delay(options.warmUpSec * 1000, undefined, { signal: options.signal });
  const before = await progressOf(running, publishers);
  await eventLoopOf(running);
  const usage = await observe(running.child.pid, options);
  const eventLoop = await eventLoopOf(running);
  const after = await progressOf(running, publishers);
  const { streams } = options;
  const figures = {
    elapsedSec: round(usage.elapsedSec, 3),
    cpuPercentPerStream: round(usage.cpuPercent / streams, 3),
    pssMbPerStream: round(usage.pssMb / streams, 2),
    pssMb: round(usage.pssMb, 1),
    writtenKbPerSecPerStream: round(usage.writtenKbPerSec / streams, 1),
    idlePssMb: round(idlePssMb, 1),
    otherCpuPercent: round(usage.otherCpuPercent, 1),
  };
  return { figures, ...(eventLoop && { eventLoop }), problems: problemsOf(running, publishers, before, after, usage.elapsedSec) };
}

async function eventLoopOf({ origin }: RunningSystem): Promise<EventLoopDelay | undefined> {
  return origin === undefined ? undefined : eventLoopDelayAt(origin);
}

/** Spread over one GOP, so that their key frames do not all come at once. */
async function startPublishers(running: RunningSystem, children: Children, options: RoundOptions): Promise<Publisher[]> {
  const publishers = [];
  for (const url of running.publishUrls) {
    publishers.push(await Publisher.start({ ffmpegPath: options.ffmpegPath, source: options.source, url, children }));
    await delay((GOP_SEC * 1000) / running.publishUrls.length, undefined, { signal: options.signal });
  }
  return publishers;
}

async function isFlowing(running: RunningSystem, publishers: Publisher[]): Promise<boolean> {
  const failure = publishers.find((publisher) => publisher.failure)?.failure;
  if (failure) throw new Error(failure);
  const { positionsSec, segments } = await progressOf(running, publishers);
  return positionsSec.every((positionSec) => positionSec > 0) && segments.every((number) => number >= 0);
}

interface Progress {
  positionsSec: number[];
  segments: number[];
}

async function progressOf(running: RunningSystem, publishers: Publisher[]): Promise<Progress> {
  return { segments: (await running.newestSegments?.()) ?? [], positionsSec: publishers.map((publisher) => publisher.positionSec) };
}

interface Usage {
  elapsedSec: number;
  cpuPercent: number;
  otherCpuPercent: number;
  pssMb: number;
  writtenKbPerSec: number;
}

async function observe(pid: number, options: RoundOptions): Promise<Usage> {
  const startedMs = performance.now();
  const start = { system: cpuSecOf(pid), bench: cpuSecOf(process.pid), machine: machineBusySec(), writtenBytes: writtenBytesOf(pid) };
  const memory = [];
  for (let sample = 0; sample < MEMORY_SAMPLES; sample++) {
    await delay((options.seconds * 1000) / MEMORY_SAMPLES, undefined, { signal: options.signal });
    memory.push(pssMbOf(pid));
  }
  const elapsedSec = (performance.now() - startedMs) / 1000;
  const percent = (cpuSec: number): number => (cpuSec / elapsedSec) * 100;
  // The benchmark's own tree holds the system and the publishers.
  const ownSec = cpuSecOf(process.pid) - start.bench;
  return {
    elapsedSec,
    cpuPercent: percent(cpuSecOf(pid) - start.system),
    otherCpuPercent: percent(Math.max(0, machineBusySec() - start.machine - ownSec)),
    pssMb: memory.reduce((sum, value) => sum + value, 0) / memory.length,
    writtenKbPerSec: (writtenBytesOf(pid) - start.writtenBytes) / elapsedSec / 1000,
  };
}

function problemsOf(running: RunningSystem, publishers: Publisher[], before: Progress, after: Progress, elapsedSec: number): string[] {
  const problems = publishers.flatMap((publisher) => publisher.failure ?? []);
  if (running.child.hasExited) problems.push(`the server ${running.child.lastWords}`);
  const slow = publishers.filter((_, i) => (after.positionsSec[i] ?? 0) - (before.positionsSec[i] ?? 0) < elapsedSec - POSITION_ERROR_SEC);
  if (slow.length > 0) problems.push(`${slow.length} of ${publishers.length} publishers fell behind real time`);
  const expected = Math.max(1, Math.floor(elapsedSec / GOP_SEC) - 1);
  const stuck = after.segments.filter((number, i) => number - (before.segments[i] ?? 0) < expected);
  if (stuck.length > 0) problems.push(`${stuck.length} of ${publishers.length} playlists grew by less than ${expected} segments`);
  return problems;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
