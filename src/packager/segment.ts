import type { AudioConfig, VideoConfig } from '../streams/index.js';

/** A part of a segment: one CMAF chunk (HLS: partial segment). */
export interface Part {
  /** Decode time on the broadcast's clock, ms. */
  startMs: number;
  durationMs: number;
  /** Pictures or audio frames inside. */
  frames: number;
  /** Starts with a key frame. */
  isIndependent: boolean;
  sizeBytes: number;
  buffers: Buffer[];
}

/** A finished segment of one rendition. */
export interface Segment {
  /** Media sequence number. */
  number: number;
  /** On the broadcast's clock, ms. */
  startMs: number;
  durationMs: number;
  discontinuity: number;
  /** Absolute paths under the server's root; a gap (RFC 8216bis §4.4.4.7) has no bytes behind its URI. */
  uri: string;
  initUri: string;
  sizeBytes: number;
  /** Pictures or audio frames inside. */
  frames: number;
  isGap: boolean;
}

/** What a rendition's init segment describes. */
export interface TrackInit {
  take: number;
  config: VideoConfig | AudioConfig;
}
