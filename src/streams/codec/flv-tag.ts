import { parseAudioSpecificConfig } from './aac.js';
import { parseAv1Config, withoutDelimiters } from './av1.js';
import { CodecUnsupported, MediaInvalid } from '../errors.js';
import { AUDIO_FOURCCS, PACKET, readEnhancedAudio, readEnhancedVideo, unsupportedCodec } from './flv-enhanced.js';
import { parseAvcConfig } from './h264.js';
import { parseHevcConfig, withoutParameterSets } from './hevc.js';
import type { Media, VideoConfig } from '../media.js';

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
const COMPOSITION_BYTES = 3;

/** How Enhanced RTMP carries a codec. */
interface EnhancedCodec {
  parseConfig: (record: Buffer) => VideoConfig;
  /** What of a coded picture goes into a sample. */
  sample: (payload: Buffer) => Buffer | undefined;
  hasCompositionTime: boolean;
}

const ENHANCED_VIDEO: Record<string, EnhancedCodec> = {
  avc1: { parseConfig: parseAvcConfig, sample: (payload) => payload, hasCompositionTime: true },
  hvc1: { parseConfig: parseHevcConfig, sample: withoutParameterSets, hasCompositionTime: true },
  av01: { parseConfig: parseAv1Config, sample: withoutDelimiters, hasCompositionTime: false },
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
  if (first & 0x80) return parseEnhancedVideo(dtsMs, body);
  const codec = first & 15;
  const frameType = first >> 4;
  if (frameType === FRAME_COMMAND) return undefined;
  if (codec !== FLV_CODEC_H264) throw new CodecUnsupported(`FLV video codec ${codec}`, 'send H.264');
  if (body.length < VIDEO_HEADER_BYTES) throw new MediaInvalid('H.264 tag is shorter than its 5-byte header');
  const packetType = body.readUInt8(1);
  const payload = body.subarray(VIDEO_HEADER_BYTES);
  if (packetType === AVC_SEQUENCE_HEADER) return { type: 'config', config: parseAvcConfig(payload) };
  if (packetType !== AVC_NALU) return undefined;
  return picture({ dtsMs, compositionMs: body.readIntBE(2, 3), isKey: frameType === FRAME_KEY }, payload);
}

function parseEnhancedVideo(dtsMs: number, body: Buffer): Media | undefined {
  const tag = readEnhancedVideo(body);
  const codec = tag && ENHANCED_VIDEO[tag.fourCc];
  if (tag === undefined || tag.packetType === PACKET.metadata || tag.packetType === PACKET.sequenceEnd) return undefined;
  if (codec === undefined) throw unsupportedCodec(tag.fourCc);
  const isKey = tag.frameType === FRAME_KEY;
  switch (tag.packetType) {
    case PACKET.sequenceStart: return { type: 'config', config: codec.parseConfig(tag.payload) };
    case PACKET.codedFramesX: return picture({ dtsMs, compositionMs: 0, isKey }, codec.sample(tag.payload));
    case PACKET.codedFrames: return enhancedPicture(dtsMs, isKey, tag.payload, codec);
    default: throw new CodecUnsupported(`packet type ${tag.packetType} of Enhanced RTMP`, 'send plain coded frames');
  }
}

function enhancedPicture(dtsMs: number, isKey: boolean, payload: Buffer, codec: EnhancedCodec): Media | undefined {
  if (!codec.hasCompositionTime) return picture({ dtsMs, compositionMs: 0, isKey }, codec.sample(payload));
  if (payload.length < COMPOSITION_BYTES) throw new MediaInvalid('enhanced video tag ends inside its composition time');
  return picture({ dtsMs, compositionMs: payload.readIntBE(0, COMPOSITION_BYTES), isKey }, codec.sample(payload.subarray(COMPOSITION_BYTES)));
}

function picture(time: { dtsMs: number; compositionMs: number; isKey: boolean }, payload: Buffer | undefined): Media | undefined {
  const { dtsMs, compositionMs, isKey } = time;
  if (payload === undefined || payload.length === 0) return undefined;
  if (Math.abs(compositionMs) > MAX_COMPOSITION_MS) throw new MediaInvalid(`picture is shown ${compositionMs} ms after it is decoded; at most ${MAX_COMPOSITION_MS} are taken`);
  return { type: 'frame', frame: { kind: 'video', dtsMs, ptsMs: dtsMs + compositionMs, isKey, payload } };
}

function parseAudio(dtsMs: number, body: Buffer): Media | undefined {
  const format = body.readUInt8(0) >> 4;
  if (format === SOUND_EX_HEADER) return parseEnhancedAudio(dtsMs, body);
  if (format !== FLV_SOUND_AAC) throw new CodecUnsupported(`FLV sound format ${format}`, 'send AAC');
  if (body.length < AUDIO_HEADER_BYTES) throw new MediaInvalid('AAC tag is shorter than its 2-byte header');
  const payload = body.subarray(AUDIO_HEADER_BYTES);
  return body.readUInt8(1) === 0 ? { type: 'config', config: parseAudioSpecificConfig(payload) } : sound(dtsMs, payload);
}

function parseEnhancedAudio(dtsMs: number, body: Buffer): Media | undefined {
  const { packetType, fourCc, payload } = readEnhancedAudio(body);
  if (packetType !== PACKET.sequenceStart && packetType !== PACKET.codedFrames) return undefined;
  if (!AUDIO_FOURCCS.includes(fourCc)) throw unsupportedCodec(fourCc);
  return packetType === PACKET.sequenceStart ? { type: 'config', config: parseAudioSpecificConfig(payload) } : sound(dtsMs, payload);
}

function sound(dtsMs: number, payload: Buffer): Media | undefined {
  if (payload.length === 0) return undefined;
  return { type: 'frame', frame: { kind: 'audio', dtsMs, ptsMs: dtsMs, isKey: true, payload } };
}
