import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SAMPLE_RATE = 48_000;
const EVERY_SEC = 2;
const LOUD = 0.1;
const BRIGHT = 128;
const MAX_OUTPUT = 256 << 20;

/** A black picture that flashes white, and silence that beeps, at the same moments: every two seconds. */
export function flashAndBeep(seconds: number): string[] {
  return [
    '-f', 'lavfi', '-i', `color=black:size=1280x720:rate=30,drawbox=color=white:t=fill:enable='lt(mod(t,${EVERY_SEC}),0.1)'`,
    '-f', 'lavfi', '-i', `aevalsrc='if(lt(mod(t,${EVERY_SEC}),0.1),0.8*sin(2*PI*1000*t),0)':sample_rate=${SAMPLE_RATE}`,
    '-t', String(seconds),
    '-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-bf', '3', '-g', '60', '-pix_fmt', 'yuv420p', '-b:v', '2M',
    '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
  ];
}

/** A flash, and how far the beep that belongs to it is off. */
export interface FlashAndBeep {
  atSec: number;
  /** Milliseconds by which the beep comes after the flash. */
  offsetMs: number;
}

/** Every flash of a file that has a beep near it. */
export async function pairsOf(video: string, audio: string): Promise<FlashAndBeep[]> {
  const flashes = await flashTimes(video);
  const beeps = await beepTimes(audio);
  return flashes.flatMap((atSec) => {
    const beep = beeps.find((time) => Math.abs(time - atSec) < EVERY_SEC / 2);
    return beep === undefined ? [] : [{ atSec, offsetMs: (beep - atSec) * 1000 }];
  });
}

/** Milliseconds by which each beep comes after its flash. */
export async function offsetsOf(video: string, audio: string): Promise<number[]> {
  return (await pairsOf(video, audio)).map(({ offsetMs }) => offsetMs);
}

async function flashTimes(file: string): Promise<number[]> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-copyts', '-i', file, '-vf', 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-', '-an', '-f', 'null', '-'], { maxBuffer: MAX_OUTPUT });
  const pictures = [...stdout.matchAll(/pts_time:([\d.]+)\s+lavfi\.signalstats\.YAVG=([\d.]+)/g)].map((match) => ({ time: Number(match[1]), isBright: Number(match[2]) > BRIGHT }));
  return pictures.filter((picture, i) => picture.isBright && pictures[i - 1]?.isBright === false).map((picture) => picture.time);
}

/** When the beeps begin, seconds. */
export async function beepTimes(file: string): Promise<number[]> {
  const { stdout: probe } = await run('ffprobe', ['-v', 'error', '-select_streams', 'a', '-show_entries', 'frame=pts_time,nb_samples', '-of', 'csv=p=0', file], { maxBuffer: MAX_OUTPUT });
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-vn', '-ac', '1', '-f', 'f32le', 'pipe:1'], { maxBuffer: MAX_OUTPUT, encoding: 'buffer' });
  const times: number[] = [];
  let lastLoud = -Infinity;
  let at = 0;
  // Each frame has its own time: after a hole the samples go on without one.
  for (const [startSec, samples] of probe.trim().split('\n').map((line) => line.split(',').map(Number))) {
    for (let i = 0; i < (samples ?? 0) && at + 4 <= stdout.length; i++, at += 4) {
      if (Math.abs(stdout.readFloatLE(at)) < LOUD) continue;
      const time = (startSec ?? Number.NaN) + i / SAMPLE_RATE;
      if (time - lastLoud > 0.5) times.push(time);
      lastLoud = time;
    }
  }
  return times;
}
