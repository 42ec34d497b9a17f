/** What the server answers, word for word. Both sides ship together, so replies are trusted, not re-checked. */

export interface User {
  id: string;
  username: string;
  email: string;
  role: 'admin' | 'user';
}

export interface SessionReply {
  user: User;
  accessToken: string;
  expiresInSec: number;
}

export interface ServerInfo {
  name: string;
  version: string;
  registration: 'open' | 'closed';
  hasAccounts: boolean;
  rtmp: { url: string; tlsUrl?: string };
}

/** Where players find a broadcast. */
export interface PlaybackAddresses {
  hls: string;
  /** Missing while it cannot be played in real time. */
  whep?: string;
}

export interface LiveBroadcast {
  id: string;
  channel: { slug: string; title: string };
  startedAt: string;
  viewers: number;
  playback: PlaybackAddresses;
}

export type Ladder = 'auto' | 'off' | string[];

/** How near to the live moment players stay. */
export type Latency = 'real-time' | 'ultra-low' | 'balanced' | 'stable';

export interface Channel {
  slug: string;
  title: string;
  description: string;
  owner?: string | { username: string };
  /** For viewers who have not chosen. */
  latency: Latency;
  /** Only its owner and admins see it; null takes the server's setting. */
  ladder?: Ladder | null;
}

export interface ChannelChange {
  title?: string;
  description?: string;
  ladder?: Ladder | null;
  latency?: Latency;
}

export type ChannelState = 'offline' | 'starting' | 'live' | 'reconnecting';

export interface PlayableRendition {
  /** `source`, `720p`, …, `audio`; also the folder in its playlist's address. */
  name: string;
  kind: 'video' | 'audio';
  width?: number;
  height?: number;
  fps?: number;
  bitrateKbps: number;
}

export interface PlayableBroadcast {
  id: string;
  startedAt: string;
  viewers: number;
  playback: PlaybackAddresses;
  renditions: PlayableRendition[];
  droppedRenditions: string[];
}

export interface ChannelLive {
  state: ChannelState;
  latency: Latency;
  broadcast?: PlayableBroadcast;
}

export interface StreamKey {
  id: string;
  label: string;
  createdAt: string;
  lastUsedAt: string | null;
}

/** The only reply that carries the key itself. */
export interface NewStreamKey {
  id: string;
  key: string;
  label: string;
  createdAt: string;
}

export interface SourceHealth {
  /** Missing, like the rest of the picture, while only sound arrives. */
  codec?: string;
  codecString?: string;
  width?: number;
  height?: number;
  fps: number;
  videoKbps: number;
  /** null until two key frames were seen. */
  keyFrameIntervalSec: number | null;
  hasBFrames: boolean;
  audio?: { codec: string; sampleRate: number; channels: number; kbps: number };
}

export interface RenditionHealth {
  name: string;
  kind: 'video' | 'audio';
  origin: 'passthrough' | 'encoded';
  width?: number;
  height?: number;
  fps?: number;
  kbps: number;
  segments: number;
}

export interface LadderHealth {
  mode: Ladder;
  renditions: RenditionHealth[];
  dropped: string[];
  notes: string[];
}

export interface Advice {
  code: string;
  level: 'ok' | 'info' | 'warn';
  message: string;
}

/** `GET /health`, the part that pages read. */
export interface ServerHealth {
  checks: Record<string, { status: 'ok' | 'failing' | 'off'; reason?: string } | undefined>;
}

export interface ChannelHealth {
  state: ChannelState;
  publication?: { protocol: string; encoder: string; remoteAddress: string; connectedSec: number };
  source?: SourceHealth;
  ladder?: LadderHealth;
  /** `note`: why it is not possible, or why a rung is shown in place of the source; half a sentence. */
  realTime?: { possible: boolean; note?: string };
  /** `speed` is 0 while nothing has to be encoded. */
  encode?: { speed: number; lagMs: number; restarts: number };
  advice: Advice[];
}
