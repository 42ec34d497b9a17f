import type { PlayableRendition } from '../api/contract.js';
import type { HlsLatency } from './latency/mode.js';
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
  /** The viewer went back from the live moment to stay there, or is with it again. */
  rewound: (isRewound: boolean) => void;
}

/** The server's clock, ms since 1970; undefined while nobody knows. */
export interface Clock {
  readonly nowMs: number | undefined;
}

/** Where to begin, seconds: so far behind the live moment, to stay there, or at a place of a recording; else as near to live as the latency says. */
export interface StartPlace {
  behindSec?: number | undefined;
  atSec?: number | undefined;
}

/** Looks at each file of a broadcast before it is played. */
export interface FileCheck {
  /**
   * Gives the bytes to play: these, or the right ones from elsewhere.
   * @param file.url where the bytes came from; `startSec` and `endSec`: where on the timeline they are shown.
   * @throws when nobody has the right ones
   */
  check(file: { url: string; startSec: number; endSec: number }, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

export interface EngineOptions {
  video: HTMLVideoElement;
  url: string;
  latency: HlsLatency;
  start: StartPlace;
  clock: Clock;
  /** Only whole segments are checked: parts are named by nobody. */
  check?: FileCheck | undefined;
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
  /** The pictures that can be chosen, best first, as the playlist describes them; empty when the browser chooses by itself. */
  readonly renditions: PlayableRendition[];
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
  /** How far behind the end of the playlist it plays, seconds; undefined when only the browser knows. */
  readonly behindSec: number | undefined;
  /** The moment of the server's clock that is shown, ms since 1970; undefined while nobody knows. */
  readonly dateMs: number | undefined;
  /** Stays on this rendition; undefined lets the engine choose. */
  choose(level: string | undefined): void;
  /** Plays nearer to the live moment, or further back, from now on. */
  setLatency(latency: HlsLatency): void;
  setSupply(supply: Supply): void;
  /** Forgets renditions that the server no longer makes. */
  drop(levels: string[]): void;
  /** Jumps to the newest place that plays without stalling. */
  goLive(): void;
  /** Where on the video's timeline a moment of the server's clock is, seconds; undefined when no playlist tells. */
  placeOf(dateMs: number): number | undefined;
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
