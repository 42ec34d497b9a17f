import type { AudioConfig, Frame, VideoConfig } from '../../streams/index.js';

/** Element ids (RFC 9559 §5.1, RFC 8794 §11.2). */
const ID = {
  ebml: 0x1a45dfa3, ebmlVersion: 0x4286, ebmlReadVersion: 0x42f7, maxIdLength: 0x42f2, maxSizeLength: 0x42f3,
  docType: 0x4282, docTypeVersion: 0x4287, docTypeReadVersion: 0x4285,
  segment: 0x18538067, info: 0x1549a966, timestampScale: 0x2ad7b1, muxingApp: 0x4d80, writingApp: 0x5741,
  tracks: 0x1654ae6b, trackEntry: 0xae, trackNumber: 0xd7, trackUid: 0x73c5, trackType: 0x83, flagLacing: 0x9c, codecId: 0x86, codecPrivate: 0x63a2,
  video: 0xe0, pixelWidth: 0xb0, pixelHeight: 0xba, audio: 0xe1, samplingFrequency: 0xb5, channels: 0x9f,
  cluster: 0x1f43b675, timestamp: 0xe7, simpleBlock: 0xa3,
} as const;

const CODEC_IDS = { h264: 'V_MPEG4/ISO/AVC', hevc: 'V_MPEGH/ISO/HEVC', av1: 'V_AV1', vp8: 'V_VP8', vp9: 'V_VP9', aac: 'A_AAC', opus: 'A_OPUS' } as const;
/** Their frames say all (RFC 9559 §27.2, codec mappings V_VP8 and V_VP9). */
const WITHOUT_PRIVATE: ReadonlySet<string> = new Set(['vp8', 'vp9']);
const TRACKS = { video: { number: 1, type: 1 }, audio: { number: 2, type: 2 } } as const;
/** A size that the end of the stream tells (RFC 8794 §6.2). */
const UNKNOWN_SIZE = Buffer.from('01ffffffffffffff', 'hex');
/** Sizes are written in four bytes, of which these bits mark the length. */
const SIZE_MARK = 0x10000000;
const NANOSECONDS_PER_MS = 1_000_000;
const BLOCK_HEADER_BYTES = 9;
const FLAG_KEY = 0x80;
/** A block counts from its cluster in 16 bits with a sign. */
const MAX_CLUSTER_MS = 30_000;
const APPLICATION = text('tidemark');

/**
 * Writes a live Matroska stream (RFC 9559) of one video and one audio track at most. Every FFmpeg reads each codec in
 * it, and gives a frame on as soon as its last byte is there; times are the milliseconds that sources have.
 */
export class MatroskaWriter {
  #clusterMs: number | undefined;

  /** What comes before the first frame. */
  header(configs: (VideoConfig | AudioConfig)[]): Buffer {
    const ebml = element(ID.ebml,
      element(ID.ebmlVersion, uint(1)), element(ID.ebmlReadVersion, uint(1)), element(ID.maxIdLength, uint(4)), element(ID.maxSizeLength, uint(8)),
      element(ID.docType, text('matroska')), element(ID.docTypeVersion, uint(4)), element(ID.docTypeReadVersion, uint(2)));
    const info = element(ID.info, element(ID.timestampScale, uint(NANOSECONDS_PER_MS)), element(ID.muxingApp, APPLICATION), element(ID.writingApp, APPLICATION));
    return Buffer.concat([ebml, idOf(ID.segment), UNKNOWN_SIZE, info, element(ID.tracks, ...configs.map(trackEntry))]);
  }

  /** What comes before the payload of a frame that is shown at `timeMs`. */
  frameHeader(frame: Pick<Frame, 'kind' | 'isKey' | 'payload'>, timeMs: number): Buffer {
    const startsCluster = this.#clusterMs === undefined || (frame.kind === 'video' && frame.isKey) || Math.abs(timeMs - this.#clusterMs) > MAX_CLUSTER_MS;
    const clusterMs = startsCluster || this.#clusterMs === undefined ? timeMs : this.#clusterMs;
    this.#clusterMs = clusterMs;
    const block = Buffer.allocUnsafe(BLOCK_HEADER_BYTES);
    block.writeUInt8(ID.simpleBlock, 0);
    block.writeUInt32BE(SIZE_MARK + BLOCK_HEADER_BYTES - 5 + frame.payload.length, 1);
    block.writeUInt8(0x80 + TRACKS[frame.kind].number, 5);
    block.writeInt16BE(timeMs - clusterMs, 6);
    block.writeUInt8(frame.isKey ? FLAG_KEY : 0, 8);
    return startsCluster ? Buffer.concat([idOf(ID.cluster), UNKNOWN_SIZE, element(ID.timestamp, uint(clusterMs)), block]) : block;
  }
}

function trackEntry(config: VideoConfig | AudioConfig): Buffer {
  const { number, type } = TRACKS[config.kind];
  return element(ID.trackEntry,
    element(ID.trackNumber, uint(number)), element(ID.trackUid, uint(number)), element(ID.trackType, uint(type)), element(ID.flagLacing, uint(0)),
    element(ID.codecId, text(CODEC_IDS[config.codec])), ...(WITHOUT_PRIVATE.has(config.codec) ? [] : [element(ID.codecPrivate, config.description)]),
    config.kind === 'video'
      ? element(ID.video, element(ID.pixelWidth, uint(config.width)), element(ID.pixelHeight, uint(config.height)))
      : element(ID.audio, element(ID.samplingFrequency, float(config.sampleRate)), element(ID.channels, uint(config.channels))));
}

function element(id: number, ...content: Buffer[]): Buffer {
  const sizeBytes = content.reduce((sum, part) => sum + part.length, 0);
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32BE(SIZE_MARK + sizeBytes);
  return Buffer.concat([idOf(id), size, ...content]);
}

/** An id says by its first bits how long it is. */
function idOf(id: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(id);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

function uint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function float(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
