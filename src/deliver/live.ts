import type { SourceFacts } from '../streams/index.js';

/** What a viewer or the studio is told about a rendition. */
export interface RenditionFacts {
  name: string;
  kind: 'video' | 'audio';
  width: number | undefined;
  height: number | undefined;
  fps: number | undefined;
  bitrateKbps: number;
  segments: number;
  isDropped: boolean;
}

export interface EncodeFacts {
  ladder: 'auto' | 'off' | string[];
  renditions: { name: string; origin: 'passthrough' | 'encoded' }[];
  dropped: string[];
  notes: string[];
  restarts: number;
  /** Undefined while FFmpeg has nothing to do. */
  encode: { speed: number; lagMs: number } | undefined;
}

/** How near to the live moment the channel's players stay, where a viewer has not chosen. */
export type Latency = 'real-time' | 'ultra-low' | 'balanced' | 'stable';

/** A broadcast on air, as pages and the API show it. */
export interface LiveShow {
  id: string;
  channel: { id: string; slug: string; title: string; latency?: Latency | undefined };
  startedAt: Date;
  state: 'starting' | 'live' | 'reconnecting' | 'ended';
  /** How far viewers can rewind, seconds; 0: not at all. */
  dvrSec: number;
  /** Viewers can start; it stays so while an encoder reconnects. */
  isPlayable: boolean;
  publication: { protocol: string; encoder: string; remoteAddress: string; startedAt: Date } | undefined;
  source(): SourceFacts;
  /** Whether browsers can play it by WebRTC now, and why not, or why not the source itself. */
  realTime(): { isPossible: boolean; note: string | undefined };
  renditions(): RenditionFacts[];
  encode(): EncodeFacts;
  end(): void;
}

/** What is on air. */
export interface LiveShows {
  findBySlug(slug: string): LiveShow | undefined;
  list(): LiveShow[];
}

/** The bytes of a file: fresh ones in memory, older ones on disk. */
export type StoredFile =
  | { sizeBytes: number; buffers: Buffer[] }
  | { sizeBytes: number; file: string; /** Where it starts in the file; 0 when left out. */ offsetBytes?: number };

/** How far a media playlist has come. */
export interface PlaylistEdge {
  /** Media sequence number of the last finished segment, and its number of parts. */
  lastNumber: number;
  lastParts: number;
  /** Parts of the segment after it that are listed. */
  openParts: number;
  partTargetMs: number;
  targetDurationSec: number;
  hasEnded: boolean;
}

/** A live broadcast as HLS. It answers for a while after the end, so that players see it. */
export interface HlsPackage {
  broadcastId: string;
  /** The broadcast is over; the playlists say so. */
  hasEnded: boolean;
  /** With `isDvr`, of all that can be rewound to. */
  multivariantPlaylist(options: { isDvr: boolean }): string | undefined;
  mediaPlaylist(rendition: string, options: { isDelta: boolean; isDvr: boolean }): string | undefined;
  edge(rendition: string): PlaylistEdge | undefined;
  findFile(name: string): StoredFile | undefined;
  /** The bytes of a part, `coming` when it may be the next one, or undefined when there is none of that name. */
  findPart(rendition: string, msn: number, index: number): StoredFile | 'coming' | undefined;
  /** Tells that a playlist says more than before. */
  on(event: 'advanced', listener: () => void): unknown;
  off(event: 'advanced', listener: () => void): unknown;
}

export interface HlsPackages {
  findBySlug(slug: string): HlsPackage | undefined;
  findById(broadcastId: string): HlsPackage | undefined;
}
