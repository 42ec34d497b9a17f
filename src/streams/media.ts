/**
 * The nouns that travel the media path. Times are milliseconds (the only precision RTMP has); they are
 * plain numbers that never wrap.
 */

/** A coded video track, as its decoder configuration record describes it. */
export interface VideoConfig {
  kind: 'video';
  codec: 'h264' | 'hevc' | 'av1' | 'vp8' | 'vp9';
  /** RFC 6381 codecs parameter, such as `avc1.64001f`, `hvc1.1.6.L93.B0` or `av01.0.08M.08`. */
  codecString: string;
  /** Pixels, after cropping. */
  width: number;
  height: number;
  /** Sample aspect ratio; 1:1 when the stream does not say. */
  sar: { width: number; height: number };
  /** Frames that may be shown later than they are decoded; 0 means no B-frames, undefined means not declared. */
  reorderFrames: number | undefined;
  interlaced: boolean;
  /** 8-bit 4:2:0, which is all that players and hardware decoders take of H.264. */
  isBaselineChroma: boolean;
  /**
   * Decoder configuration record: avcC, hvcC (ISO/IEC 14496-15 §5.3.3.1, §8.3.3.1) or av1C (AV1 in ISOBMFF §2.3); of VP8
   * and VP9, which need none, width and height.
   */
  description: Buffer;
}

/** A coded audio track. */
export interface AudioConfig {
  kind: 'audio';
  codec: 'aac' | 'opus';
  /** RFC 6381 codecs parameter, such as `mp4a.40.2` or `opus`. */
  codecString: string;
  sampleRate: number;
  channels: number;
  /** Samples in one coded frame: 1024 or 960; of Opus, as many as are usual. */
  frameSamples: number;
  /** AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1), or OpusHead (RFC 7845 §5.1). */
  description: Buffer;
}

/** One coded picture or one coded audio frame. */
export interface Frame {
  kind: 'video' | 'audio';
  dtsMs: number;
  ptsMs: number;
  /** True for IDR pictures and for every audio frame. */
  isKey: boolean;
  /** What goes into an `mdat`: NAL units after 4-byte lengths, AV1 units, or one raw AAC frame; a VP8 or VP9 frame, an Opus packet. A view of what arrived. */
  payload: Buffer;
}

/** What a publisher sends, in order: a configuration before the frames that need it. */
export type Media =
  | { type: 'config'; config: VideoConfig | AudioConfig }
  | { type: 'frame'; frame: Frame };

/** One rung of the ladder, as a player sees it. */
export interface Rendition {
  /** `source`, `720p`, `480p`, `360p` or `audio`; also the folder under `media/<broadcastId>/`. */
  name: string;
  kind: 'video' | 'audio';
  /** Whether the publisher's own bits are passed on or FFmpeg makes new ones. */
  origin: 'passthrough' | 'encoded';
}

/**
 * A stretch of a broadcast during which no format changes. A reconnect, a crash of FFmpeg or a dropped rung starts
 * the next one; between two of them players see EXT-X-DISCONTINUITY.
 */
export interface Take {
  /** Counts from 0 in a broadcast. */
  number: number;
  renditions: Rendition[];
  /** Longest distance between key frames that is expected, ms; segments cannot be shorter. */
  keyFrameIntervalMs: number;
  /** Nothing of the streamer's: a picture that stands in while the publisher is away. */
  isSlate?: boolean;
}

/** One event on the way from transcode to packager; in order for each rendition. */
export type RenditionMedia =
  | { type: 'config'; take: number; rendition: string; config: VideoConfig | AudioConfig }
  | { type: 'frame'; take: number; rendition: string; frame: Frame };
