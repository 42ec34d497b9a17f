import { loadavg } from 'node:os';
import type { Children } from '../measure/children.js';
import { percentilesOf } from '../measure/percentiles.js';
import type { Percentiles } from '../measure/percentiles.js';
import { cpuSecOf, machineBusySec } from '../measure/process-tree.js';
import type { WebRtcSystem } from './systems.js';
import { view } from './viewing.js';
import type { Counts, Viewing, ViewingOptions } from './viewing.js';

export interface Joining {
  answerMs: Percentiles | undefined;
  /** From the offer to the first packet of the picture, ms: of viewers who came one by one, and of a crowd. */
  firstPacketMs: { alone: Percentiles | undefined; crowd: Percentiles | undefined };
  /** Answers a second, to as many who ask at once. */
  perSec: number;
  errors: Record<string, number>;
}

export interface Measurement {
  system: WebRtcSystem['name'];
  viewers: number;
  round: number;
  /** Percent of one core: all workers, the process that leads them with its other children, and all that the machine did. */
  cpuPercent: { workers: number; server: number; machine: number };
  workerPercentPerViewer: number;
  workerMicrosPerPacket: number;
  packetsPerSec: number;
  kbpsPerViewer: number;
  /** Percent of the packets that were sent, by their numbers: all that did not come, and those of them that came to a receiver without room. */
  lostPercent: { all: number; inReceivers: number };
  joining: Joining;
  loadAverage: number;
}

export interface RoundOptions extends Pick<ViewingOptions, 'certificate' | 'key' | 'srtp' | 'seconds'> {
  viewers: number;
  round: number;
  children: Children;
}

/** Before the crowd, so many come one by one. */
const ALONE = 12;
const AT_ONCE = 8;

/** So many viewers of one system at the same time. */
export async function measureRound(system: WebRtcSystem, options: RoundOptions): Promise<Measurement> {
  const usages: Usage[] = [];
  const viewing = await view({
    url: system.url, count: options.viewers, alone: Math.min(ALONE, options.viewers), atOnce: AT_ONCE, stay: true,
    seconds: options.seconds, certificate: options.certificate, key: options.key, srtp: options.srtp,
  }, { children: options.children, onStretch: () => usages.push(usageOf(system)) });
  const failure = system.failure();
  if (failure !== undefined) throw new Error(failure);
  const [before, after] = usages;
  if (before === undefined || after === undefined || viewing.from === undefined || viewing.to === undefined) throw new Error('the receivers ended early');
  return { system: system.name, viewers: options.viewers, round: options.round, ...figuresOf({ before, after, from: viewing.from, to: viewing.to }, options.viewers), joining: joiningOf(viewing), loadAverage: round(loadavg()[0] ?? NaN, 2) };
}

export function joiningOf({ joined }: Viewing): Joining {
  return {
    answerMs: percentilesOf(joined.answerMs),
    firstPacketMs: { alone: percentilesOf(joined.alone), crowd: percentilesOf(joined.crowd) },
    perSec: round(joined.crowd.length / joined.crowdSec, 1),
    errors: joined.errors,
  };
}

interface Usage {
  atMs: number;
  workersSec: number;
  allSec: number;
  machineSec: number;
}

function usageOf({ pid, workerPids }: WebRtcSystem): Usage {
  return { atMs: performance.now(), workersSec: workerPids.reduce((sum, one) => sum + cpuSecOf(one), 0), allSec: cpuSecOf(pid), machineSec: machineBusySec() };
}

function figuresOf({ before, after, from, to }: { before: Usage; after: Usage; from: Counts; to: Counts }, viewers: number): Omit<Measurement, 'system' | 'viewers' | 'round' | 'joining' | 'loadAverage'> {
  const sec = (after.atMs - before.atMs) / 1000;
  const workersSec = after.workersSec - before.workersSec;
  const sent = to.sent - from.sent;
  const lost = sent - (to.received - from.received);
  const share = (packets: number): number => round((packets * 100) / sent, 3);
  const percent = (cpuSec: number): number => round((cpuSec * 100) / sec, 1);
  return {
    cpuPercent: { workers: percent(workersSec), server: percent(after.allSec - before.allSec - workersSec), machine: percent(after.machineSec - before.machineSec) },
    workerPercentPerViewer: round((workersSec * 100) / sec / viewers, 4),
    workerMicrosPerPacket: round((workersSec * 1e6) / sent, 2),
    packetsPerSec: Math.round((sent * 1000) / (to.atMs - from.atMs)),
    kbpsPerViewer: Math.round(((to.bytes - from.bytes) * 8) / (to.atMs - from.atMs) / viewers),
    lostPercent: { all: share(lost), inReceivers: share(to.droppedHere - from.droppedHere) },
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
