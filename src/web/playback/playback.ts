import type { Latency } from '../api/contract.js';
import { startPlaying } from './autoplay.js';
import type { Clock, Engine, FileCheck, StartPlace, TroubleKind } from './engine.js';
import { HlsEngine } from './hls/hls-engine.js';
import { hlsLatency, TYPICAL_SEC } from './latency/mode.js';
import { NativeEngine } from './native-engine.js';
import { AUDIO_ONLY, AUTO, levelOf, type Quality } from './quality.js';
import { recoveryStep, type Supply } from './recovery.js';
import { figuresOf, NOTHING_YET, type PlaybackFigures, type PlaybackSnapshot } from './snapshot.js';
import { StallMeter } from './stall-meter.js';
import { RealTime } from './webrtc/real-time.js';
import { WebRtcEngine } from './webrtc/webrtc-engine.js';
import type { WebRtcSession } from './webrtc/webrtc-session.js';

const WATCH_EVERY_MS = 1_000;
/** A picture that stands still this long while media flows is built anew. */
const STUCK_MS = 10_000;
const HEALTHY_AFTER_MS = 5_000;
/** So far back it goes from real time, and with each further step. */
export const REWIND_SEC = 30;

export interface PlaybackOptions {
  video: HTMLVideoElement;
  masterUrl: string;
  audioUrl: string;
  /** Undefined while the server does not offer the broadcast in real time. */
  whepUrl: string | undefined;
  latency: Latency;
  /** With what can be rewound to; `masterUrl` and `audioUrl` when it is missing. */
  dvr?: { masterUrl: string; audioUrl: string } | undefined;
  /** Where a recording begins to play, seconds; undefined for what is live. */
  startSec?: number | undefined;
  clock: Clock;
  /** Looks at each segment before it is played; with a latency that plays whole ones. */
  check?: FileCheck | undefined;
}

/**
 * Plays one broadcast, live or recorded, on a video element and keeps it playing: starts without a click where the browser lets it,
 * leaves every trouble by itself, switches quality and between WebRTC and HLS.
 */
export class Playback {
  readonly #video: HTMLVideoElement;
  readonly #options: PlaybackOptions;
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();
  readonly #stalls = new StallMeter();
  readonly #realTime: RealTime;
  #engine: Engine;
  #snapshot = NOTHING_YET;
  #latency: Latency;
  #supply: Supply = 'flowing';
  #dropped: string[] = [];
  #isRewound = false;
  #place: StartPlace;
  #attempt = 0;
  #hasStarted = false;
  #recoveryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchTimer: ReturnType<typeof setInterval>;
  #lastTimeSec = 0;
  #movedAtMs = performance.now();
  #troubleAtMs = 0;

  constructor(options: PlaybackOptions) {
    this.#video = options.video;
    this.#options = options;
    this.#latency = options.latency;
    this.#place = { atSec: options.startSec };
    this.#listen();
    this.#realTime = this.#createRealTime(options.whepUrl);
    this.#engine = this.#createEngine();
    this.#watchTimer = setInterval(() => this.#watch(), WATCH_EVERY_MS);
    void this.#start();
  }

  get snapshot(): PlaybackSnapshot {
    return this.#snapshot;
  }

  get figures(): PlaybackFigures {
    return figuresOf(this.#video, this.#engine, this.#stalls);
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
    const engine = this.#engine;
    this.#realTime.setWanted(this.#wantsRealTime);
    // Whoever leaves real time has a new engine already.
    if (engine !== this.#engine) return;
    if (wasAudioOnly || quality === AUDIO_ONLY) this.#rebuild();
    else this.#engine.choose(levelOf(quality));
  }

  /** Plays nearer to the live moment, or further back, from now on. */
  setLatency(latency: Latency): void {
    if (latency === this.#latency) return;
    this.#latency = latency;
    this.#engine.setLatency(hlsLatency(latency));
    this.#realTime.setWanted(this.#wantsRealTime);
  }

  /** The server offers the broadcast in real time at this address from now on, or no more. */
  setWhepUrl(url: string | undefined): void {
    this.#realTime.setUrl(url);
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
    this.#realTime.setSupply(supply);
    this.#movedAtMs = performance.now();
  }

  /** Jumps to the newest place that plays without stalling, and plays. */
  goLive(): void {
    this.#engine.goLive();
    this.#setRewound(false);
    void this.#start();
  }

  /** Whether there is something to go back to. */
  get canRewind(): boolean {
    return this.#dvr !== undefined;
  }

  /** Goes back by half a minute, at most to the start of what there is; from real time that takes HLS. */
  rewind(): void {
    if (this.#engine instanceof WebRtcEngine) this.#setRewound(true);
    else this.#video.currentTime = Math.max(startOf(this.#video.seekable), this.#video.currentTime - REWIND_SEC);
  }

  /** The moment of the server's clock that is shown, ms since 1970, as playlists date it; undefined while nobody knows. */
  get dateMs(): number | undefined {
    return this.#engine.dateMs;
  }

  /** Where on the video's timeline a moment of the server's clock is, seconds; undefined when no playlist tells. */
  placeOf(dateMs: number): number | undefined {
    return this.#engine.placeOf(dateMs);
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
    this.#realTime.close();
  }

  /** A rendition that was chosen by hand plays by HLS: in real time the server chooses. What is past does, too. */
  get #wantsRealTime(): boolean {
    return this.#latency === 'real-time' && this.#snapshot.quality === AUTO && !this.#isRewound;
  }

  /** A browser's own player keeps near to the end of a playlist of hours, or does not; it gets the short one. */
  get #dvr(): PlaybackOptions['dvr'] {
    return HlsEngine.isSupported ? this.#options.dvr : undefined;
  }

  #setRewound(isRewound: boolean): void {
    this.#isRewound = isRewound;
    this.#realTime.setWanted(this.#wantsRealTime);
  }

  #createRealTime(url: string | undefined): RealTime {
    return new RealTime({
      url,
      isWanted: this.#wantsRealTime,
      mayTry: () => this.#snapshot.phase === 'playing' && !this.#video.paused,
      events: {
        ready: (session) => this.#showRealTime(session),
        gone: () => this.#leaveRealTime(),
        stalled: () => this.#onStalled(),
        moved: () => this.#snapshot.phase === 'stalled' && this.#onPlaying(),
        changed: () => this.#readLevels(),
      },
    });
  }

  /** Its picture takes the place of what played until now. */
  #showRealTime(session: WebRtcSession): void {
    if (!(this.#engine instanceof WebRtcEngine && this.#engine.plays(session))) {
      const isPaused = this.#video.paused;
      this.#engine.close();
      const engine = new WebRtcEngine({ video: this.#video, session, clock: this.#options.clock });
      this.#engine = engine;
      engine.show();
      if (!isPaused) void this.#start();
    }
    this.#readLevels();
  }

  #leaveRealTime(): void {
    if (this.#engine instanceof WebRtcEngine) this.#rebuild();
    this.#readLevels();
  }

  #createEngine(): Engine {
    const session = this.#realTime.start(this.#video);
    return session ? new WebRtcEngine({ video: this.#video, session, clock: this.#options.clock }) : this.#createHlsEngine();
  }

  #createHlsEngine(): Engine {
    const { masterUrl, audioUrl } = this.#dvr ?? this.#options;
    const url = this.#snapshot.quality === AUDIO_ONLY ? audioUrl : masterUrl;
    const events = {
      changed: () => this.#readLevels(),
      trouble: (kind: TroubleKind) => this.#onTrouble(kind),
      resumed: () => this.#onPlaying(),
      rewound: (isRewound: boolean) => this.#setRewound(isRewound),
    };
    const options = { video: this.#video, url, latency: hlsLatency(this.#latency), start: this.#place, clock: this.#options.clock, check: this.#options.check, events };
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
    // A jump waits for its place, which is no stall; in real time the session tells.
    if (!this.#video.seeking && !(this.#engine instanceof WebRtcEngine)) this.#onStalled();
  }

  #onStalled(): void {
    if (this.#video.paused || !this.#hasStarted) return;
    if (this.#supply === 'flowing') this.#stalls.begin(performance.now());
    this.#change({ phase: 'stalled' });
  }

  #start(): Promise<void> {
    return startPlaying(this.#video, {
      silenced: () => this.#change({ isSilenced: true }),
      blocked: () => this.#change({ isBlocked: true }),
      signal: this.#ended.signal,
    });
  }

  /** A new engine leaves the element paused; a viewer who paused by hand has played before and stays paused. */
  async #startAgain(): Promise<void> {
    if (this.#video.paused && this.#snapshot.phase === 'loading') await this.#start();
  }

  #readLevels(): void {
    const { renditions, activeLevel, protocol, unplayable, liveWithinSec } = this.#engine;
    const now = { protocol, liveWithinSec, latencies: this.#readLatencies(), noRealTime: this.#realTime.reason };
    if (this.#snapshot.quality === AUDIO_ONLY) this.#change({ ...now, activeLevel: AUDIO_ONLY, unplayable: [] });
    else this.#change({ ...now, renditions, activeLevel, unplayable });
  }

  /** In real time no playlist tells: what the last one said, or what is usual. */
  #readLatencies(): PlaybackSnapshot['latencies'] {
    if (this.#engine instanceof WebRtcEngine) return this.#snapshot.latencies ?? TYPICAL_SEC;
    return this.#engine.latencies ?? (this.#realTime.isAble && this.#engine instanceof NativeEngine ? {} : undefined);
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
    this.#place = this.#placeNow();
    this.#engine.close();
    this.#hasStarted = false;
    this.#movedAtMs = performance.now();
    this.#stalls.end(this.#movedAtMs);
    this.#change({ phase: 'loading' });
    this.#engine = this.#createEngine();
    this.#engine.drop(this.#dropped);
    void this.#start();
  }

  /** Where a new engine goes on. One that has not played yet goes where the last one should have. */
  #placeNow(): StartPlace {
    if (!this.#hasStarted) return this.#place;
    if (this.#options.startSec !== undefined) return { atSec: this.#video.currentTime };
    if (!this.#isRewound) return {};
    return { behindSec: this.#engine instanceof WebRtcEngine ? REWIND_SEC : this.#engine.behindSec };
  }

  #watch(): void {
    const nowMs = performance.now();
    if (this.#video.currentTime !== this.#lastTimeSec) {
      this.#lastTimeSec = this.#video.currentTime;
      this.#movedAtMs = nowMs;
      if (nowMs - this.#troubleAtMs > HEALTHY_AFTER_MS) this.#attempt = 0;
      return;
    }
    // While the streamer is away, the slate moves.
    const isMeantToMove = !this.#video.paused && this.#supply !== 'finished' && !this.#snapshot.isBlocked;
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

function startOf(ranges: TimeRanges): number {
  return ranges.length === 0 ? 0 : ranges.start(0);
}
