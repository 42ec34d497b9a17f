import type { HlsLatency } from './latency/mode.js';
import type { ServerClock } from './latency/server-clock.js';
import type { Supply } from './recovery.js';

/** What kind of trouble an engine cannot leave by itself. */
export type TroubleKind = 'network' | 'media' | 'codec' | 'other';

export interface EngineEvents {
  /** The list of levels, the level in use or the playlist is new. */
  changed: () => void;
  /** Playback has stopped or will; the owner decides what to do next. */
  trouble: (kind: TroubleKind) => void;
  /** A picture that ran dry moves again. */
  resumed: () => void;
}

export interface EngineOptions {
  video: HTMLVideoElement;
  url: string;
  latency: HlsLatency;
  clock: ServerClock;
  events: EngineEvents;
}

/** What only the engine knows about the playback, each where it is known; the rest is read from the video element. */
export interface EngineFigures {
  /** How long ago the server had received what is shown; undefined while nobody knows. */
  latencySec: number | undefined;
  /** The distance to the end of the playlist that the engine keeps. */
  targetSec: number | undefined;
  bandwidthKbps: number | undefined;
  levelKbps: number | undefined;
  codecs: string | undefined;
  /** Pictures a second, as they come. */
  fps?: number | undefined;
  /** Packets lost of those sent in the last second, 0 to 1. */
  lossShare?: number | undefined;
  /** How long pictures wait for their turn, seconds. */
  jitterBufferSec?: number | undefined;
}

/** How media comes: `LL-HLS` plays parts of segments, `HLS` whole ones or as the browser likes. */
export type Protocol = 'WebRTC' | 'LL-HLS' | 'HLS';

/** One way to play a broadcast on a video element, from attaching to `close`. */
export interface Engine {
  readonly protocol: Protocol;
  /** Names of the renditions that can be chosen, best first; empty when the browser chooses by itself. */
  readonly levels: string[];
  readonly activeLevel: string | undefined;
  readonly figures: EngineFigures;
  /** About how far behind each latency plays, seconds; undefined when the browser alone decides, or before it is known. */
  readonly latencies: Record<HlsLatency, number> | undefined;
  /** Codecs of the pictures when none of them can be played here, such as `HEVC`; else empty. */
  readonly unplayable: string[];
  /** Playback ran dry and waits until it can go on without stumbling. */
  readonly isHolding: boolean;
  /** How far behind the end of the playlist still counts as live, seconds. */
  readonly liveWithinSec: number;
  /** Stays on this rendition; undefined lets the engine choose. */
  choose(level: string | undefined): void;
  /** Plays nearer to the live moment, or further back, from now on. */
  setLatency(latency: HlsLatency): void;
  setSupply(supply: Supply): void;
  /** Forgets renditions that the server no longer makes. */
  drop(levels: string[]): void;
  /** Jumps to the newest place that plays without stalling. */
  goLive(): void;
  /** Goes on loading after trouble with the network. */
  resume(): void;
  /** Starts decoding anew after trouble with the media, keeping what is loaded. */
  recover(): void;
  close(): void;
}

/** The rendition that a playlist's address names: `/hls/<slug>/<rendition>/index.m3u8`. */
export function levelNameOf(url: string): string {
  const parts = url.split(/[?#]/)[0]?.split('/') ?? [];
  return decodeURIComponent(parts.at(-2) ?? '');
}
