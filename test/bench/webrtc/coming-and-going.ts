import { setTimeout as delay } from 'node:timers/promises';
import type { Children } from '../measure/children.js';
import { memoryAndHandlesOf } from '../measure/process-tree.js';
import { until } from '../measure/wait.js';
import { joiningOf } from './round.js';
import type { Joining } from './round.js';
import type { WebRtcSystem } from './systems.js';
import { view } from './viewing.js';
import type { ViewingOptions } from './viewing.js';

/** What a system holds while nobody watches. */
export interface Held {
  /** The last that left has closed its transport in the worker by then. */
  viewers: number;
  server: { rssMb: number; handles: number; heapMb: number };
  workers: { rssMb: number; handles: number };
}

export interface ComingAndGoing {
  joins: number;
  joining: Joining;
  /** After as many joins as it takes to warm up, and after all. */
  before: Held;
  after: Held;
}

export interface ComingAndGoingOptions extends Pick<ViewingOptions, 'certificate' | 'key' | 'srtp'> {
  joins: number;
  children: Children;
  signal: AbortSignal;
}

const WARM_UP_JOINS = 200;
const AT_ONCE = 10;
const GONE_DEADLINE_MS = 30_000;
/** A stage that nobody watches is taken down after ten seconds. */
const IDLE_MS = 13_000;

/** Viewers who come, get a picture and leave; what is left of them. */
export async function measureComingAndGoing(system: WebRtcSystem, options: ComingAndGoingOptions): Promise<ComingAndGoing> {
  const visit = (count: number) => view({
    url: system.url, count, alone: 0, atOnce: AT_ONCE, stay: false, seconds: 0,
    certificate: options.certificate, key: options.key, srtp: options.srtp,
  }, { children: options.children, onStretch: () => undefined });
  await visit(WARM_UP_JOINS);
  const before = await heldWhenIdle(system, options.signal);
  const joining = joiningOf(await visit(options.joins));
  const after = await heldWhenIdle(system, options.signal);
  return { joins: options.joins, joining, before, after };
}

async function heldWhenIdle({ origin, pid, workerPids }: WebRtcSystem, signal: AbortSignal): Promise<Held> {
  const read = async (name: string): Promise<number> => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await (await fetch(`${origin}/metrics`)).text())?.[1] ?? NaN);
  const viewers = (): Promise<number> => read('tidemark_webrtc_viewers');
  // Whoever stays longer is told by the figure, not by an end of the benchmark.
  await until('nobody watches', async () => (await viewers()) === 0, { deadlineMs: GONE_DEADLINE_MS, signal }).catch(() => undefined);
  await delay(IDLE_MS, undefined, { signal });
  const workers = workerPids.map(memoryAndHandlesOf);
  return {
    viewers: await viewers(),
    server: { ...memoryAndHandlesOf(pid), heapMb: Math.round((await read('nodejs_heap_size_used_bytes')) / 1e5) / 10 },
    workers: { rssMb: workers.reduce((sum, { rssMb }) => sum + rssMb, 0), handles: workers.reduce((sum, { handles }) => sum + handles, 0) },
  };
}
