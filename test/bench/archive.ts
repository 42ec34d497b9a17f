/**
 * What signing a broadcast costs: hashing of segments beside `sha256sum` and plain node:crypto over the same bytes, and how
 * much later a segment is listed when it is hashed and signed as well; and how many segments a second the queue of the permanent
 * archive takes to their receipts, with an Arweave in this process: the network is not in it.
 *
 *   npm run bench -- archive [--mebibytes 256] [--streams 10] [--segments 30] [--archived 100] [--rounds 5] [--out bench-output/archive.json]
 *
 * The ways take turns in each round, with another one first each time. Run it on a machine with nothing else to do, and with
 * its temporary folder on a disk.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from '../../src/platform/index.js';
import { recordingLog } from '../support/log.js';
import { measureAnnouncing } from './archive/announcing.js';
import { hashings } from './archive/hashing.js';
import type { Hashing } from './archive/hashing.js';
import { parseOptions } from './archive/options.js';
import type { ArchiveOptions } from './archive/options.js';
import { measureQueueing } from './archive/queueing.js';
import { reportText, summariseHashing } from './archive/report.js';
import type { AnnouncingSummary, HashingSummary } from './archive/report.js';
import { describeMachine } from './measure/machine.js';
import { percentilesOf } from './measure/percentiles.js';

const args = process.argv.slice(2);

try {
  await run(parseOptions(args));
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}

async function run(options: ArchiveOptions): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    await conclude(options, await measureHashing(folder, options), await measureLivePath(folder, options), await measureQueue(folder, options));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureHashing(folder: string, { mebibytes, rounds }: ArchiveOptions): Promise<HashingSummary[]> {
  const ways = await hashings(folder, mebibytes);
  const measured = [];
  for (let round = 0; round < rounds; round++) {
    const speeds: Record<Hashing['name'], number> = { sha256sum: 0, 'node:crypto': 0, contentName: 0, contentNameAside: 0 };
    for (const { name, measure } of rotate(ways, round)) speeds[name] = (mebibytes * 1.048576) / (await measure());
    say(`round ${round + 1}: ${Object.entries(speeds).map(([name, speed]) => `${name} ${speed.toFixed(0)}`).join(', ')} MB/s`);
    measured.push(speeds);
  }
  return summariseHashing(measured);
}

async function measureLivePath(folder: string, { streams, segments, rounds }: ArchiveOptions): Promise<AnnouncingSummary> {
  const all = { signed: [] as number[], unsigned: [] as number[] };
  const addedP99Us = [];
  for (let round = 0; round < rounds; round++) {
    const p99Us = { signed: NaN, unsigned: NaN };
    for (const kind of rotate(['unsigned', 'signed'] as const, round)) {
      const turn = await mkdtemp(path.join(folder, 'turn-'));
      const us = (await measureAnnouncing({ folder: turn, streams, segments, isSigned: kind === 'signed', log: recordingLog() })).map((ms) => ms * 1000);
      await rm(turn, { recursive: true, force: true });
      all[kind].push(...us);
      p99Us[kind] = percentilesOf(us)?.p99 ?? NaN;
    }
    say(`round ${round + 1}: p99 ${(p99Us.signed / 1000).toFixed(2)} ms signed, ${(p99Us.unsigned / 1000).toFixed(2)} ms not signed`);
    addedP99Us.push(p99Us.signed - p99Us.unsigned);
  }
  return { signedUs: percentilesOf(all.signed), unsignedUs: percentilesOf(all.unsigned), addedP99Us };
}

/** Segments a second, by round. */
async function measureQueue(folder: string, { archived, rounds }: ArchiveOptions): Promise<number[]> {
  const speeds = [];
  for (let round = 0; round < rounds; round++) {
    const turn = await mkdtemp(path.join(folder, 'turn-'));
    speeds.push(await measureQueueing(turn, archived));
    await rm(turn, { recursive: true, force: true });
    say(`round ${round + 1}: ${speeds.at(-1)?.toFixed(0)} segments/s through the queue`);
  }
  return speeds;
}

async function conclude({ out, ...settings }: ArchiveOptions, hashing: HashingSummary[], announcing: AnnouncingSummary, queueing: number[]): Promise<void> {
  const document = { benchmark: 'archive', date: new Date().toISOString(), command: ['npm run bench -- archive', ...args].join(' '), machine: describeMachine(), settings, hashing, announcing, queueing };
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(document, null, 2)}\n`);
  say(`${reportText(hashing, announcing, queueing)}\n\n${out}`);
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
