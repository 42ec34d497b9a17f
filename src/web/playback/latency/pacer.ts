import { bufferAhead, newestRange } from '../buffer.js';
import { targetRange, type HlsLatency, type HoldBack } from './mode.js';
import { CATCH_UP_SEC, nextRate } from './pace.js';
import { LatencyTarget } from './target.js';

/** What the newest playlist says. */
export interface LiveEdge extends HoldBack {
  /** Where the live edge is by now on the video's timeline, seconds. */
  edgeSec: number;
}

export interface PacerOptions {
  video: HTMLVideoElement;
  mode: HlsLatency;
  /** Whether the viewer begins behind the live moment, to stay there. */
  startsRewound: boolean;
  /** Undefined before the first playlist and after the end. */
  edge: () => LiveEdge | undefined;
  /** The distance that jumps and starts should keep; called when it changes. */
  onTarget: (targetSec: number) => void;
  /** Goes to where the target is. */
  jump: () => void;
  /** Playback ran dry, or nearly so. */
  onNarrow: () => void;
  /** The picture moves again after it was held. */
  onReleased: () => void;
  /** The viewer went back from the live moment to stay there, or is with it again. */
  onRewound: (isRewound: boolean) => void;
}

const TICK_MS = 250;
/** After a start or a jump the buffer fills: it says nothing of the network yet. */
const SETTLING_MS = 2_000;
/** Weight of the newest look at the latency: playlists come a little early or late. */
const NEWEST = 0.3;
/** What has to be there, as a share of the target, before a picture that ran dry moves again. */
const REFILL_SHARE = 0.6;
const REFILL_MAX_SEC = 2.5;
/** What plays at all is better than waiting on. */
const LONGEST_REFILL_MS = 4_000;
/** Less than this is no new media: sound and picture end a little apart. */
const MORE_SEC = 0.05;
/** On a change of mode, what is nearer to the new target than this drifts there. */
const DRIFT_SEC = 0.6;
/** At the start, and after a change of mode, newer media comes for a while that is worth going to. */
const ARRIVING_MS = 4_000;
/** So much further back than the target, what is missing is more than a player buffers. */
const OUT_OF_REACH_SEC = 15;
/** A jump back by less is none: players step about a little to pass holes. */
const BACK_SEC = 1;
/** What a jump within the buffer leaves of it, as a share of the target. */
const AFTER_JUMP_SHARE = 0.4;

/**
 * Keeps playback at its distance to the live edge: sets the speed, holds a picture that ran dry until it can play on
 * without stumbling, jumps when it fell far behind. A viewer who paused stays where the pause was, and one who rewound
 * stays there until the live button.
 */
export class Pacer {
  readonly #options: PacerOptions;
  readonly #target: LatencyTarget;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #ended = new AbortController();
  #mode: HlsLatency;
  #announcedSec = 0;
  #latencySec: number | undefined;
  #settledAtMs = Infinity;
  #tickedAtMs = 0;
  #arrivedAtMs = Infinity;
  /** Why playback stays behind, when it does. */
  #stays: 'paused' | 'rewound' | undefined;
  /** Where the last tick found the picture, seconds. */
  #placeSec = 0;
  #isInterrupted = false;
  /** Playback ran dry and is held: where the buffer ended then, and since when there has been more. */
  #hold: { endSec: number; moreSinceMs: number | undefined } | undefined;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#mode = options.mode;
    this.#stays = options.startsRewound ? 'rewound' : undefined;
    this.#target = new LatencyTarget(targetRange(options.mode, { holdBackSec: 0, partHoldBackSec: 0 }), performance.now());
    this.#listen(options.video);
    // `timeupdate` keeps its pace in the background, where timers are slowed down; while held it does not come.
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Undefined before the first playlist. */
  get targetSec(): number | undefined {
    return this.#target.sec > 0 ? this.#target.sec : undefined;
  }

  get isHolding(): boolean {
    return this.#hold !== undefined;
  }

  /** Plays at another distance from now on. */
  setMode(mode: HlsLatency): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    // The streamer may have asked for it: no reason to leave the place that a viewer went back to.
    if (this.#stays === 'paused') this.#stays = undefined;
    this.#arrivedAtMs = performance.now();
    this.#announceTarget();
    const edge = this.#options.edge();
    // What lies further back is buffered; what is nearer has to come first, and the next ticks go there.
    if (edge && this.#target.sec - this.#latencyAt(edge) > DRIFT_SEC) this.#jump();
  }

  /** Media is about to be appended: what is left in the buffer tells how well the network keeps up. */
  arrived(): void {
    const nowMs = performance.now();
    const edge = this.#options.edge();
    const { video } = this.#options;
    const isSettled = nowMs - this.#settledAtMs >= SETTLING_MS && nowMs - this.#arrivedAtMs >= ARRIVING_MS;
    if (!edge || !isSettled || video.paused || this.#hold || this.#stays) return;
    if (this.#target.arrived(bufferAhead(video) + this.#target.sec - this.#latencyAt(edge), nowMs)) this.#options.onNarrow();
  }

  /** While the source is away, and shortly before, a stall tells nothing of the network. */
  setInterrupted(isInterrupted: boolean): void {
    this.#isInterrupted = isInterrupted;
    if (isInterrupted) this.#target.forgive(performance.now());
  }

  /** The viewer wants to be live. */
  followLive(): void {
    this.#stay(undefined);
  }

  close(): void {
    this.#ended.abort();
    clearInterval(this.#timer);
    this.#options.video.playbackRate = 1;
  }

  #listen(video: HTMLVideoElement): void {
    const options = { signal: this.#ended.signal };
    const settle = () => this.#settle();
    video.addEventListener('playing', () => {
      settle();
      this.#arrivedAtMs = Math.min(this.#arrivedAtMs, performance.now());
    }, options);
    video.addEventListener('seeked', settle, options);
    video.addEventListener('waiting', () => this.#onDry(), options);
    video.addEventListener('timeupdate', () => this.#tick(), options);
    // A browser pauses pages in the background by itself; that is nobody's choice.
    video.addEventListener('pause', () => {
      if (this.#stays !== 'rewound') this.#stays = document.hidden ? undefined : 'paused';
    }, options);
    video.addEventListener('seeking', () => this.#onSeeking(), options);
  }

  /** Nobody but the viewer goes back, and far. */
  #onSeeking(): void {
    const edge = this.#options.edge();
    if (!edge || this.#options.video.currentTime > this.#placeSec - BACK_SEC) return;
    if (this.#latencyAt(edge) - this.#target.sec > CATCH_UP_SEC) this.#stay('rewound');
  }

  #stay(why: 'rewound' | undefined): void {
    const wasRewound = this.#stays === 'rewound';
    this.#stays = why;
    if (wasRewound === (why === 'rewound')) return;
    // What the live moment waits for, this place has.
    if (this.#hold) this.#release();
    this.#options.onRewound(!wasRewound);
  }

  #settle(): void {
    this.#settledAtMs = performance.now();
    this.#latencySec = undefined;
  }

  #onDry(): void {
    const { video } = this.#options;
    if (video.paused || video.seeking || this.#hold || this.#stays === 'rewound' || this.#settledAtMs === Infinity || !this.#options.edge()) return;
    if (!this.#isInterrupted) {
      this.#target.stalled(performance.now());
      this.#options.onNarrow();
    }
    this.#hold = { endSec: newestRange(video).endSec, moreSinceMs: undefined };
    video.playbackRate = 0;
  }

  #tick(): void {
    const nowMs = performance.now();
    if (nowMs - this.#tickedAtMs < TICK_MS * 0.8) return;
    this.#tickedAtMs = nowMs;
    if (!this.#options.video.seeking) this.#placeSec = this.#options.video.currentTime;
    if (this.#hold) this.#refill(this.#hold, nowMs);
    else this.#pace(nowMs);
  }

  #pace(nowMs: number): void {
    const { video, edge: readEdge } = this.#options;
    const edge = readEdge();
    if (!edge || video.paused || video.seeking || this.#settledAtMs === Infinity) {
      video.playbackRate = 1;
      return;
    }
    this.#target.relax(nowMs);
    this.#announceTarget();
    const latencySec = this.#smoothed(this.#latencyAt(edge));
    const targetSec = this.#target.sec;
    const gapSec = latencySec - targetSec;
    // After a short pause, playback catches up; after a longer one it is where the viewer left it.
    if (gapSec <= CATCH_UP_SEC) this.#stay(undefined);
    if (this.#stays) video.playbackRate = 1;
    else if (this.#shouldJump(gapSec, nowMs)) this.#jump();
    else video.playbackRate = nextRate({ latencySec, targetSec, bufferSec: bufferAhead(video), rate: video.playbackRate || 1 });
  }

  /** Only to what is buffered: on a slow network the rest would have to be waited for, unless it is out of reach anyway. */
  #shouldJump(gapSec: number, nowMs: number): boolean {
    if (gapSec > OUT_OF_REACH_SEC) return nowMs - this.#settledAtMs > SETTLING_MS;
    const isArriving = nowMs - this.#arrivedAtMs < ARRIVING_MS;
    if (gapSec <= (isArriving ? DRIFT_SEC : CATCH_UP_SEC)) return false;
    return bufferAhead(this.#options.video) - gapSec > this.#target.sec * AFTER_JUMP_SHARE;
  }

  /** Holds until there is enough to play on, then steps over the hole that an interruption may leave. */
  #refill(hold: { endSec: number; moreSinceMs: number | undefined }, nowMs: number): void {
    const { video, edge } = this.#options;
    const { startSec, endSec } = newestRange(video);
    if (endSec > hold.endSec + MORE_SEC) hold.moreSinceMs ??= nowMs;
    const bufferSec = endSec - Math.max(startSec, video.currentTime);
    const hasEnough = bufferSec >= Math.min(REFILL_MAX_SEC, this.#target.sec * REFILL_SHARE);
    const hasWaited = hold.moreSinceMs !== undefined && nowMs - hold.moreSinceMs > LONGEST_REFILL_MS;
    if (!hasEnough && !hasWaited && edge()) return;
    if (hasEnough && startSec > video.currentTime) video.currentTime = startSec;
    this.#release();
  }

  #release(): void {
    this.#hold = undefined;
    this.#settle();
    this.#options.video.playbackRate = 1;
    this.#options.onReleased();
  }

  #jump(): void {
    this.#announceTarget();
    this.#settle();
    this.#options.jump();
  }

  #announceTarget(): void {
    const edge = this.#options.edge();
    if (edge) this.#target.setRange(targetRange(this.#mode, edge));
    if (this.#target.sec === this.#announcedSec || this.#target.sec === 0) return;
    this.#announcedSec = this.#target.sec;
    this.#options.onTarget(this.#announcedSec);
  }

  #latencyAt(edge: LiveEdge): number {
    return edge.edgeSec - this.#options.video.currentTime;
  }

  #smoothed(latencySec: number): number {
    const last = this.#latencySec ?? latencySec;
    this.#latencySec = last + (latencySec - last) * NEWEST;
    return this.#latencySec;
  }
}
