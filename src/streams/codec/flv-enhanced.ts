import { CodecUnsupported, MediaInvalid } from '../errors.js';

/** The header of an Enhanced RTMP tag, behind which the payload is. Packet types are numbered as in the specification. */
export interface EnhancedTag {
  frameType: number;
  packetType: number;
  fourCc: string;
  payload: Buffer;
}

/** VideoPacketType and AudioPacketType (Enhanced RTMP v2, "Enhanced Video", "Enhanced Audio"). */
export const PACKET = { sequenceStart: 0, codedFrames: 1, sequenceEnd: 2, codedFramesX: 3, metadata: 4, transportStreamStart: 5 } as const;
/** FourCCs of the video that is taken, for the answer to `connect`. */
export const VIDEO_FOURCCS = ['avc1', 'hvc1', 'av01'];
export const AUDIO_FOURCCS = ['mp4a'];

const VIDEO_MULTITRACK = 6;
const AUDIO_MULTITRACK = 5;
const MODIFIER = 7;
const ONE_TRACK = 0;
const FRAME_COMMAND = 5;
const LONG_MODIFIER = 256;
const NAMES: Record<string, string> = {
  vp09: 'VP9', vp08: 'VP8', vvc1: 'VVC', Opus: 'Opus', fLaC: 'FLAC', 'ac-3': 'AC-3', 'ec-3': 'E-AC-3', '.mp3': 'MP3',
};

/**
 * Reads the header of an enhanced video tag; `undefined` for a command to the player.
 * @throws {MediaInvalid} when it is cut short.
 * @throws {CodecUnsupported} for more than one video track.
 */
export function readEnhancedVideo(body: Buffer): EnhancedTag | undefined {
  const frameType = (body.readUInt8(0) >> 4) & 7;
  const start = skipModifiers(body, 'video');
  // A command is one more byte, with no FourCC before it.
  if (frameType === FRAME_COMMAND && start.packetType !== PACKET.metadata) return undefined;
  return { frameType, ...readTrack(body, start, { multitrack: VIDEO_MULTITRACK, kind: 'video' }) };
}

/**
 * Reads the header of an enhanced audio tag.
 * @throws {MediaInvalid} when it is cut short.
 * @throws {CodecUnsupported} for more than one audio track.
 */
export function readEnhancedAudio(body: Buffer): Omit<EnhancedTag, 'frameType'> {
  return readTrack(body, skipModifiers(body, 'audio'), { multitrack: AUDIO_MULTITRACK, kind: 'audio' });
}

/** The refusal of a codec by its name. */
export function unsupportedCodec(fourCc: string): CodecUnsupported {
  return new CodecUnsupported(NAMES[fourCc] ?? 'this Enhanced RTMP codec', 'choose H.264, HEVC or AV1 video and AAC audio in the encoder');
}

/** The packet type behind the modifiers, and what takes bytes from there on: it returns where those are that it took. */
interface HeaderStart {
  packetType: number;
  take: (sizeBytes: number) => number;
}

function skipModifiers(body: Buffer, kind: string): HeaderStart {
  let at = 1;
  const take = (sizeBytes: number): number => {
    at += sizeBytes;
    if (at > body.length) throw new MediaInvalid(`enhanced ${kind} tag is shorter than its header`);
    return at - sizeBytes;
  };
  let packetType = body.readUInt8(0) & 15;
  while (packetType === MODIFIER) {
    const shortSize = body.readUInt8(take(1)) + 1;
    // What it changes is the time by less than a millisecond.
    take(shortSize === LONG_MODIFIER ? body.readUInt16BE(take(2)) + 1 : shortSize);
    packetType = body.readUInt8(take(1)) & 15;
  }
  return { packetType, take };
}

function readTrack(body: Buffer, { packetType, take }: HeaderStart, { multitrack, kind }: { multitrack: number; kind: string }): Omit<EnhancedTag, 'frameType'> {
  const hasTracks = packetType === multitrack;
  const types = hasTracks ? body.readUInt8(take(1)) : packetType;
  if (types >> 4 !== ONE_TRACK) throw severalTracks(kind);
  const fourCcAt = take(4);
  if (hasTracks && body.readUInt8(take(1)) !== 0) throw severalTracks(kind);
  return { packetType: types & 15, fourCc: body.toString('latin1', fourCcAt, fourCcAt + 4), payload: body.subarray(take(0)) };
}

function severalTracks(kind: string): CodecUnsupported {
  return new CodecUnsupported(`a stream with several ${kind} tracks`, 'send one');
}
