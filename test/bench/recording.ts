/**
 * What a recording costs on top of being live, and how soon it is there: the same server and publishers (6 Mbps 1080p30 over
 * RTMP) with the recording of their channels on and off, in turns; then shows that are ended one after the other.
 *
 *   npm run bench -- recording [--streams 10] [--seconds 15] [--rounds 5] [--warm-up 4] [--shows 12]
 *                              [--out bench-output/recording.json]
 *
 * CPU and bytes written are those of the whole process tree, as /proc tells them. A channel that does not record writes its
 * segments, too: they are what is listed and can be rewound to. Linux only; run it on a machine with nothing else to do, and
 * with its temporary folder on a disk.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from '../../src/platform/index.js';
import { makeSource } from './ingest/publisher.js';
import type { SourceFile } from './ingest/publisher.js';
import { progressText } from './ingest/report.js';
import type { Measurement } from './ingest/round.js';
import { compare, summarise } from './ingest/summary.js';
import { measureInTurns } from './ingest/turns.js';
import { describeMachine } from './measure/machine.js';
import { percentilesOf } from './measure/percentiles.js';
import { parseOptions } from './recording/options.js';
import type { BenchOptions } from './recording/options.js';
import { reportText } from './recording/report.js';
import type { CaseReport } from './recording/report.js';
import { measureTimesToVod } from './recording/time-to-vod.js';
import { createTidemark } from './systems/tidemark.js';

interface Case {
  name: string;
  streams: number;
  ladder: 'off' | string[];
}

interface Work {
  options: BenchOptions;
  source: SourceFile;
  ffmpegPath: string;
  workFolder: string;
}

const WITH = 'recording on';
const WITHOUT = 'recording off';
const LADDER = ['480p', '360p'];
const args = process.argv.slice(2);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));

try {
  await run(parseOptions(args), process.env['FFMPEG_PATH'] || 'ffmpeg');
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}

async function run(options: BenchOptions, ffmpegPath: string): Promise<void> {
  const workFolder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    const work = { options, source: await makeSource(ffmpegPath, path.resolve('bench-output')), ffmpegPath, workFolder };
    const cases = [{ name: `${options.streams} passed through`, streams: options.streams, ladder: 'off' as const }, { name: `one with ${LADDER.join(' and ')}`, streams: 1, ladder: LADDER }];
    const measured = [];
    for (const one of cases) measured.push(await measureCase(one, work));
    await conclude(measured, await endShows(work), work);
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

async function measureCase({ name, streams, ladder }: Case, { options, ...work }: Work): Promise<CaseReport & { measurements: Measurement[] }> {
  const systemOf = (system: string, isRecorded: boolean) => createTidemark({ name: system, ladder, isRecorded, maxStreams: streams, home: path.join(work.workFolder, `${name} ${system}`) });
  const measurements = await measureInTurns([systemOf(WITHOUT, false), systemOf(WITH, true)], {
    ...work, streams, rounds: options.rounds, seconds: options.seconds, warmUpSec: options.warmUp, signal: interrupted.signal,
    onMeasured: (one) => say(progressText(one)),
  });
  return { name, measurements, summaries: summarise(measurements), comparison: compare(measurements, WITH)[0] };
}

async function endShows({ options: { shows }, ...work }: Work): Promise<number[]> {
  const system = createTidemark({ name: WITH, isRecorded: true, maxStreams: shows, home: path.join(work.workFolder, 'shows') });
  const timesMs = await measureTimesToVod({ ...work, system, shows, signal: interrupted.signal });
  say(`from the end to the recording: ${timesMs.join(', ')} ms`);
  return timesMs;
}

async function conclude(cases: (CaseReport & { measurements: Measurement[] })[], timesMs: number[], { options, source }: Work): Promise<void> {
  const { out, ...settings } = options;
  const timeToVodMs = percentilesOf(timesMs);
  const document = {
    benchmark: 'recording',
    date: new Date().toISOString(),
    command: ['npm run bench -- recording', ...args].join(' '),
    machine: describeMachine(),
    settings: { ...settings, source: source.description, sourceKbps: source.kbps },
    cases,
    timesToVodMs: timesMs,
    timeToVodMs,
  };
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(document, null, 2)}\n`);
  say(`${reportText(cases, timeToVodMs)}\n\n${out}`);
  if (cases.some(({ measurements }) => measurements.some(({ problems }) => problems.length > 0))) process.exitCode = 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
