import { parseAudioSpecificConfig } from './aac.js';
import { CodecUnsupported, MediaInvalid } from '../errors.js';
import { parseAvcConfig } from './h264.js';
import type { Media } from '../media.js';

/** FLV tag types (Adobe FLV 10.1 §E.4.1); the same numbers are RTMP message types. */
export const FLV_AUDIO = 8;
export const FLV_VIDEO = 9;
export const FLV_SCRIPT = 18;

const FLV_CODEC_H264 = 7;
const FLV_SOUND_AAC = 10;
const SOUND_EX_HEADER = 9;
const AVC_SEQUENCE_HEADER = 0;
const AVC_NALU = 1;
const FRAME_KEY = 1;
const FRAME_COMMAND = 5;
const VIDEO_HEADER_BYTES = 5;
const AUDIO_HEADER_BYTES = 2;
/** Sixteen reordered pictures at one a second; no encoder comes near. */
const MAX_COMPOSITION_MS = 10_000;

/** FourCCs of Enhanced RTMP v1 and v2, for a refusal that names the codec. */
const ENHANCED_NAMES: Record<string, string> = {
  hvc1: 'HEVC', av01: 'AV1', vp09: 'VP9', vp08: 'VP8', vvc1: 'VVC', avc1: 'H.264 by Enhanced RTMP',
  'Opus': 'Opus', 'fLaC': 'FLAC', 'ac-3': 'AC-3', 'ec-3': 'E-AC-3', '.mp3': 'MP3 by Enhanced RTMP', 'mp4a': 'AAC by Enhanced RTMP',
};

/**
 * Reads the body of one audio or video tag. `undefined` means nothing to pass on (end of sequence, info frame).
 * @param timestampMs decode time, ms, already free of the 32-bit wrap.
 * @throws {MediaInvalid} for bytes that contradict the format.
 * @throws {CodecUnsupported} for a codec that is known but cannot be taken.
 */
export function parseFlvTag(type: number, timestampMs: number, body: Buffer): Media | undefined {
  if (body.length === 0) return undefined; // OBS sends empty audio messages at a start
  if (type === FLV_VIDEO) return parseVideo(timestampMs, body);
  if (type === FLV_AUDIO) return parseAudio(timestampMs, body);
  return undefined;
}

function parseVideo(dtsMs: number, body: Buffer): Media | undefined {
  const first = body.readUInt8(0);
  if (first & 0x80) throw enhancedCodec(body);
  const codec = first & 15;
  const frameType = first >> 4;
  if (frameType === FRAME_COMMAND) return undefined;
  if (codec !== FLV_CODEC_H264) throw new CodecUnsupported(`FLV video codec ${codec}`, 'send H.264');
  if (body.length < VIDEO_HEADER_BYTES) throw new MediaInvalid('H.264 tag is shorter than its 5-byte header');
  const packetType = body.readUInt8(1);
  const payload = body.subarray(VIDEO_HEADER_BYTES);
  if (packetType === AVC_SEQUENCE_HEADER) return { type: 'config', config: parseAvcConfig(payload), body };
  if (packetType !== AVC_NALU || payload.length === 0) return undefined;
  const compositionMs = body.readIntBE(2, 3);
  if (Math.abs(compositionMs) > MAX_COMPOSITION_MS) throw new MediaInvalid(`picture is shown ${compositionMs} ms after it is decoded; at most ${MAX_COMPOSITION_MS} are taken`);
  const ptsMs = dtsMs + compositionMs;
  return { type: 'frame', frame: { kind: 'video', dtsMs, ptsMs, isKey: frameType === FRAME_KEY, payload, body } };
}

function parseAudio(dtsMs: number, body: Buffer): Media | undefined {
  const format = body.readUInt8(0) >> 4;
  if (format === SOUND_EX_HEADER) throw enhancedCodec(body);
  if (format !== FLV_SOUND_AAC) throw new CodecUnsupported(`FLV sound format ${format}`, 'send AAC');
  if (body.length < AUDIO_HEADER_BYTES) throw new MediaInvalid('AAC tag is shorter than its 2-byte header');
  const payload = body.subarray(AUDIO_HEADER_BYTES);
  if (body.readUInt8(1) === 0) return { type: 'config', config: parseAudioSpecificConfig(payload), body };
  if (payload.length === 0) return undefined;
  return { type: 'frame', frame: { kind: 'audio', dtsMs, ptsMs: dtsMs, isKey: true, payload, body } };
}

function enhancedCodec(body: Buffer): CodecUnsupported {
  const fourcc = body.subarray(1, 5).toString('latin1');
  const name = ENHANCED_NAMES[fourcc] ?? 'this Enhanced RTMP codec';
  return new CodecUnsupported(name, 'choose H.264 video and AAC audio in the encoder');
}

const FLV_HEADER_BYTES = 9;
const TAG_HEADER_BYTES = 11;

/** The file header and the first back pointer (Adobe FLV 10.1 §E.2). */
export function flvFileHeader(tracks: { hasAudio: boolean; hasVideo: boolean }): Buffer {
  const header = Buffer.alloc(FLV_HEADER_BYTES + 4);
  header.write('FLV', 'latin1');
  header.writeUInt8(1, 3);
  header.writeUInt8((tracks.hasAudio ? 4 : 0) | (tracks.hasVideo ? 1 : 0), 4);
  header.writeUInt32BE(FLV_HEADER_BYTES, 5);
  return header;
}

/** The 11 bytes before a tag body. `timestampMs` is written modulo 2³². */
export function flvTagHeader(type: number, sizeBytes: number, timestampMs: number): Buffer {
  const header = Buffer.alloc(TAG_HEADER_BYTES);
  const time = Math.trunc(timestampMs) % 2 ** 32;
  header.writeUInt8(type, 0);
  header.writeUIntBE(sizeBytes, 1, 3);
  header.writeUIntBE(time & 0xffffff, 4, 3);
  header.writeUInt8(Math.floor(time / 2 ** 24), 7);
  return header;
}

/** The back pointer after a tag body. */
export function flvTagTrailer(sizeBytes: number): Buffer {
  const trailer = Buffer.alloc(4);
  trailer.writeUInt32BE(TAG_HEADER_BYTES + sizeBytes);
  return trailer;
}
