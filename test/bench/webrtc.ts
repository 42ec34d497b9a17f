/**
 * What viewers in real time cost: receivers that do not decode join one broadcast of 1 Mbps by WHEP, and the CPU of the
 * mediasoup worker is read, beside a bare mediasoup router on the same worker with the same stream, in turn. Also what is
 * lost, how soon the first packet comes, how many can join in a second, and what a thousand who came and left leave behind.
 *
 *   npm run bench -- webrtc [--viewers 100,300,500] [--seconds 15] [--rounds 1] [--joins 1000] [--srtp gcm|cm] [--workers 1] [--out bench-output/webrtc.json]
 *
 * Receivers check and consent by STUN, agree on SRTP by DTLS and count what comes by sequence numbers; they do not
 * decrypt, ask for nothing again and report no loss. They are one process on the same machine, which gives way to the
 * servers; what comes to a full buffer of theirs is counted apart. Linux only: it reads /proc. Run it on a machine with
 * nothing else to do.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../src/platform/index.js';
import { Children } from './measure/children.js';
import { describeMachine } from './measure/machine.js';
import { noWorker } from './systems/one-channel.js';
import { measureComingAndGoing } from './webrtc/coming-and-going.js';
import type { ComingAndGoing } from './webrtc/coming-and-going.js';
import { parseOptions } from './webrtc/options.js';
import type { WebRtcOptions } from './webrtc/options.js';
import { comingAndGoingText, compare, progressText, reportText, summarise } from './webrtc/report.js';
import { measureRound } from './webrtc/round.js';
import type { Measurement } from './webrtc/round.js';
import { makeSource, VIDEO_KBPS } from './webrtc/source.js';
import { makeCertificate, startBareRouter, startTidemark } from './webrtc/systems.js';
import type { WebRtcSystem } from './webrtc/systems.js';

const BETWEEN_MS = 3_000;
const args = process.argv.slice(2);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));

try {
  if (noWorker !== false) throw new Error(noWorker);
  await run(parseOptions(args), process.env['FFMPEG_PATH'] || 'ffmpeg');
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}

async function run(options: WebRtcOptions, ffmpegPath: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-webrtc-'));
  const children = new Children();
  const stopped = new Promise((_resolve, reject) => interrupted.signal.addEventListener('abort', () => reject(interrupted.signal.reason)));
  try {
    await Promise.race([measureAll(options, { folder, ffmpegPath, children }), stopped]);
  } finally {
    await children.stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAll(options: WebRtcOptions, { folder, ffmpegPath, children }: { folder: string; ffmpegPath: string; children: Children }): Promise<void> {
  const source = await makeSource(ffmpegPath, path.resolve('bench-output'));
  const start = { folder, ffmpegPath, source, workers: options.workers, children, signal: interrupted.signal };
  const identity = makeCertificate(folder);
  const ours = await startTidemark(start);
  const bare = await startBareRouter(start);
  const measurements = await measureRounds([ours, bare], options, { ...identity, children });
  const comingAndGoing = options.joins === 0 ? undefined : await measureComingAndGoing(ours, { ...identity, srtp: options.srtp, joins: options.joins, children, signal: interrupted.signal });
  await conclude(measurements, comingAndGoing, options);
}

async function measureRounds(systems: WebRtcSystem[], options: WebRtcOptions, shared: { certificate: string; key: string; children: Children }): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const viewers of options.viewers) {
    for (let round = 1; round <= options.rounds; round++) {
      // Whoever runs first has no lasting advantage.
      for (const system of round % 2 === 1 ? systems : systems.toReversed()) {
        const measurement = await measureRound(system, { ...shared, viewers, round, seconds: options.seconds, srtp: options.srtp });
        say(progressText(measurement));
        measurements.push(measurement);
        await delay(BETWEEN_MS, undefined, { signal: interrupted.signal });
      }
    }
  }
  return measurements;
}

async function conclude(measurements: Measurement[], comingAndGoing: ComingAndGoing | undefined, options: WebRtcOptions): Promise<void> {
  const { out, ...settings } = options;
  const summaries = summarise(measurements);
  const comparisons = compare(measurements);
  const document = {
    benchmark: 'webrtc',
    date: new Date().toISOString(),
    command: ['npm run bench -- webrtc', ...args].join(' '),
    machine: describeMachine(),
    loadAverage: loadavg().map((value) => Number(value.toFixed(2))),
    settings: { ...settings, source: `${VIDEO_KBPS / 1000} Mbps 720p30, key frame each second, passthrough; Opus`, bareRouterWorkers: 1 },
    measurements, summaries, comparisons, comingAndGoing,
  };
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(document, null, 2)}\n`);
  if (comingAndGoing !== undefined) say(comingAndGoingText(comingAndGoing));
  say(`${reportText(summaries, comparisons)}\n\n${out}`);
  if (measurements.some(({ joining }) => Object.keys(joining.errors).length > 0)) process.exitCode = 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
