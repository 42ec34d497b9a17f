/**
 * What a live stream costs a server that takes it: N publishers of 6 Mbps 1080p30 over RTMP, CPU and memory per
 * stream of the whole process tree, ours beside nginx-rtmp and node-media-server in interleaved rounds of one run.
 *
 *   npm run bench -- ingest [--streams 10,30] [--seconds 20] [--rounds 3] [--warm-up 8]
 *                           [--systems tidemark,nginx-rtmp] [--out bench-output/ingest.json]
 *
 * Publishers are not counted, though they take CPU: some hundred of them fill two cores. Linux only: it reads /proc. Run
 * it on a machine with nothing else to do. Tidemark keeps its latest segments in memory: that is settled once four are
 * full (--warm-up 12). Segments in the page cache are in nobody's figure. The event loop's delay is what timers of
 * Tidemark were late while it was measured.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from '../../src/platform/index.js';
import { parseOptions } from './ingest/options.js';
import type { BenchOptions } from './ingest/options.js';
import { makeSource } from './ingest/publisher.js';
import type { SourceFile } from './ingest/publisher.js';
import { progressText, reportText } from './ingest/report.js';
import type { Measurement } from './ingest/round.js';
import { compare, summarise } from './ingest/summary.js';
import type { System } from './ingest/system.js';
import { measureInTurns } from './ingest/turns.js';
import { describeMachine } from './measure/machine.js';
import { createNginxRtmp } from './systems/nginx-rtmp.js';
import { createNodeMediaServer } from './systems/node-media-server.js';
import { createTidemark } from './systems/tidemark.js';

const OURS = 'tidemark';
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
    const all = pick(options, workFolder);
    const systems = all.filter((system) => system.missing() === undefined);
    const skipped = all.filter((system) => system.missing() !== undefined).map((system) => ({ system: system.name, reason: system.missing() }));
    for (const { system, reason } of skipped) say(`skipped: ${system}: ${reason}`);
    const source = await makeSource(ffmpegPath, path.resolve('bench-output'));
    const measurements = [];
    for (const streams of options.streams) {
      measurements.push(...await measureInTurns(systems, { ...options, warmUpSec: options.warmUp, streams, source, ffmpegPath, workFolder, signal: interrupted.signal, onMeasured: (one) => say(progressText(one)) }));
    }
    await conclude(measurements, { options, source, systems, skipped });
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

function pick(options: BenchOptions, workFolder: string): System[] {
  const known = [
    createTidemark({ home: path.join(workFolder, OURS), maxStreams: Math.max(...options.streams) }),
    createNginxRtmp({ hls: false }),
    createNginxRtmp({ hls: true }),
    createNodeMediaServer({ hls: false }),
    createNodeMediaServer({ hls: true }),
  ];
  const unknown = options.systems.filter((name) => !known.some((system) => system.name === name));
  if (unknown.length > 0) throw new Error(`--systems: ${unknown.join(', ')} is none of ${known.map((system) => system.name).join(', ')}`);
  return known.filter((system) => options.systems.length === 0 || options.systems.includes(system.name));
}

async function conclude(measurements: Measurement[], about: { options: BenchOptions; source: SourceFile; systems: System[]; skipped: object[] }): Promise<void> {
  const { options, source, systems, skipped } = about;
  const summaries = summarise(measurements).toSorted((a, b) => position(systems, a.system) - position(systems, b.system));
  const comparisons = compare(measurements, OURS).toSorted((a, b) => position(systems, a.with) - position(systems, b.with));
  const { out, ...settings } = options;
  const document = {
    benchmark: 'ingest',
    date: new Date().toISOString(),
    command: ['npm run bench -- ingest', ...args].join(' '),
    machine: describeMachine(),
    settings: { ...settings, source: source.description, sourceKbps: source.kbps },
    systems: systems.map(({ name, description }) => ({ name, description })),
    skipped,
    measurements,
    summaries,
    comparisons,
  };
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(document, null, 2)}\n`);
  say(`${reportText({ summaries, comparisons, measurements, ours: OURS })}\n\n${out}`);
  if (measurements.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

function position(systems: System[], name: string): number {
  return systems.findIndex((system) => system.name === name);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
