/**
 * What many viewers cost and how long they wait: 1,000 low-latency players that block on the next part of one playlist,
 * direct and through nginx, and finished segments from nginx with our configuration beside nginx with next to none.
 *
 *   npm run bench -- hls [--viewers 1000] [--seconds 15] [--rounds 3] [--file-seconds 5] [--out bench-output/hls.json]
 *
 * A part is ready when the first of all has the playlist with it: the viewers, and a witness in a process of its own
 * that asks the server directly. The time from there to each answer is the figure: it holds what the server, nginx and
 * the one process that plays all viewers take, on the same cores. Linux only: it reads /proc. Run it on a machine with
 * nothing else to do.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from '../../src/platform/index.js';
import { measureFiles, missingForFiles, startFileServers } from './hls/files-round.js';
import type { FileKind, FilesMeasurement } from './hls/files-round.js';
import { parseOptions } from './hls/options.js';
import type { HlsOptions } from './hls/options.js';
import { filesText, reportText, summariseFiles, summariseViewers, viewersText } from './hls/report.js';
import { startSite } from './hls/site.js';
import { measureViewers } from './hls/viewers-round.js';
import type { ViewersMeasurement } from './hls/viewers-round.js';
import { Children } from './measure/children.js';
import { describeMachine } from './measure/machine.js';

const args = process.argv.slice(2);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));

try {
  await run(parseOptions(args), process.env['FFMPEG_PATH'] || 'ffmpeg');
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}

async function run(options: HlsOptions, ffmpegPath: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-hls-'));
  const children = new Children();
  try {
    const viewers = await measureAllViewers(options, { folder, ffmpegPath, children });
    const skipped = options.fileSeconds === 0 ? '--file-seconds is 0' : missingForFiles();
    const files = skipped === undefined ? await measureAllFiles(options, { folder, children }) : [];
    await conclude(viewers, files, { options, skipped });
  } finally {
    await children.stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAllViewers(options: HlsOptions, run: { folder: string; ffmpegPath: string; children: Children }): Promise<ViewersMeasurement[]> {
  const site = await startSite({ ...run, signal: interrupted.signal });
  const measurements: ViewersMeasurement[] = [];
  try {
    for (let round = 1; round <= options.rounds; round++) {
      for (const way of inTurn(['direct', 'nginx'] as const, round)) {
        interrupted.signal.throwIfAborted();
        const measurement = await measureViewers(way, round, { site, viewers: options.viewers, seconds: options.seconds, children: run.children, signal: interrupted.signal });
        say(viewersText(measurement));
        measurements.push(measurement);
      }
    }
  } finally {
    await site.stop();
    await run.children.stopAll();
  }
  return measurements;
}

async function measureAllFiles(options: HlsOptions, run: { folder: string; children: Children }): Promise<FilesMeasurement[]> {
  const servers = await startFileServers({ ...run, signal: interrupted.signal });
  const measurements: FilesMeasurement[] = [];
  const kinds: FileKind[] = ['source', '360p'];
  try {
    for (const kind of kinds) {
      for (let round = 1; round <= options.rounds; round++) {
        for (const server of inTurn(['ours', 'bare'] as const, round)) {
          interrupted.signal.throwIfAborted();
          const measurement = await measureFiles(servers, { kind, server, round, seconds: options.fileSeconds, children: run.children });
          say(filesText(measurement));
          measurements.push(measurement);
        }
      }
    }
  } finally {
    await servers.stop();
  }
  return measurements;
}

/** Each round starts with the other one: whoever runs first has no lasting advantage. */
function inTurn<T>(both: readonly T[], round: number): readonly T[] {
  return round % 2 === 1 ? both : both.toReversed();
}

async function conclude(viewers: ViewersMeasurement[], files: FilesMeasurement[], about: { options: HlsOptions; skipped: string | undefined }): Promise<void> {
  const { out, ...settings } = about.options;
  const summaries = { viewers: summariseViewers(viewers), files: summariseFiles(files) };
  const document = {
    benchmark: 'hls',
    date: new Date().toISOString(),
    command: ['npm run bench -- hls', ...args].join(' '),
    machine: describeMachine(),
    loadAverage: loadavg().map((value) => Number(value.toFixed(2))),
    settings: { ...settings, source: '6 Mbps 1080p30, passthrough', nginxWorkers: 2 },
    skipped: about.skipped === undefined ? [] : [{ files: about.skipped }],
    viewers, files, summaries,
  };
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(document, null, 2)}\n`);
  say(`${reportText(summaries.viewers, summaries.files)}\n\n${out}`);
  if ([...viewers.filter(({ parts, errors }) => parts === 0 || Object.keys(errors).length > 0), ...files.filter(({ errors }) => errors > 0)].length > 0) process.exitCode = 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
