import type { Latency } from '../api/contract.js';
import { bufferAhead } from './buffer.js';
import type { Engine, EngineFigures, TroubleKind } from './engine.js';
import { HlsEngine } from './hls-engine.js';
import type { ServerClock } from './latency/server-clock.js';
import { NativeEngine } from './native-engine.js';
import { AUDIO_ONLY, AUTO, type Quality } from './quality.js';
import { recoveryStep, type Supply } from './recovery.js';
import { StallMeter } from './stall-meter.js';

export interface PlaybackSnapshot {
  phase: 'loading' | 'playing' | 'stalled';
  quality: Quality;
  levels: string[];
  activeLevel: string | undefined;
  /** About how far behind each latency plays, seconds; undefined where the browser alone decides. */
  latencies: Record<Latency, number> | undefined;
  /** Codecs of the pictures when this browser plays none of them; else empty. */
  unplayable: string[];
  /** How far behind the end of the playlist still counts as live, seconds. */
  liveWithinSec: number;
  /** The browser allowed playback only without sound; the viewer has to ask for it. */
  isSilenced: boolean;
  /** The browser allowed no playback at all before a click. */
  isBlocked: boolean;
}

/** Before the first answer of the browser or the server. */
export const NOTHING_YET: PlaybackSnapshot = {
  phase: 'loading', quality: AUTO, levels: [], activeLevel: undefined, latencies: undefined, unplayable: [],
  liveWithinSec: 12, isSilenced: false, isBlocked: false,
};

export interface PlaybackFigures extends EngineFigures {
  bufferSec: number;
  /** Speed of playback; 1 is as it was filmed. */
  rate: number;
  width: number;
  height: number;
  shownFrames: number;
  droppedFrames: number;
  stalls: number;
  stalledSec: number;
}

const WATCH_EVERY_MS = 1_000;
/** A picture that stands still this long while media flows is built anew. */
const STUCK_MS = 10_000;
const HEALTHY_AFTER_MS = 5_000;

/**
 * Plays one broadcast on a video element and keeps it playing: starts without a click where the browser lets it,
 * leaves every trouble by itself, switches quality.
 */
export class Playback {
  readonly #video: HTMLVideoElement;
  readonly #masterUrl: string;
  readonly #audioUrl: string;
  readonly #clock: ServerClock;
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();
  readonly #stalls = new StallMeter();
  #engine: Engine;
  #snapshot = NOTHING_YET;
  #latency: Latency;
  #supply: Supply = 'flowing';
  #dropped: string[] = [];
  #attempt = 0;
  #hasStarted = false;
  #recoveryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchTimer: ReturnType<typeof setInterval>;
  #lastTimeSec = 0;
  #movedAtMs = performance.now();
  #troubleAtMs = 0;

  constructor(options: { video: HTMLVideoElement; masterUrl: string; audioUrl: string; latency: Latency; clock: ServerClock }) {
    this.#video = options.video;
    this.#masterUrl = options.masterUrl;
    this.#audioUrl = options.audioUrl;
    this.#latency = options.latency;
    this.#clock = options.clock;
    this.#listen();
    this.#engine = this.#createEngine();
    this.#watchTimer = setInterval(() => this.#watch(), WATCH_EVERY_MS);
    void this.#start();
  }

  get snapshot(): PlaybackSnapshot {
    return this.#snapshot;
  }

  get figures(): PlaybackFigures {
    const frames = this.#video.getVideoPlaybackQuality();
    return {
      ...this.#engine.figures,
      bufferSec: bufferAhead(this.#video),
      rate: this.#video.playbackRate,
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      shownFrames: frames.totalVideoFrames,
      droppedFrames: frames.droppedVideoFrames,
      stalls: this.#stalls.count,
      stalledSec: this.#stalls.seconds(performance.now()),
    };
  }

  /** Calls back after each change of the snapshot; returns the way to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  chooseQuality(quality: Quality): void {
    const wasAudioOnly = this.#snapshot.quality === AUDIO_ONLY;
    if (quality === this.#snapshot.quality) return;
    this.#change({ quality });
    if (wasAudioOnly || quality === AUDIO_ONLY) this.#rebuild();
    else this.#engine.choose(levelOf(quality));
  }

  /** Plays nearer to the live moment, or further back, from now on. */
  setLatency(latency: Latency): void {
    if (latency === this.#latency) return;
    this.#latency = latency;
    this.#engine.setLatency(latency);
  }

  /** Takes away the renditions that the server had to give up; whoever watches one moves to automatic. */
  dropRenditions(names: string[]): void {
    const fresh = names.filter((name) => !this.#dropped.includes(name));
    if (fresh.length === 0) return;
    this.#dropped = [...this.#dropped, ...fresh];
    if (fresh.includes(this.#snapshot.quality)) this.chooseQuality(AUTO);
    this.#engine.drop(fresh);
  }

  setSupply(supply: Supply): void {
    if (supply === this.#supply) return;
    this.#supply = supply;
    this.#engine.setSupply(supply);
    this.#movedAtMs = performance.now();
  }

  /** Jumps to the newest place that plays without stalling, and plays. */
  goLive(): void {
    this.#engine.goLive();
    void this.#start();
  }

  /** What the unmute button does; a click makes the browser allow it. */
  unmute(): void {
    this.#video.muted = false;
    this.#change({ isSilenced: false });
    void this.#start();
  }

  close(): void {
    this.#ended.abort();
    clearInterval(this.#watchTimer);
    clearTimeout(this.#recoveryTimer);
    this.#listeners.clear();
    this.#engine.close();
  }

  #createEngine(): Engine {
    const url = this.#snapshot.quality === AUDIO_ONLY ? this.#audioUrl : this.#masterUrl;
    const events = {
      changed: () => this.#readLevels(),
      trouble: (kind: TroubleKind) => this.#onTrouble(kind),
      resumed: () => this.#onPlaying(),
    };
    const options = { video: this.#video, url, latency: this.#latency, clock: this.#clock, events };
    const engine = HlsEngine.isSupported ? new HlsEngine(options) : new NativeEngine(options);
    engine.choose(levelOf(this.#snapshot.quality));
    return engine;
  }

  #listen(): void {
    const options = { signal: this.#ended.signal };
    this.#video.addEventListener('playing', () => this.#onPlaying(), options);
    this.#video.addEventListener('waiting', () => this.#onWaiting(), options);
    this.#video.addEventListener('canplay', () => void this.#startAgain(), options);
    this.#video.addEventListener('volumechange', () => {
      if (!this.#video.muted) this.#change({ isSilenced: false });
    }, options);
  }

  #onPlaying(): void {
    // The browser could play; the engine waits for a little more.
    if (this.#engine.isHolding) return;
    this.#hasStarted = true;
    this.#stalls.end(performance.now());
    this.#change({ phase: 'playing', isBlocked: false });
  }

  #onWaiting(): void {
    // A jump waits for its place, which is no stall.
    if (this.#video.paused || this.#video.seeking || !this.#hasStarted) return;
    if (this.#supply === 'flowing') this.#stalls.begin(performance.now());
    this.#change({ phase: 'stalled' });
  }

  /** Plays with sound if the browser lets it, else without, else waits for a click. */
  async #start(): Promise<void> {
    try {
      await this.#video.play();
    } catch (error) {
      if (!isNotAllowed(error) || this.#ended.signal.aborted) return;
      if (this.#video.muted) this.#change({ isBlocked: true });
      else await this.#startSilenced();
    }
  }

  async #startSilenced(): Promise<void> {
    this.#video.muted = true;
    this.#change({ isSilenced: true });
    await this.#start();
  }

  /** A new engine leaves the element paused; a viewer who paused by hand has played before and stays paused. */
  async #startAgain(): Promise<void> {
    if (this.#video.paused && this.#snapshot.phase === 'loading') await this.#start();
  }

  #readLevels(): void {
    const { levels, activeLevel, latencies, unplayable, liveWithinSec } = this.#engine;
    if (this.#snapshot.quality === AUDIO_ONLY) this.#change({ activeLevel: AUDIO_ONLY, latencies, unplayable: [], liveWithinSec });
    else this.#change({ levels, activeLevel, latencies, unplayable, liveWithinSec });
  }

  #onTrouble(kind: TroubleKind): void {
    if (this.#recoveryTimer !== undefined) return;
    this.#troubleAtMs = performance.now();
    const step = recoveryStep({ kind, attempt: this.#attempt++, hasStarted: this.#hasStarted });
    this.#recoveryTimer = setTimeout(() => {
      this.#recoveryTimer = undefined;
      if (step.action === 'resume') this.#engine.resume();
      else if (step.action === 'recover') this.#engine.recover();
      else if (this.#supply !== 'finished') this.#rebuild();
    }, step.afterMs);
  }

  #rebuild(): void {
    this.#engine.close();
    this.#hasStarted = false;
    this.#movedAtMs = performance.now();
    this.#stalls.end(this.#movedAtMs);
    this.#change({ phase: 'loading' });
    this.#engine = this.#createEngine();
    this.#engine.drop(this.#dropped);
    void this.#start();
  }

  #watch(): void {
    const nowMs = performance.now();
    if (this.#video.currentTime !== this.#lastTimeSec) {
      this.#lastTimeSec = this.#video.currentTime;
      this.#movedAtMs = nowMs;
      if (nowMs - this.#troubleAtMs > HEALTHY_AFTER_MS) this.#attempt = 0;
      return;
    }
    const isMeantToMove = !this.#video.paused && this.#supply === 'flowing' && !this.#snapshot.isBlocked;
    if (!isMeantToMove) this.#movedAtMs = nowMs;
    else if (nowMs - this.#movedAtMs > STUCK_MS) {
      this.#movedAtMs = nowMs;
      this.#onTrouble('other');
    }
  }

  #change(part: Partial<PlaybackSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...part };
    for (const listener of this.#listeners) listener();
  }
}

function levelOf(quality: Quality): string | undefined {
  return quality === AUTO || quality === AUDIO_ONLY ? undefined : quality;
}

function isNotAllowed(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotAllowedError';
}
