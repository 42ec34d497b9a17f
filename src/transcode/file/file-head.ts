import { z } from 'zod';
import { FileRefused } from './errors.js';

/** What the head of a file says of its pictures. */
export interface FileVideo {
  index: number;
  codec: string;
  /** Pixels as they are shown, turned where the file says so; not yet stretched by `sar`. */
  width: number;
  height: number;
  sar: { width: number; height: number };
  /** Quarter turns and others, degrees; 0 when the pictures are stored upright. */
  rotation: number;
  isInterlaced: boolean;
  /** Brighter than ordinary screens: PQ or HLG. */
  isHdr: boolean;
}

export interface FileAudio {
  index: number;
  codec: string;
}

/** What the head of a file says; nothing of it is proven yet. */
export interface FileHead {
  video: FileVideo | undefined;
  audio: FileAudio | undefined;
  /** Undefined where the file does not say, as recorders that stream do. */
  durationSec: number | undefined;
  startSec: number;
}

export const MAX_STREAMS = 64;
export const MAX_DURATION_SEC = 12 * 3600;
const MIN_DURATION_SEC = 0.5;
const MIN_SIDE = 16;
const MAX_SIDE = 8192;
export const MAX_PIXELS = MAX_SIDE * 4320;

/** Containers that hold their media themselves: a playlist or a script could point at other files of this server. */
export const FORMATS = ['mov', 'mp4', 'matroska', 'webm', 'mpegts', 'mpeg', 'flv', 'avi', 'asf', 'ogg', 'mp3', 'aac', 'wav', 'flac'];
/** What cameras, phones, recorders and editors write. */
const VIDEO_DECODERS: Record<string, string> = {
  h264: 'h264', hevc: 'hevc', av1: 'libdav1d,libaom-av1,av1', vp8: 'vp8', vp9: 'vp9', mpeg4: 'mpeg4', mpeg2video: 'mpeg2video', mpeg1video: 'mpeg1video',
  mjpeg: 'mjpeg', prores: 'prores', dnxhd: 'dnxhd', h263: 'h263', theora: 'theora', wmv3: 'wmv3', vc1: 'vc1', msmpeg4v3: 'msmpeg4', dvvideo: 'dvvideo', flv1: 'flv',
};
const AUDIO_DECODERS: Record<string, string> = {
  aac: 'aac', mp3: 'mp3float,mp3', mp2: 'mp2float,mp2', opus: 'opus,libopus', vorbis: 'vorbis', ac3: 'ac3', eac3: 'eac3', flac: 'flac', alac: 'alac', wmav2: 'wmav2', amr_nb: 'amrnb', amr_wb: 'amrwb',
  pcm_s16le: 'pcm_s16le', pcm_s16be: 'pcm_s16be', pcm_s24le: 'pcm_s24le', pcm_s24be: 'pcm_s24be', pcm_s32le: 'pcm_s32le', pcm_f32le: 'pcm_f32le', pcm_u8: 'pcm_u8', pcm_mulaw: 'pcm_mulaw', pcm_alaw: 'pcm_alaw',
};
/** Of streams that are left out. */
const OTHER_DECODERS = ['dca', 'truehd', 'mlp', 'adpcm_ms', 'adpcm_ima_wav', 'wmav1', 'wmapro', 'ssa', 'ass', 'srt', 'subrip', 'mov_text', 'webvtt', 'text', 'dvdsub', 'dvbsub', 'pgssub', 'cc_dec', 'png', 'gif', 'bmp'];
export const DECODERS = [...Object.values(VIDEO_DECODERS), ...Object.values(AUDIO_DECODERS), ...OTHER_DECODERS];
const HDR_TRANSFERS = ['smpte2084', 'arib-std-b67'];
const INTERLACED_ORDERS = ['tt', 'bb', 'tb', 'bt'];

/** ffprobe writes numbers as text and leaves out what it does not know. */
const seconds = z.coerce.number().optional().catch(undefined);
const stream = z.object({
  index: z.int().nonnegative(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  width: z.int().nonnegative().optional(),
  height: z.int().nonnegative().optional(),
  sample_aspect_ratio: z.string().optional(),
  field_order: z.string().optional(),
  color_transfer: z.string().optional(),
  disposition: z.object({ attached_pic: z.int() }).optional(),
  side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
});
const probed = z.object({
  streams: z.array(stream).default([]),
  format: z.object({ duration: seconds, start_time: seconds }).default({}),
});
type ProbedStream = z.infer<typeof stream>;

/** The fields that {@link readHead} reads, as ffprobe wants them named. */
export const HEAD_ENTRIES = [
  'stream=index,codec_type,codec_name,width,height,sample_aspect_ratio,field_order,color_transfer',
  'stream_disposition=attached_pic', 'stream_side_data=rotation', 'format=duration,start_time',
].join(':');

/**
 * Reads what ffprobe printed as JSON, and holds it against the bounds.
 * @throws {FileRefused}
 */
export function readHead(json: string): FileHead {
  const result = probed.safeParse(jsonOf(json));
  if (!result.success) throw new FileRefused('not_media', 'this is no video or sound that can be read', { cause: result.error });
  const { streams, format } = result.data;
  if (streams.length > MAX_STREAMS) throw new FileRefused('too_many_streams', tooManyStreams());
  checkDuration(format.duration);
  const video = streams.find(isPicture);
  const audio = streams.find(({ codec_type }) => codec_type === 'audio');
  if (video === undefined && audio === undefined) throw new FileRefused('nothing_to_show', 'there is neither a picture nor sound in this file');
  return { video: video && videoOf(video), audio: audio && audioOf(audio), durationSec: format.duration, startSec: format.start_time ?? 0 };
}

export function tooManyStreams(): string {
  return `this file has more than ${MAX_STREAMS} streams; a recording has one of pictures and one of sound`;
}

export function unknownCodec(codec: string): string {
  return `this file is coded as ${codec}, which this server does not read: export it as H.264 with AAC`;
}

/** @throws {FileRefused} */
export function checkDuration(durationSec: number | undefined): void {
  if (durationSec === undefined) return;
  if (durationSec > MAX_DURATION_SEC) throw new FileRefused('too_long', `this is longer than ${MAX_DURATION_SEC / 3600} hours`);
  if (durationSec < MIN_DURATION_SEC) throw new FileRefused('too_short', 'this is shorter than half a second');
}

/** The cover of a piece of music is a stream of pictures, too. */
function isPicture({ codec_type, disposition }: ProbedStream): boolean {
  return codec_type === 'video' && disposition?.attached_pic !== 1;
}

function videoOf({ index, codec_name: codec = 'unknown', width = 0, height = 0, ...rest }: ProbedStream): FileVideo {
  if (VIDEO_DECODERS[codec] === undefined) throw new FileRefused('codec_unknown', unknownCodec(codec));
  checkSize(width, height);
  const rotation = rest.side_data_list?.find((side) => side.rotation !== undefined)?.rotation ?? 0;
  const isTurned = Math.abs(rotation) % 180 === 90;
  const sar = ratioOf(rest.sample_aspect_ratio);
  return {
    index, codec, rotation,
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    sar: isTurned ? { width: sar.height, height: sar.width } : sar,
    isInterlaced: INTERLACED_ORDERS.includes(rest.field_order ?? ''),
    isHdr: HDR_TRANSFERS.includes(rest.color_transfer ?? ''),
  };
}

function checkSize(width: number, height: number): void {
  const isFit = Math.min(width, height) >= MIN_SIDE && Math.max(width, height) <= MAX_SIDE && width * height <= MAX_PIXELS;
  if (!isFit) throw new FileRefused('picture_size', `its pictures have ${width} × ${height} pixels; each side needs ${MIN_SIDE} to ${MAX_SIDE}`);
}

function audioOf({ index, codec_name: codec = 'unknown' }: ProbedStream): FileAudio {
  if (AUDIO_DECODERS[codec] === undefined) throw new FileRefused('codec_unknown', unknownCodec(codec));
  return { index, codec };
}

/** Pixels more than eight times as wide as high are a damaged header. */
function ratioOf(text: string | undefined): { width: number; height: number } {
  const [width = 0, height = 0] = (text ?? '').split(':').map(Number);
  const isSane = width > 0 && height > 0 && width / height <= 8 && height / width <= 8;
  return isSane ? { width, height } : { width: 1, height: 1 };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
