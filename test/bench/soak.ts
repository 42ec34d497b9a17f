/**
 * Whether anything grows: publishers of 6 Mbps come and go, in order and by SIGKILL, while low-latency readers follow.
 * Memory, handles and files are sampled; at the end everybody leaves, and what then remains is compared with the start.
 *
 *   npm run bench -- soak [--minutes 30] [--streams 20] [--readers 6] [--seed 1] [--out bench-output/soak.json]
 *
 * Linux only: it reads /proc.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { messageOf } from '../../src/platform/index.js';
import { makeSource } from './ingest/publisher.js';
import { Children } from './measure/children.js';
import { describeMachine } from './measure/machine.js';
import { until } from './measure/wait.js';
import { streamNames } from './ingest/system.js';
import { ComingAndGoing } from './soak/coming-and-going.js';
import { Reader } from './soak/reader.js';
import { sample, trendOf } from './soak/samples.js';
import type { Sample } from './soak/samples.js';
import { createTidemark } from './systems/tidemark.js';

const SAMPLE_EVERY_MS = 15_000;
/** The grace of a lost encoder, and then the window that stays for late viewers, with room. */
const EMPTY_DEADLINE_MS = 240_000;
const optionsSchema = z.strictObject({
  minutes: z.coerce.number().min(0.5).max(240),
  streams: z.coerce.number().int().min(1).max(200),
  readers: z.coerce.number().int().min(0).max(100),
  seed: z.coerce.number().int().min(1),
  out: z.string().min(1),
});

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));

try {
  await run(process.env['FFMPEG_PATH'] || 'ffmpeg');
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}

async function run(ffmpegPath: string): Promise<void> {
  const { values } = parseArgs({ options: {
    minutes: { type: 'string', default: '30' },
    streams: { type: 'string', default: '20' },
    readers: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'bench-output/soak.json' },
  } });
  const options = optionsSchema.parse(values);
  const { signal } = interrupted;
  const workFolder = await mkdtemp(path.join(tmpdir(), 'tidemark-soak-'));
  const children = new Children();
  try {
    const source = await makeSource(ffmpegPath, path.resolve('bench-output'));
    const system = createTidemark({ home: path.join(workFolder, 'tidemark'), maxStreams: options.streams });
    const why = system.missing();
    if (why !== undefined) throw new Error(why);
    const folder = path.join(workFolder, 'run');
    await mkdir(folder, { recursive: true });
    const { child, publishUrls, origin = '' } = await system.start({ streams: options.streams, folder, ffmpegPath, children, signal });
    const look = (): Promise<Sample> => sample({ pid: child.pid, origin, mediaFolder: path.join(folder, 'media') });
    const before = await look();
    const traffic = new ComingAndGoing({ ffmpegPath, source, urls: publishUrls, children, seed: options.seed });
    const readers = streamNames(options.streams).slice(0, options.readers).map((slug) => new Reader({ origin, slug }));
    const samples: Sample[] = [];
    const endMs = performance.now() + options.minutes * 60_000;
    while (performance.now() < endMs) {
      await delay(Math.min(SAMPLE_EVERY_MS, Math.max(0, endMs - performance.now())), undefined, { signal });
      if (child.hasExited) throw new Error(`tidemark ${child.lastWords}`);
      const now = await look();
      samples.push(now);
      say(`${(samples.length * SAMPLE_EVERY_MS / 60_000).toFixed(1)} min: ${now.broadcasts} on air, RSS ${now.rssMb} MB, heap ${now.heapMb} MB, ${now.handles} handles, ${now.files} files, event loop p99 ${now.eventLoopP99Ms} ms`);
    }
    await traffic.stop();
    await Promise.all(readers.map((reader) => reader.stop()));
    await until('everything of the streams is gone', async () => (await look()).files === 0, { deadlineMs: EMPTY_DEADLINE_MS, signal });
    const after = await look();
    // What comes in the first quarter is the filling of windows and caches.
    const settled = samples.slice(Math.floor(samples.length / 4));
    const document = {
      benchmark: 'soak', date: new Date().toISOString(), command: ['npm run bench -- soak', ...process.argv.slice(2)].join(' '), machine: describeMachine(), options,
      publishers: traffic.counts, readers: readers.map((reader) => reader.counts),
      before, after,
      trends: { rssMb: trendOf(settled, (one) => one.rssMb), heapMb: trendOf(settled, (one) => one.heapMb), handles: trendOf(settled, (one) => one.handles), files: trendOf(settled, (one) => one.files) },
      samples,
    };
    await mkdir(path.dirname(options.out), { recursive: true });
    await writeFile(options.out, `${JSON.stringify(document, null, 2)}\n`);
    say(JSON.stringify({ publishers: document.publishers, before, after, trends: document.trends }, null, 2));
    say(options.out);
  } finally {
    await children.stopAll();
    await rm(workFolder, { recursive: true, force: true });
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
