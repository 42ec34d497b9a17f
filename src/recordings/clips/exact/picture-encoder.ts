import { readFile } from 'node:fs/promises';
import { FlvReader, parseFlvTag } from '../../../streams/index.js';
import type { Frame, VideoConfig } from '../../../streams/index.js';
import { Process } from '../../../platform/index.js';
import { ClipInexact } from '../errors.js';

export interface EncodeWish {
  initFile: string;
  /** A segment, which starts with a key frame. */
  file: string;
  /** Pictures that are shown from then on, ticks of the segment. */
  startTicks: number;
  /** The first one that is not wanted any more. */
  untilTicks: number;
  /** How many that are. */
  count: number;
}

export interface EncodedPictures {
  /** Decoder configuration record (avcC). */
  record: Buffer;
  /** In the order of showing, which is that of decoding. */
  pictures: Frame[];
}

/** @throws {ClipInexact} when not all of them can be had, or not in time. */
export type EncodePictures = (wish: EncodeWish) => Promise<EncodedPictures>;

/** Two seconds of 1080p60 take two; who waits for a clip behind this one waits as long. */
const TIME_LIMIT_MS = 20_000;
/** What is live comes first. */
const NICENESS = 10;
const MAX_OUTPUT_BYTES = 64 << 20;
const MAX_TAG_BYTES = 16 << 20;
/** A picture of 8K. What claims to be larger is not decoded. */
const MAX_PIXELS = 36_000_000;
const MAX_ALLOCATION_BYTES = 256 << 20;

/** Encodes some pictures of a segment as H.264 anew, with FFmpeg. */
export function pictureEncoder({ ffmpegPath, signal }: { ffmpegPath: string; signal: AbortSignal }): EncodePictures {
  return async (wish) => {
    const [init, segment] = [await readFile(wish.initFile), await readFile(wish.file)];
    const child = await Process.start({ command: ffmpegPath, args: encoderArguments(wish), stdout: true, niceness: NICENESS });
    const flv = child.collect(child.stdout, MAX_OUTPUT_BYTES);
    child.stdin.write(init);
    child.stdin.end(segment);
    const { code, stderr } = await child.exitedWithin({ timeoutMs: TIME_LIMIT_MS, signal });
    if (code !== 0) throw new ClipInexact(stderr.at(-1) ?? 'FFmpeg was ended');
    return wholePictures(Buffer.concat(flv), wish.count);
  };
}

function wholePictures(flv: Buffer, count: number): EncodedPictures {
  let config: VideoConfig | undefined;
  const pictures: Frame[] = [];
  const reader = new FlvReader({ maxTagBytes: MAX_TAG_BYTES, onTag: ({ type, timestampMs, body }) => {
    const media = parseFlvTag(type, timestampMs, body);
    if (media?.type === 'frame') pictures.push(media.frame);
    else if (media?.config.kind === 'video') config = media.config;
  } });
  reader.write(flv);
  // What was damaged on the way here is left out by the decoder.
  if (config === undefined || pictures[0]?.isKey !== true || pictures.length !== count) throw new ClipInexact(`FFmpeg gave ${pictures.length} of ${count} pictures`);
  return { record: config.description, pictures };
}

/** Init segment and segment come in by stdin, FLV goes out by stdout. */
export function encoderArguments({ startTicks, untilTicks, count }: Pick<EncodeWish, 'startTicks' | 'untilTicks' | 'count'>): string[] {
  const until = Number.isFinite(untilTicks) ? `*lt(pts\\,${untilTicks})` : '';
  return [
    '-hide_banner', '-nostdin',
    '-loglevel', 'error', // stderr is kept for the report of a failure
    '-max_alloc', String(MAX_ALLOCATION_BYTES), '-max_pixels', String(MAX_PIXELS), // what an init segment claims is the publisher's word
    '-copyts', // pictures are chosen by the times that the segment gives them
    '-threads', '1', // other cores are left to what is live
    '-protocol_whitelist', 'pipe', '-f', 'mp4', '-i', 'pipe:0', // and nothing that it may point to
    '-map', '0:v',
    '-vf', `select='gte(pts\\,${startTicks})${until}',setpts=PTS-STARTPTS`,
    '-fps_mode', 'passthrough', // none is doubled or dropped
    '-frames:v', String(count),
    '-c:v', 'libx264', '-preset', 'veryfast',
    '-crf', '18', // no change that the eye sees where copying begins
    '-bf', '0', // their order is that of showing: times are known without looking
    '-g', String(count), '-sc_threshold', '0',
    '-threads', '1',
    '-flvflags', 'no_duration_filesize+no_sequence_end', // a pipe cannot be gone back in
    '-f', 'flv', 'pipe:1',
  ];
}
