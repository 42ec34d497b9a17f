import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openDatabase } from '../../support/accounts.js';
import { openChatSite } from '../../support/chat-site.js';
import type { ChatSite } from '../../support/chat-site.js';
import { until } from '../../support/until.js';
import type { Cleanup } from '../../support/until.js';
import { Player } from './player.js';

const PARALLEL = 16;
const WARM_UP_SHARE = 0.25;
const MAX_HEAP_GROWTH_MIB = 8;
const MAX_HANDLE_GROWTH = 4;
const GONE_WITHIN_MS = 90_000;
/** After so many cases the server is asked something good. */
const ALIVE_EVERY = 500;

interface Sample {
  rssMiB: number;
  heapMiB: number;
  handles: number;
}

export interface FuzzSummary {
  target: 'chat';
  seed: number;
  cases: number;
  seconds: number;
  before: Sample;
  after: Sample;
  eventLoopMaxMs: number;
  outcomes: Record<string, number>;
  failures: string[];
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Plays cases `from` to `count` against a chat of its own. */
export async function fuzzChat(t: Cleanup, options: { dataDir: string; seed: number; from: number; count: number }): Promise<FuzzSummary> {
  const { seed, from, count } = options;
  const startedMs = Date.now();
  const failures: string[] = [];
  const fail = (what: string): void => void (failures.length < 20 && failures.push(what));
  const outcomes = new Map<string, number>();
  const countOutcome = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const uncaught = (error: unknown): void => fail(`uncaught: ${error instanceof Error ? error.stack : String(error)}`);
  process.on('uncaughtException', uncaught).on('unhandledRejection', uncaught);
  t.after(() => process.off('uncaughtException', uncaught).off('unhandledRejection', uncaught));

  const site = await openChatSite(t, await openDatabase(t, { url: '', dataDir: options.dataDir }), { limits: { eventsPer10Sec: 1_000_000, connectionsPerMin: 1_000_000, socketsPerAddress: 1_000_000 } });
  const tokens = [(await site.register('ada')).token, (await site.register('bob')).token, (await site.register('eve')).token, undefined];
  const delays = monitorEventLoopDelay();
  delays.enable();
  const play = (first: number, last: number): Promise<void> => playAll(first, last, { site, seed, tokens, count: countOutcome, fail });

  const warm = from + Math.ceil((count - from) * WARM_UP_SHARE);
  await play(from, warm);
  const before = await sample(site);
  await play(warm, count);
  const after = await sample(site, before.handles + MAX_HANDLE_GROWTH);
  delays.disable();
  if (after.heapMiB - before.heapMiB > MAX_HEAP_GROWTH_MIB) fail(`heap grew from ${before.heapMiB} to ${after.heapMiB} MiB`);
  if (Reflect.has({}, 'polluted')) fail('the prototype of all objects was changed');
  return {
    target: 'chat', seed, cases: count - from, seconds: Math.round((Date.now() - startedMs) / 1_000), before, after,
    eventLoopMaxMs: Math.round(delays.max / 1e6),
    outcomes: Object.fromEntries([...outcomes].sort(([, a], [, b]) => b - a).slice(0, 80)),
    failures,
  };
}

interface Run {
  site: ChatSite;
  seed: number;
  tokens: (string | undefined)[];
  count: (outcome: string) => void;
  fail: (what: string) => void;
}

async function playAll(first: number, last: number, run: Run): Promise<void> {
  let next = first;
  await Promise.all(Array.from({ length: PARALLEL }, async (_, slot) => {
    const player = new Player({ url: run.site.url, ...run }, slot);
    while (next < last) {
      const index = next++;
      await player.play(index);
      if (index % ALIVE_EVERY === 0) await checkAlive(index, run);
    }
    player.close();
  }));
}

/** A reader who asks for something good gets it, and nothing was logged as our fault. */
async function checkAlive(index: number, { site, fail }: Run): Promise<void> {
  const reader = await site.arrive(undefined);
  await reader.get('load-history', { channel: 'ada', limit: 1 });
  reader.close();
  // Kept, they would look like a leak.
  for (const { level, message, fields } of site.log.lines.splice(0)) {
    if (level === 'error') fail(`before case ${index} was logged: ${message} ${JSON.stringify(fields)}`);
  }
}

/** Measures once every connection is gone: those that went silent after their ping was not answered. */
async function sample(site: ChatSite, maxHandles = Infinity): Promise<Sample> {
  await until('all connections are closed', () => (site.chat.connections === 0 && process.getActiveResourcesInfo().length <= maxHandles) || undefined, GONE_WITHIN_MS);
  for (let round = 0; round < 5; round++) {
    collectGarbage();
    await nextTurn();
  }
  const memory = process.memoryUsage();
  const mib = (sizeBytes: number): number => Math.round(sizeBytes / 2 ** 20);
  return { rssMiB: mib(memory.rss), heapMiB: mib(memory.heapUsed), handles: process.getActiveResourcesInfo().length };
}
