import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import path from 'node:path';
import { loadavg } from 'node:os';
import { z } from 'zod';
import type { Children } from '../measure/children.js';
import { cpuSecOf, machineBusySec } from '../measure/process-tree.js';
import { PLAYLIST } from './site.js';
import type { HlsSite } from './site.js';
import { requestsIn, waitsOf } from './waits.js';
import type { Stretch, ViewerLog, WaitFigures } from './waits.js';

const PROGRAM = path.resolve('test/bench/hls/viewers.mjs');
const WARM_UP_SEC = 4;
const COOL_DOWN_SEC = 2;

const viewerLog = z.object({
  parts: z.record(z.string(), z.object({ sentMs: z.array(z.number()), arrivedMs: z.array(z.number()) })),
  errors: z.record(z.string(), z.number()),
});

export interface ViewersMeasurement extends WaitFigures {
  way: 'direct' | 'nginx';
  round: number;
  /** Playlist requests that reached the server for each part, those of the witness left out. */
  upstreamPerPart: number;
  errors: Record<string, number>;
  /** Percent of one core. */
  cpuPercent: { server: number; nginx: number; machine: number };
  loadAverage: number;
}

/** So many viewers of one playlist, all waiting for its next part, and a witness beside them. */
export async function measureViewers(way: 'direct' | 'nginx', round: number, options: { site: HlsSite; viewers: number; seconds: number; children: Children; signal: AbortSignal }): Promise<ViewersMeasurement> {
  const { site, seconds } = options;
  const run = (port: number, count: number): Promise<ViewerLog> => runViewers({ port, count, seconds: WARM_UP_SEC + seconds + COOL_DOWN_SEC, children: options.children });
  const logs = Promise.all([run(site.directPort, 1), run(way === 'nginx' ? site.nginxPort : site.directPort, options.viewers)]);
  const [[witness, viewers], usage] = await Promise.all([logs, observe(site, seconds, options.signal)]);
  const { stretch } = usage;
  const witnessed = requestsIn(witness, stretch);
  return {
    way, round,
    ...waitsOf(viewers, witness, { count: options.viewers, stretch }),
    upstreamPerPart: Number(((usage.playlists - witnessed) / witnessed).toFixed(2)),
    errors: viewers.errors,
    cpuPercent: usage.cpuPercent,
    loadAverage: Number((loadavg()[0] ?? NaN).toFixed(2)),
  };
}

interface Usage {
  stretch: Stretch;
  playlists: number;
  cpuPercent: { server: number; nginx: number; machine: number };
}

/** What happens in the time that counts: after all viewers have come, before the first one goes. */
async function observe(site: HlsSite, seconds: number, signal: AbortSignal): Promise<Usage> {
  await delay(WARM_UP_SEC * 1000, undefined, { signal });
  const start = { ms: nowMs(), counts: await site.requestCounts(), ...cpuOf(site) };
  await delay(seconds * 1000, undefined, { signal });
  const end = { ms: nowMs(), counts: await site.requestCounts(), ...cpuOf(site) };
  const percent = (sec: number): number => Number(((sec / (end.ms - start.ms)) * 100_000).toFixed(1));
  return {
    stretch: { fromMs: start.ms, toMs: end.ms },
    playlists: end.counts.playlists - start.counts.playlists,
    cpuPercent: { server: percent(end.server - start.server), nginx: percent(end.nginx - start.nginx), machine: percent(end.machine - start.machine) },
  };
}

/** The machine's monotonic clock, which the viewers read too. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

async function runViewers(options: { port: number; count: number; seconds: number; children: Children }): Promise<ViewerLog> {
  const { port, count, seconds } = options;
  const child = await options.children.start({ command: process.execPath, args: [PROGRAM, String(port), PLAYLIST, String(count), String(seconds)], stdout: true });
  const said = await text(child.stdout);
  if (said === '') throw new Error(`the viewers ${child.lastWords}`);
  return viewerLog.parse(JSON.parse(said));
}

function cpuOf(site: HlsSite): { server: number; nginx: number; machine: number } {
  return { server: cpuSecOf(site.serverPid), nginx: cpuSecOf(site.nginxPid), machine: machineBusySec() };
}
