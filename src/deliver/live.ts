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
export type Latency = 'ultra-low' | 'balanced' | 'stable';

/** A broadcast on air, as pages and the API show it. */
export interface LiveShow {
  id: string;
  channel: { id: string; slug: string; title: string; latency?: Latency | undefined };
  startedAt: Date;
  state: 'starting' | 'live' | 'reconnecting' | 'ended';
  /** Viewers can start; it stays so while an encoder reconnects. */
  isPlayable: boolean;
  publication: { protocol: string; encoder: string; remoteAddress: string; startedAt: Date } | undefined;
  source(): SourceFacts;
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
  | { sizeBytes: number; file: string };

/** A live broadcast as HLS. It answers for a while after the end, so that players see it. */
export interface HlsPackage {
  broadcastId: string;
  /** The broadcast is over; the playlists say so. */
  hasEnded: boolean;
  multivariantPlaylist(): string | undefined;
  mediaPlaylist(rendition: string): string | undefined;
  findFile(name: string): StoredFile | undefined;
}

export interface HlsPackages {
  findBySlug(slug: string): HlsPackage | undefined;
  findById(broadcastId: string): HlsPackage | undefined;
}
