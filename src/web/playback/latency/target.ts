import type { TargetRange } from './mode.js';

/** A stall moves the target back by this share of its floor. */
const STALL_SHARE = 0.4;
/** Less than this left in the buffer when the next piece comes is nearly a stall, seconds. */
const LOW_MARGIN_SEC = 0.2;
/** The margin that a nearly-stall asks for, seconds. */
const GOOD_MARGIN_SEC = 0.35;
/** The most that one narrow escape moves it: a burst of slow pieces is over soon. */
const MAX_RISE_SEC = 0.5;
/** One rise has to show its effect before the next. */
const RISE_EVERY_MS = 3_000;
/** So long without trouble before the target comes nearer again; each time that it stalls anew doubles it. */
const CALM_MS = 60_000;
const LONGEST_CALM_MS = 480_000;
const FALL_EVERY_MS = 10_000;
const FALL_SEC = 0.1;
/** Stalls this close to other trouble are part of it. */
const EPISODE_MS = 30_000;
/** An interruption at the source shows as a stall before the server tells of it. */
const FORGIVE_MS = 15_000;

/**
 * How far behind the live edge to play: as near as the mode asks for, further back where the network does not allow
 * it. Stalls and narrow escapes move it back, calm minutes bring it near again. Times are ms of one monotonic clock.
 */
export class LatencyTarget {
  #range: TargetRange;
  #extraSec = 0;
  #beforeStallSec = 0;
  #stalledAtMs = -Infinity;
  #troubleAtMs: number;
  #roseAtMs = -Infinity;
  #fellAtMs = -Infinity;
  #calmMs = CALM_MS;
  #hasStalled = false;
  #lowestMarginSec = Infinity;

  constructor(range: TargetRange, nowMs: number) {
    this.#range = range;
    this.#troubleAtMs = nowMs;
  }

  get sec(): number {
    return this.#range.floorSec + this.#extraSec;
  }

  /** Another mode, or a playlist that asks for another distance; what was learned of the network stays. */
  setRange(range: TargetRange): void {
    this.#range = range;
    this.#extraSec = Math.min(this.#extraSec, range.ceilingSec - range.floorSec);
  }

  /** Playback ran dry. */
  stalled(nowMs: number): void {
    this.#beforeStallSec = this.#extraSec;
    this.#stalledAtMs = nowMs;
    if (this.#hasStalled && nowMs - this.#troubleAtMs > EPISODE_MS) this.#calmMs = Math.min(LONGEST_CALM_MS, this.#calmMs * 2);
    this.#hasStalled = true;
    this.#rise(this.#range.floorSec * STALL_SHARE, nowMs);
  }

  /** The last stall was the source's, not the network's. */
  forgive(nowMs: number): void {
    if (nowMs - this.#stalledAtMs > FORGIVE_MS) return;
    this.#stalledAtMs = -Infinity;
    this.#extraSec = this.#beforeStallSec;
  }

  /**
   * Media has come, with `marginSec` of the buffer left to play: slow or uneven downloads show here before they stall.
   * The margin is given as it would be at the target. Says whether that was too narrow.
   */
  arrived(marginSec: number, nowMs: number): boolean {
    this.#lowestMarginSec = Math.min(this.#lowestMarginSec, marginSec);
    const isNarrow = marginSec < LOW_MARGIN_SEC && nowMs - this.#roseAtMs >= RISE_EVERY_MS;
    if (isNarrow) this.#rise(Math.min(MAX_RISE_SEC, GOOD_MARGIN_SEC - marginSec), nowMs);
    return isNarrow;
  }

  /** Lets the target fall when it is time; call it a few times a second. */
  relax(nowMs: number): void {
    if (this.#extraSec === 0 || nowMs - this.#troubleAtMs < this.#calmMs || nowMs - this.#fellAtMs < FALL_EVERY_MS) return;
    this.#fellAtMs = nowMs;
    // Nearer only if that would still have been enough since the last look.
    if (this.#lowestMarginSec - FALL_SEC >= GOOD_MARGIN_SEC) {
      this.#extraSec = Math.max(0, Number((this.#extraSec - FALL_SEC).toFixed(3)));
    }
    this.#lowestMarginSec = Infinity;
  }

  #rise(bySec: number, nowMs: number): void {
    const { floorSec, ceilingSec } = this.#range;
    this.#extraSec = Math.min(ceilingSec - floorSec, this.#extraSec + bySec);
    this.#roseAtMs = nowMs;
    this.#troubleAtMs = nowMs;
    this.#lowestMarginSec = Infinity;
  }
}
