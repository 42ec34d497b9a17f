import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';

export interface PublisherOptions {
  url: string;
  /** FFmpeg arguments for input and codecs; `-f flv URL` follows. */
  args: string[];
}

/** A running FFmpeg that publishes; it is killed with the test. */
export function publish(t: Test, options: PublisherOptions): ChildProcess {
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', ...options.args, '-f', 'flv', options.url], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.resume();
  t.after(() => end(child));
  return child;
}

/** Ends a child and waits until it is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

/** Makes an FLV file once, so that publishing it costs no encoder: `-re -i FILE -c copy`. */
export async function makeSourceFile(t: Test, args: string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-source-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'source.flv');
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args, '-f', 'flv', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`ffmpeg could not make the source: exit ${String(code)}`);
  return file;
}

/** A test picture and a tone as OBS would send them: High profile, B-frames, a key frame every 2 s. */
export function obsLike(options: { size?: string; fps?: number; seconds: number; keyFrameSec?: number; bitrate?: string }): string[] {
  const { size = '1280x720', fps = 30, seconds, keyFrameSec = 2, bitrate = '2500k' } = options;
  return [
    '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}`,
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-t', String(seconds),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'high', '-bf', '2', '-b-pyramid', 'none', '-coder', '1', '-g', String(fps * keyFrameSec), '-keyint_min', String(fps * keyFrameSec), '-sc_threshold', '0',
    '-pix_fmt', 'yuv420p', '-b:v', bitrate, '-maxrate', bitrate, '-bufsize', bitrate,
    '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
  ];
}

/** Publishes a made file at its own pace. */
export function copyOf(file: string, options: { loop?: boolean } = {}): string[] {
  return ['-re', ...(options.loop ? ['-stream_loop', '-1'] : []), '-i', file, '-c', 'copy'];
}
