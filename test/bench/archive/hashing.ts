import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { contentName, contentNameAside } from '../../../src/archive/cid/content-hash.js';
import { runProcess } from '../../../src/platform/index.js';

/** A way to hash the bytes of segments. */
export interface Hashing {
  name: 'sha256sum' | 'node:crypto' | 'contentName' | 'contentNameAside';
  /** CPU seconds for all of them, those of helper threads and child processes included. */
  measure(): Promise<number>;
}

/** Two seconds at 6 Mbps. */
const SEGMENT_BYTES = 1_500_000;
const TIMEOUT_MS = 600_000;

/** All ways over the same bytes, the plain ones first. */
export async function hashings(folder: string, mebibytes: number): Promise<Hashing[]> {
  const segments = Array.from({ length: Math.ceil((mebibytes << 20) / SEGMENT_BYTES) }, () => randomBytes(SEGMENT_BYTES));
  const file = path.join(folder, 'segments');
  await writeFile(file, Buffer.concat(segments));
  const each = (hash: (segment: Buffer) => unknown) => () => cpuSecOf(async () => {
    for (const segment of segments) await hash(segment);
  });
  return [
    { name: 'sha256sum', measure: () => cpuSecOfCommand(`sha256sum '${file}'`) },
    { name: 'node:crypto', measure: each((segment) => createHash('sha256').update(segment).digest()) },
    { name: 'contentName', measure: each((segment) => contentName([segment])) },
    { name: 'contentNameAside', measure: each((segment) => contentNameAside([segment])) },
  ];
}

async function cpuSecOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** As the shell's `times` tells it, whose second line is about children: `0m0.123456s 0m0.004000s`. */
async function cpuSecOfCommand(command: string): Promise<number> {
  const { code, stdout } = await runProcess({ command: 'sh', args: ['-c', `${command} >/dev/null && times`], timeoutMs: TIMEOUT_MS });
  const parts = [...(stdout.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  if (code !== 0 || parts.length !== 2) throw new Error(`${command} was not measured`);
  return parts.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}
