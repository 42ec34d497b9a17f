import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Children } from '../measure/children.js';
import { cpuSecOf, pssMbOf } from '../measure/process-tree.js';
import type { ChatSystem } from './site.js';

const result = z.object({
  sent: z.int(), acknowledged: z.int(), refused: z.int(), delivered: z.int(), reactions: z.int(), closed: z.int(),
  refusals: z.record(z.string(), z.int()),
  latencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() }),
});
const step = z.discriminatedUnion('step', [
  z.object({ step: z.literal('connected') }),
  z.object({ step: z.literal('measuring') }),
  z.object({ step: z.literal('sent') }),
  result.extend({ step: z.literal('measured') }),
]);

/** What one crowd saw of one server. */
export interface ChatMeasurement extends z.infer<typeof result> {
  system: ChatSystem['name'];
  round: number;
  /** Of one core, %. */
  cpuPercent: number;
  /** kB of 1000 bytes. */
  memoryPerSocketKb: number;
}

/** Joins, what people do while joins are told, is over after this time. */
const SETTLE_MS = 3_000;

/** A crowd comes, writes or taps, and goes. */
export async function measureChat(system: ChatSystem, round: number, run: { folder: string; children: Children; sockets: number; tokens: string[]; rate: number; taps: number; seconds: number }): Promise<ChatMeasurement> {
  const { folder, children, sockets, ...orders } = run;
  const emptyMb = pssMbOf(system.child.pid);
  const file = path.join(folder, 'orders.json');
  await writeFile(file, JSON.stringify({ port: system.port, sockets, settleMs: SETTLE_MS, ...orders }));
  const crowd = await children.start({ command: process.execPath, args: ['test/bench/chat/crowd.mjs', file], stdout: true });
  let memoryPerSocketKb = 0;
  let [startCpuSec, startMs, cpuPercent] = [0, 0, 0];
  for await (const line of createInterface({ input: crowd.stdout })) {
    const told = step.parse(JSON.parse(line));
    if (told.step === 'measuring') {
      memoryPerSocketKb = Math.round(((pssMbOf(system.child.pid) - emptyMb) * 1_000) / sockets);
      [startCpuSec, startMs] = [cpuSecOf(system.child.pid), performance.now()];
    }
    if (told.step === 'sent') cpuPercent = Math.round(((cpuSecOf(system.child.pid) - startCpuSec) / (performance.now() - startMs)) * 100_000);
    if (told.step === 'measured') {
      const { step: _step, ...seen } = told;
      await crowd.stop();
      return { system: system.name, round, cpuPercent, memoryPerSocketKb, ...seen };
    }
  }
  throw new Error(`the crowd ${crowd.lastWords}`);
}
