import { existsSync } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { runProcess } from '../../../src/platform/index.js';
import type { Child, Children } from '../measure/children.js';

/** Distance of key frames in the source, and so the length of a segment, seconds. */
export const GOP_SEC = 2;
const FPS = 30;
const FILE_SEC = 20;
const VIDEO_KBPS = 6000;
const MAKE_TIMEOUT_MS = 180_000;

export interface SourceFile {
  file: string;
  description: string;
  /** Of the whole file. */
  kbps: number;
}

/** Makes the file that all publishers send, unless an earlier run did: 6 Mbps 1080p30 H.264 with B-frames, and AAC. */
export async function makeSource(ffmpegPath: string, folder: string): Promise<SourceFile> {
  const file = path.join(folder, `source-1080p30-${VIDEO_KBPS}k-${FILE_SEC}s.flv`);
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    const partial = `${file}.partial`;
    const exit = await runProcess({ command: ffmpegPath, args: [...sourceArguments(), partial], timeoutMs: MAKE_TIMEOUT_MS });
    if (exit.code !== 0) throw new Error(`the source could not be made: ${exit.stderr.slice(-3).join(' | ')}`);
    await rename(partial, file);
  }
  const { size } = await stat(file);
  return { file, description: `1080p30 H.264 High, key frame every ${GOP_SEC} s, AAC 128 kbps`, kbps: Math.round((size * 8) / FILE_SEC / 1000) };
}

function sourceArguments(): string[] {
  return [
    '-hide_banner', '-nostdin', '-y', '-loglevel', 'error',
    // Without noise the picture would be too simple to fill its bitrate.
    '-f', 'lavfi', '-i', `testsrc2=size=1920x1080:rate=${FPS},noise=alls=20:allf=t`,
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-t', String(FILE_SEC),
    '-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-pix_fmt', 'yuv420p',
    '-b:v', `${VIDEO_KBPS}k`, '-maxrate', `${VIDEO_KBPS}k`, '-bufsize', `${VIDEO_KBPS}k`,
    '-g', String(GOP_SEC * FPS), '-keyint_min', String(GOP_SEC * FPS), '-sc_threshold', '0',
    '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
    '-f', 'flv',
  ];
}

/** One encoder as a server sees it: an FFmpeg that sends the file over RTMP at its own pace, again and again. */
export class Publisher {
  readonly #child: Child;
  #positionSec = 0;

  private constructor(child: Child) {
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const times = [...text.matchAll(/^out_time_us=(\d+)$/gm)];
      this.#positionSec = Number(times.at(-1)?.[1] ?? this.#positionSec * 1e6) / 1e6;
    });
  }

  static async start(options: { ffmpegPath: string; source: SourceFile; url: string; children: Children }): Promise<Publisher> {
    const child = await options.children.start({
      command: options.ffmpegPath,
      args: [
        '-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error',
        '-progress', 'pipe:1', '-stats_period', '1',
        '-re', '-stream_loop', '-1', '-i', options.source.file,
        '-c', 'copy', '-flvflags', 'no_duration_filesize',
        '-f', 'flv', options.url,
      ],
      stdout: true,
      graceMs: 3_000,
    });
    return new Publisher(child);
  }

  /** Media time that the server has taken from it, as of the last second. */
  get positionSec(): number {
    return this.#positionSec;
  }

  /** Why it is not publishing any more; undefined while it is. */
  get failure(): string | undefined {
    return this.#child.hasExited ? `a publisher ${this.#child.lastWords}` : undefined;
  }
}
