import type { AudioConfig, VideoConfig } from '../streams/index.js';

/** RFC 8216bis §4.4.4.9: but for the last of a segment, no part is shorter than this share of PART-TARGET. */
export const SHORTEST_SHARE = 0.85;

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

/** A part as playlists name it; its bytes are a stretch of its segment's. */
export interface ListedPart {
  durationMs: number;
  /** Starts with a key frame. */
  isIndependent: boolean;
  uri: string;
  sizeBytes: number;
  /** Where it starts in the bytes of its segment. */
  offsetBytes: number;
}

/** The segment that a rendition is making: parts so far. */
export interface OpenSegment {
  number: number;
  startMs: number;
  discontinuity: number;
  initUri: string;
  parts: ListedPart[];
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
  /** Empty for a gap, and once no player asks for them any more. */
  parts: ListedPart[];
}

/** How far a playlist has come, for requests that wait for more. */
export interface PlaylistEdge {
  /** Media sequence number of the last finished segment, and its number of parts; -1 and 0 before the first. */
  lastNumber: number;
  lastParts: number;
  /** Parts of the segment after it that are listed. */
  openParts: number;
  partTargetMs: number;
  targetDurationSec: number;
  hasEnded: boolean;
}

/** What a rendition's init segment describes. */
export interface TrackInit {
  take: number;
  config: VideoConfig | AudioConfig;
}
