/**
 * How long a picture takes from the publisher to the screen of a viewer, from pixels that carry the time: a publisher
 * paints its clock into raw pictures → x264 → RTMP → Tidemark → our watch page in Chromium, which reads the clock back
 * from each picture that it shows. All on one machine, with one clock.
 *
 *   npm run bench -- latency [--seconds 60] [--warm-up 15] [--cases source-direct,realtime-passthrough] [--out bench-output/latency.json]
 *
 * 1280x720 at 30 a second: by HLS with a publisher without look-ahead and one encoded rung; by WebRTC (real time) with
 * such a publisher, whose pictures pass, and with one that sends B-frames, which are encoded anew. For WebRTC also how
 * long after a click the first picture is there, and by how much the sound is early or late. On two cores an encoder, a
 * transcoder and a browser that decodes in software run side by side, and what they do not get of the CPU is in the
 * figures.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from '../../src/platform/index.js';
import { launchChromium, noChromium } from '../support/chromium.js';
import type { LipSync } from './latency/real-time/lip-sync.js';
import { parseOptions } from './latency/options.js';
import type { LatencyOptions } from './latency/options.js';
import { reportText } from './latency/report.js';
import { PICTURE, runLipSync, runScene } from './latency/scene-run.js';
import type { SceneResult, SceneRunOptions } from './latency/scene-run.js';
import { LIP_SYNC, scenesOf } from './latency/scenes.js';
import type { Scene } from './latency/scenes.js';
import { describeMachine } from './measure/machine.js';
import { noWorker } from './systems/one-channel.js';

const args = process.argv.slice(2);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));

try {
  if (noChromium !== false) throw new Error(noChromium);
  await run(parseOptions(args), process.env['FFMPEG_PATH'] || 'ffmpeg');
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}

async function run(options: LatencyOptions, ffmpegPath: string): Promise<void> {
  const scenes = scenesOf(options.cases);
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-latency-'));
  const browser = await launchChromium();
  try {
    const runOptions = { folder, ffmpegPath, browser, seconds: options.seconds, warmUp: options.warmUp, signal: interrupted.signal, say };
    const wantsLipSync = options.cases.length === 0 || options.cases.includes(LIP_SYNC);
    await conclude(await measureAll(scenes.filter(isMeasurable), wantsLipSync && noWorker === false, runOptions), options);
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function isMeasurable({ cases }: Scene): boolean {
  return noWorker === false || cases.every(({ latency }) => latency !== 'real-time');
}

interface Measured {
  scenes: SceneResult[];
  lipSync: LipSync | undefined;
}

async function measureAll(scenes: Scene[], wantsLipSync: boolean, options: SceneRunOptions): Promise<Measured> {
  const measured: SceneResult[] = [];
  for (const scene of scenes) measured.push(await runScene(scene, options));
  return { scenes: measured, lipSync: wantsLipSync ? await runLipSync(options) : undefined };
}

async function conclude({ scenes, lipSync }: Measured, options: LatencyOptions): Promise<void> {
  const { out, ...settings } = options;
  const results = scenes.flatMap((scene) => scene.results);
  const document = {
    benchmark: 'latency',
    date: new Date().toISOString(),
    command: ['npm run bench -- latency', ...args].join(' '),
    machine: describeMachine(),
    loadAverage: loadavg().map((value) => Number(value.toFixed(2))),
    settings: { ...settings, picture: PICTURE, browser: 'Chromium headless, decoding in software' },
    skipped: [
      ...scenes.flatMap(({ nginxMissing }) => (nginxMissing === undefined ? [] : [{ cases: 'nginx', reason: nginxMissing }])),
      ...(noWorker === false ? [] : [{ cases: 'realtime', reason: noWorker }]),
    ],
    scenes: scenes.map(({ ladder, publisher, results: own }) => ({ cases: own.map(({ name }) => name), ladder, publisher })),
    results,
    lipSync,
  };
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(document, null, 2)}\n`);
  say(`\n${reportText(results, lipSync)}\n\n${out}`);
  if (results.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
