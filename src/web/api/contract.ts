/** What the server answers, word for word. Both sides ship together, so replies are trusted, not re-checked. */

import type { ChatMessage } from './chat-contract.js';

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
  /** Where else a recording's files may be, by CID. */
  ipfsGateways: string[];
}

/** Where players find a broadcast. */
export interface PlaybackAddresses {
  hls: string;
  /** Missing while it cannot be played in real time. */
  whep?: string;
  /** HLS with everything that can be rewound to; missing when that is nothing. */
  dvr?: string;
}

export interface LiveBroadcast {
  id: string;
  channel: { slug: string; title: string };
  startedAt: string;
  viewers: number;
  playback: PlaybackAddresses;
  /** A picture of the last seconds; missing before the first. */
  thumbnail?: string;
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
  /** Only its owner and admins see it, and what follows; null takes the server's setting. */
  ladder?: Ladder | null;
  recording?: RecordingSettings;
  /** How long a show waits for a streamer who is away; null takes the server's setting. */
  reconnectGraceSec?: number | null;
  /** An encoder that says goodbye ends the show at once. */
  endsOnUnpublish?: boolean;
  slate?: ChannelSlate;
}

/** What viewers see while the streamer is away. */
export interface ChannelSlate {
  /** Another one for each picture. */
  url: string;
  /** Not the server's. */
  isOwn: boolean;
}

export interface RecordingSettings {
  isOn: boolean;
  /** What a new recording begins with. */
  visibility: Visibility;
}

export interface ChannelChange {
  title?: string;
  description?: string;
  ladder?: Ladder | null;
  latency?: Latency;
  recording?: RecordingSettings;
  reconnectGraceSec?: number | null;
  endsOnUnpublish?: boolean;
}

/** Whether this viewer follows a channel, and how many do. */
export interface Following {
  isFollowing: boolean;
  since?: string;
  followers: number;
}

/** What was said during a show, in the order of its picture. */
export interface ChatPage {
  messages: ChatMessage[];
  /** ISO 8601. Where it goes on; missing when this was all. */
  next?: string;
}

/** `unlisted`: whoever has the address. */
export type Visibility = 'public' | 'unlisted' | 'private';

/** A show that is over, to be watched. */
export interface Recording {
  id: string;
  title: string;
  description: string;
  visibility: Visibility;
  startedAt: string;
  endedAt?: string;
  durationSec: number;
  /** No rule of the server deletes it. */
  isKept: boolean;
  channel: { slug: string; title: string };
  poster: string;
  storyboard: string;
  playback: { hls: string };
  download: string;
  /** Both only for who manages the channel. */
  sizeBytes?: number;
  state?: RecordingState;
}

/** `incomplete`: some of it could not be written. */
export type RecordingState = 'recording' | 'ready' | 'incomplete';

/** A file on its way to become a recording. */
export interface Upload {
  id: string;
  fileName: string;
  title: string;
  state: UploadState;
  sizeBytes: number;
  receivedBytes: number;
  /** Of preparing, 0 to 1. */
  progress: number;
  problem?: { code: string; message: string };
  /** Once it is ready. */
  recordingId?: string;
  createdAt: string;
}

export type UploadState = 'receiving' | 'queued' | 'probing' | 'encoding' | 'ready' | 'failed';

export interface Chapter {
  startSec: number;
  title: string;
}

export interface RecordingDetails extends Recording {
  chapters: Chapter[];
  sizeBytes: number;
  state: RecordingState;
  canManage: boolean;
}

export interface RecordingChange {
  title?: string;
  description?: string;
  visibility?: Visibility;
  isKept?: boolean;
}

/** Newest first. */
export interface RecordingList {
  recordings: Recording[];
  /** What to ask for those before these; missing with the last ones. */
  next?: string;
}

/** A stretch of a show that somebody kept. */
export interface Clip {
  id: string;
  title: string;
  visibility: Visibility;
  channel: { slug: string; title: string };
  maker: { username: string };
  /** When its first picture was live. */
  startAt: string;
  durationSec: number;
  sizeBytes: number;
  createdAt: string;
  video: string;
  poster: string;
  canManage: boolean;
}

export interface NewClip {
  /** As the playlists date the pictures. */
  startAt: string;
  durationSec: number;
  title: string;
  /** From that very picture on, where the show's codec allows it; else from the key frame before. */
  exact: boolean;
}

/** Newest first. */
export interface ClipList {
  clips: Clip[];
  next?: string;
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
  /** WebVTT with pictures of what can be rewound to, by the broadcast's clock; missing before the first. */
  storyboard?: string;
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
