/// <reference lib="dom" />
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { flashAndBeep } from '../../../support/flash-beep.js';
import type { Child, Children } from '../../measure/children.js';
import { percentilesOf } from '../../measure/percentiles.js';
import type { Percentiles } from '../../measure/percentiles.js';
import { SLUG } from '../../systems/one-channel.js';
import { LIP_SYNC } from '../scenes.js';
import { openPage } from '../viewer.js';

export interface LipSync {
  name: string;
  /** From each flash to its beep, ms; below 0, the sound is early. */
  offsetMs: Percentiles | undefined;
  flashes: number;
  beeps: number;
  protocol: string | undefined;
}

interface Noticed {
  flashesMs: number[];
  beepsMs: number[];
  protocol: string | undefined;
}

/** Flashes come every two seconds. */
const NEAR_MS = 900;

/** A publisher without look-ahead that flashes and beeps at the same moments. */
export function startFlashing(options: { ffmpegPath: string; url: string; seconds: number; children: Children }): Promise<Child> {
  const asCamera = ['-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline', '-bf', '0', '-g', '30'];
  return options.children.start({
    command: options.ffmpegPath,
    args: ['-hide_banner', '-nostdin', '-loglevel', 'error', '-re', ...flashAndBeep(options.seconds), ...asCamera, '-f', 'flv', options.url],
    graceMs: 3_000,
  });
}

/** Watches in real time, and notes when the picture gets bright and the sound loud: as the page gives them out, before any screen or loudspeaker. */
export async function measureLipSync(browser: Browser, base: string, options: { seconds: number; warmUpSec: number; signal: AbortSignal }): Promise<LipSync> {
  const page = await openPage(browser, 'real-time');
  try {
    await page.goto(`${base}/${SLUG}`);
    await page.locator('media-controller[data-protocol=WebRTC]').waitFor();
    await delay(options.warmUpSec * 1000, undefined, { signal: options.signal });
    return describe(await page.evaluate(notice, options.seconds * 1000));
  } finally {
    await page.context().close();
  }
}

function describe({ flashesMs, beepsMs, protocol }: Noticed): LipSync {
  const offsets = flashesMs.flatMap((flashMs) => {
    const beepMs = beepsMs.find((one) => Math.abs(one - flashMs) < NEAR_MS);
    return beepMs === undefined ? [] : [beepMs - flashMs];
  });
  return { name: LIP_SYNC, offsetMs: percentilesOf(offsets), flashes: flashesMs.length, beeps: beepsMs.length, protocol };
}

/** Runs in the page. */
async function notice(durationMs: number): Promise<Noticed> {
  const video = document.querySelector('video');
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!video || !context || !(video.srcObject instanceof MediaStream)) throw new Error('no stream');
  const [flashesMs, beepsMs]: [number[], number[]] = [[], []];
  let wasBright = true;
  const onFrame = (_now: number, { expectedDisplayTime }: { expectedDisplayTime: number }): void => {
    context.drawImage(video, 0, 0, 1, 1);
    const isBright = (context.getImageData(0, 0, 1, 1).data[0] ?? 0) > 128;
    if (isBright && !wasBright) flashesMs.push(expectedDisplayTime);
    wasBright = isBright;
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  const sound = new AudioContext({ latencyHint: 'interactive' });
  await sound.resume();
  const analyser = new AnalyserNode(sound, { fftSize: 2048 });
  sound.createMediaStreamSource(video.srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let loudMs = performance.now();
  const listen = (): void => {
    analyser.getFloatTimeDomainData(samples);
    const first = samples.findIndex((sample) => Math.abs(sample) > 0.1);
    if (first < 0) return;
    const nowMs = performance.now();
    if (nowMs - loudMs > 500) beepsMs.push(nowMs - ((samples.length - first) * 1000) / sound.sampleRate);
    loudMs = nowMs;
  };
  const timer = setInterval(listen, 5);
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  clearInterval(timer);
  await sound.close();
  return { flashesMs, beepsMs, protocol: document.querySelector<HTMLElement>('media-controller')?.dataset['protocol'] };
}
