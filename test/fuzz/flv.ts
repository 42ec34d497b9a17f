/**
 * Sends mutated FLV and Enhanced RTMP tags through feed, transcode (without FFmpeg) and packager, and reads back what
 * players would get: `npm run fuzz -- flv --seed 1 --sequences 200000`. Prints a JSON summary; exits with 1 on a failure.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PublicationFeed } from '../../src/ingest/publication-feed.js';
import { Packager } from '../../src/packager/index.js';
import type { Log } from '../../src/platform/index.js';
import { AppError } from '../../src/platform/index.js';
import { Publication } from '../../src/streams/index.js';
import type { Tag } from '../support/enhanced.js';
import { Remux } from '../support/remux.js';
import { makeMaterial, makeSequence } from './flv/sequences.js';
import type { Material } from './flv/sequences.js';

const { values } = parseArgs({
  // What runs this file may pass its own name first.
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, sequences: { type: 'string', default: '200000' }, parallel: { type: 'string', default: '32' }, from: { type: 'string', default: '0' } },
});
const seed = Number(values.seed);
const sequences = Number(values.sequences);
const parallel = Number(values.parallel);
const from = Number(values.from);
const WARM_UP_SHARE = 0.25;
/** Packages stay for a while after their end; a packager of its own for so many lets them go. */
const BATCH = 512;
const STUCK_MS = 15_000;
const MAX_RSS_GROWTH_MIB = 64;
const MAX_HEAP_GROWTH_MIB = 8;
const MAX_HANDLE_GROWTH = 4;
const CHANNEL = { id: 'channel', slug: 'fuzz', title: 'fuzz', ladder: 'off' as const };

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const failures: string[] = [];
/** What became of the sequences, numbers left out: shows what they reached. */
const outcomes = new Map<string, number>();
const totals = { tags: 0, takes: 0, samples: 0, listed: 0 };

function fail(what: string): void {
  if (failures.length < 20) failures.push(what);
}

process.on('uncaughtException', (error) => fail(`uncaught: ${error.stack}`));
process.on('unhandledRejection', (error) => fail(`unhandled: ${error instanceof Error ? error.stack : String(error)}`));

function count(outcome: string): void {
  const kind = outcome.replace(/\d+(\.\d+)?/g, 'N');
  outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
}

/** What was made for one sequence: an error that is not about the missing FFmpeg is a fault of ours. */
function logOf(index: number): Log {
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message) => count(`logged: ${message}`),
    error: (message, fields) => { if (message !== 'FFmpeg could not be started') fail(`sequence ${index}: error logged: ${message} ${JSON.stringify(fields)}`); },
    child: () => log,
  };
  return log;
}

async function play(packager: Packager, material: Material[], index: number): Promise<void> {
  const log = logOf(index);
  const remux = new Remux({ packager, log });
  const stuck = setTimeout(() => fail(`sequence ${index} took more than ${STUCK_MS} ms`), STUCK_MS);
  try {
    remux.attach();
    await feed(remux, log, makeSequence(material, seed, index));
    await remux.finish();
    read(remux);
  } catch (error) {
    fail(`sequence ${index}: ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    clearTimeout(stuck);
  }
}

/** As a connection does it: what is refused ends the source. */
async function feed(remux: Remux, log: Log, tags: Tag[]): Promise<void> {
  const publication = new Publication({ id: 'publication', channel: CHANNEL, streamKeyId: 'key', protocol: 'rtmp', remoteAddress: '127.0.0.1', encoder: 'fuzz' });
  publication.on('media', remux.push);
  const receiver = new PublicationFeed({ publication, log });
  for (const [i, { type, timestampMs, body }] of tags.entries()) {
    totals.tags++;
    try {
      receiver.take(type, timestampMs, body);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      count(`refused: ${error.message}`);
      return;
    }
    if (remux.failures.length > 0) return count(`failed: ${remux.failures[0]}`);
    // A take starts between two tags, as it does between two reads of a socket.
    if (i % 16 === 0) await nextTurn();
  }
  count('played to the end');
}

function read(remux: Remux): void {
  for (const { name } of remux.live.facts()) {
    const takes = remux.takes(name);
    totals.takes += takes.length;
    totals.samples += takes.reduce((sum, { samples }) => sum + samples.length, 0);
    if (takes.length > 0) totals.listed++;
  }
}

/** Plays the sequences from `first` to `last` - 1, some at once. */
async function playAll(material: Material[], first: number, last: number): Promise<void> {
  for (let start = first; start < last; start += BATCH) await playBatch(material, start, Math.min(last, start + BATCH));
}

async function playBatch(material: Material[], first: number, last: number): Promise<void> {
  const folder = await mkdtemp(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tidemark-fuzz-'));
  const packager = new Packager({ config: { segmentSec: 1, partSec: 0.334, windowSec: 600, dvrSec: 0, memoryMiB: 64 }, mediaDir: folder, log: logOf(first) });
  await packager.start();
  let next = first;
  await Promise.all(Array.from({ length: parallel }, async () => {
    while (next < last) await play(packager, material, next++);
  }));
  await packager.stop();
  await rm(folder, { recursive: true, force: true });
}

interface Sample {
  rssMiB: number;
  heapMiB: number;
  handles: number;
}

async function sample(): Promise<Sample> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await nextTurn();
  }
  const memory = process.memoryUsage();
  const mib = (sizeBytes: number): number => Math.round(sizeBytes / 2 ** 20);
  return { rssMiB: mib(memory.rss), heapMiB: mib(memory.heapUsed + memory.external), handles: process.getActiveResourcesInfo().length };
}

function compare(before: Sample, after: Sample): void {
  if (after.rssMiB - before.rssMiB > MAX_RSS_GROWTH_MIB) fail(`RSS grew from ${before.rssMiB} to ${after.rssMiB} MiB`);
  if (after.heapMiB - before.heapMiB > MAX_HEAP_GROWTH_MIB) fail(`heap grew from ${before.heapMiB} to ${after.heapMiB} MiB`);
  if (after.handles - before.handles > MAX_HANDLE_GROWTH) fail(`handles grew from ${before.handles} to ${after.handles}`);
}

async function main(): Promise<void> {
  const startedMs = Date.now();
  const material = await makeMaterial();
  const warm = from + Math.ceil((sequences - from) * WARM_UP_SHARE);
  await playAll(material, from, warm);
  const before = await sample();
  await playAll(material, warm, sequences);
  const after = await sample();
  compare(before, after);
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  const sorted = Object.fromEntries([...outcomes].sort(([, a], [, b]) => b - a).slice(0, 60));
  const summary = { target: 'flv', seed, sequences: sequences - from, seconds, ...totals, before, after, outcomes: sorted, failures };
  process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

await main();
