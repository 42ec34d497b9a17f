import { createInterface } from 'node:readline';
import { AppError, Process, runProcess } from '../../platform/index.js';
import type { AudioConfig, Media, VideoConfig } from '../../streams/index.js';
import { FlvReader, parseFlvTag } from '../../streams/index.js';
import { FileRefused } from './errors.js';
import { checkDuration, DECODERS, FORMATS, HEAD_ENTRIES, MAX_DURATION_SEC, MAX_PIXELS, MAX_STREAMS, readHead, tooManyStreams, unknownCodec } from './file-head.js';
import type { FileHead } from './file-head.js';
import { PACKET_ENTRIES, PacketWalk } from './packet-walk.js';
import type { WalkFacts } from './packet-walk.js';

export interface FileTools {
  ffmpegPath: string;
  ffprobePath: string;
}

/** A file that can become a recording. */
export interface FileProbe {
  file: string;
  head: FileHead;
  walk: WalkFacts;
  /** What would come out if H.264 and AAC were copied; undefined for other codecs, and where copying does not work. */
  copied: { video: VideoConfig | undefined; audio: AudioConfig | undefined };
}

const HEAD_TIMEOUT_MS = 20_000;
const COPY_TIMEOUT_MS = 20_000;
/** Reading all packets goes at the speed of the disk. */
const WALK_TIMEOUT_MS = 600_000;
/** What is live comes first; not so far behind that a busy machine looks like a file that takes for ever. */
export const NICENESS = 5;
const MAX_COPIED_BYTES = 32 << 20;
export const MAX_TAG_BYTES = 16 << 20;
/** A file that ends this much before what its head promises was cut off. */
const CUT_OFF_SEC = 5;
const CUT_OFF_SHARE = 0.05;

/** What every run over a stranger's file is held to. */
export const INPUT_BOUNDS = [
  '-max_alloc', String(512 << 20), // whatever a head may claim
  '-protocol_whitelist', 'file', '-format_whitelist', FORMATS.join(','), // nothing that points at other files
  '-codec_whitelist', DECODERS.join(','), // a hundred old decoders see no stranger's bytes
  '-max_streams', String(MAX_STREAMS),
];
const PROBE_BOUNDS = ['-probesize', String(20 << 20), '-analyzeduration', '10000000']; // microseconds

/**
 * Looks at a stranger's file: its head, then every packet, and what copying would give.
 * @throws {FileRefused} with the reason in plain words. @throws {ProcessNotStarted}
 */
export async function probeFile(file: string, tools: FileTools, signal: AbortSignal): Promise<FileProbe> {
  const head = await probeHead(file, tools);
  signal.throwIfAborted();
  const walk = await walkPackets(file, head, tools, signal);
  checkWalk(head, walk);
  signal.throwIfAborted();
  return { file, head, walk, copied: await copyFirst(file, head, tools) };
}

async function probeHead(file: string, { ffprobePath }: FileTools): Promise<FileHead> {
  const args = ['-hide_banner', '-loglevel', 'error', ...INPUT_BOUNDS, ...PROBE_BOUNDS, '-show_entries', HEAD_ENTRIES, '-of', 'json', '-i', `file:${file}`];
  const { code, signal, stdout, stderr } = await runProcess({ command: ffprobePath, args, timeoutMs: HEAD_TIMEOUT_MS });
  if (stderr.some((line) => line.includes('max_streams'))) throw new FileRefused('too_many_streams', tooManyStreams());
  if (signal === 'SIGKILL') throw new FileRefused('too_heavy', `this file could not be understood within ${HEAD_TIMEOUT_MS / 1000} s`);
  const unknown = /Codec \((\w+)\) not on whitelist/.exec(stderr.join('\n'))?.[1];
  if (unknown !== undefined) throw new FileRefused('codec_unknown', unknownCodec(unknown));
  if (code === 0) return readHead(stdout);
  if (stderr.some((line) => line.includes('moov atom not found'))) throw new FileRefused('cut_off', 'this file is not whole: its index, which comes at the end, is missing', { cause: stderr.join(' | ') });
  throw new FileRefused('not_media', 'this is no video or sound that can be read', { cause: stderr.join(' | ') });
}

async function walkPackets(file: string, { video, audio }: FileHead, { ffprobePath }: FileTools, signal: AbortSignal): Promise<WalkFacts> {
  const args = ['-hide_banner', '-loglevel', 'error', ...INPUT_BOUNDS, '-show_entries', PACKET_ENTRIES, '-of', 'csv=p=0', '-i', `file:${file}`];
  const child = await Process.start({ command: ffprobePath, args, stdout: true, niceness: NICENESS });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(WALK_TIMEOUT_MS)]);
  const exited = child.exitedWithin({ signal: limit });
  const walk = new PacketWalk({ video: video?.index, audio: audio?.index });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      walk.add(line);
      if (walk.spanSec > MAX_DURATION_SEC) break;
    }
    checkDuration(walk.spanSec);
    limit.throwIfAborted();
    return walk.facts();
  } catch (error) {
    if (error instanceof AppError || signal.aborted) throw error;
    throw new FileRefused('too_heavy', 'this file could not be read through in time', { cause: error });
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

function checkWalk(head: FileHead, { durationSec, video, audio }: WalkFacts): void {
  if (video === undefined && audio === undefined) throw new FileRefused('damaged', 'this file has a head and nothing after it');
  if (head.video !== undefined && video === undefined) throw new FileRefused('damaged', 'this file announces pictures and holds none');
  const missingSec = (head.durationSec ?? 0) - durationSec;
  if (missingSec <= CUT_OFF_SEC || missingSec <= CUT_OFF_SHARE * (head.durationSec ?? 0)) return;
  throw new FileRefused('cut_off', `this file is not whole: ${Math.round(durationSec)} of ${Math.round(head.durationSec ?? 0)} seconds are there`);
}

/** The decoder configurations of what may be passed on as it is. Copying that fails only means that it is encoded anew. */
async function copyFirst(file: string, { video, audio }: FileHead, { ffmpegPath }: FileTools): Promise<FileProbe['copied']> {
  const maps = [video?.codec === 'h264' ? video.index : undefined, audio?.codec === 'aac' ? audio.index : undefined].filter((index) => index !== undefined);
  if (maps.length === 0) return { video: undefined, audio: undefined };
  const args = [
    '-hide_banner', '-nostdin', '-loglevel', 'error', ...INPUT_BOUNDS, '-max_pixels', String(MAX_PIXELS), '-i', `file:${file}`,
    ...maps.flatMap((index) => ['-map', `0:${index}`]), '-c', 'copy', '-frames:v', '1', '-frames:a', '1', '-flvflags', 'no_duration_filesize', '-f', 'flv', 'pipe:1',
  ];
  const child = await Process.start({ command: ffmpegPath, args, stdout: true });
  const exited = child.exitedWithin({ timeoutMs: COPY_TIMEOUT_MS });
  const found: FileProbe['copied'] = { video: undefined, audio: undefined };
  const reader = new FlvReader({ maxTagBytes: MAX_TAG_BYTES, onTag: (tag) => keepConfig(found, parseFlvTag(tag.type, tag.timestampMs, tag.body)) });
  let sizeBytes = 0;
  try {
    for await (const chunk of child.stdout) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_COPIED_BYTES) break;
      reader.write(chunk);
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
  return found;
}

function keepConfig(found: FileProbe['copied'], media: Media | undefined): void {
  if (media?.type !== 'config') return;
  if (media.config.kind === 'video') found.video ??= media.config;
  else found.audio ??= media.config;
}
