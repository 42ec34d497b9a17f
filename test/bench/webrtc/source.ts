import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { runProcess } from '../../../src/platform/index.js';
import type { Child, Children } from '../measure/children.js';

export const VIDEO_KBPS = 1_000;
const FPS = 30;
const FILE_SEC = 20;
const MAKE_TIMEOUT_MS = 120_000;
/** As much of a picture as Tidemark puts into a packet, and the header of RTP. */
const RTP_PACKET_BYTES = 1_192;

export interface SourceFiles {
  forRtmp: string;
  /** The same with the parameter sets at each key frame: RTP has no other place for them. */
  forRtp: string;
}

/** Makes the files that the systems are sent, unless an earlier run did: 1 Mbps 720p30 H.264 as browsers play it in real time, a key frame each second, and AAC. */
export async function makeSource(ffmpegPath: string, folder: string): Promise<SourceFiles> {
  const name = path.join(folder, `source-720p30-${VIDEO_KBPS}k-${FILE_SEC}s`);
  const files = { forRtmp: `${name}.flv`, forRtp: `${name}.ts` };
  await mkdir(folder, { recursive: true });
  await make(ffmpegPath, [...sourceArguments(), '-f', 'flv'], files.forRtmp);
  await make(ffmpegPath, ['-i', files.forRtmp, '-c', 'copy', '-f', 'mpegts'], files.forRtp);
  return files;
}

async function make(ffmpegPath: string, args: string[], file: string): Promise<void> {
  if (existsSync(file)) return;
  const partial = `${file}.partial`;
  const exit = await runProcess({ command: ffmpegPath, args: ['-hide_banner', '-nostdin', '-y', '-loglevel', 'error', ...args, partial], timeoutMs: MAKE_TIMEOUT_MS });
  if (exit.code !== 0) throw new Error(`the source could not be made: ${exit.stderr.slice(-3).join(' | ')}`);
  await rename(partial, file);
}

/** An encoder as Tidemark sees it. */
export function publishByRtmp(options: { ffmpegPath: string; file: string; url: string; children: Children }): Promise<Child> {
  return publish(options, ['-c', 'copy', '-flvflags', 'no_duration_filesize', '-f', 'flv', options.url]);
}

/** The same file as two RTP streams, with the sound as Tidemark encodes it. */
export function publishByRtp(options: { ffmpegPath: string; file: string; ports: RtpPorts; streams: RtpStreams; children: Children }): Promise<Child> {
  const { ports, streams } = options;
  const output = (kind: 'video' | 'audio'): string[] => [
    '-payload_type', String(streams[kind].payloadType), '-ssrc', String(streams[kind].ssrc),
    '-f', 'rtp', `rtp://127.0.0.1:${ports[kind].rtp}?rtcpport=${ports[kind].rtcp}&pkt_size=${RTP_PACKET_BYTES}`,
  ];
  return publish(options, [
    '-map', '0:v', '-c', 'copy', ...output('video'),
    '-map', '0:a', '-c:a', 'libopus', '-b:a', '128k', '-frame_duration', '20', ...output('audio'),
  ]);
}

export type RtpPorts = Record<'video' | 'audio', { rtp: number; rtcp: number }>;
export type RtpStreams = Record<'video' | 'audio', { payloadType: number; ssrc: number }>;

function publish({ ffmpegPath, file, children }: { ffmpegPath: string; file: string; children: Children }, output: string[]): Promise<Child> {
  const input = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', '-re', '-stream_loop', '-1', '-i', file];
  return children.start({ command: ffmpegPath, args: [...input, ...output], graceMs: 3_000 });
}

function sourceArguments(): string[] {
  return [
    // Without noise the picture would be too simple to fill its bitrate.
    '-f', 'lavfi', '-i', `testsrc2=size=1280x720:rate=${FPS},noise=alls=12:allf=t`,
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-t', String(FILE_SEC),
    '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'main', '-bf', '0', '-pix_fmt', 'yuv420p',
    '-b:v', `${VIDEO_KBPS}k`, '-maxrate', `${VIDEO_KBPS}k`, '-bufsize', `${VIDEO_KBPS / 2}k`,
    '-g', String(FPS), '-keyint_min', String(FPS), '-sc_threshold', '0',
    '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
  ];
}
