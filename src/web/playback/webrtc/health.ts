/** What a look at a WebRTC connection found; counters since its start. */
export interface Look {
  /** ms of a monotonic clock. */
  atMs: number;
  /** Pictures decoded, or packets while nobody looks; it grows while the stream flows. */
  progress: number;
  packets: number;
  lost: number;
  /** How long the picture has stood still in all, seconds. */
  frozenSec: number;
}

/** `stalled`: the picture stands still. `poor`: it stumbles, and has for some seconds. */
export type Health = 'fine' | 'stalled' | 'poor';

const STALLED_AFTER_MS = 1_500;
const WINDOW_MS = 1_000;
/** At the start, pictures come in bursts. */
const SETTLING_MS = 2_000;
/** Of so many windows, so many bad ones are no accident. */
const WINDOWS_KEPT = 3;
const BAD_WINDOWS = 2;
const BAD_FROZEN_SEC = 0.25;
/** Less than this is sent again in time mostly, and shows as frozen pictures where it is not. */
const BAD_LOSS_SHARE = 0.2;

/** Judges from what arrives whether the picture moves as it should. */
export class PictureHealth {
  #startedAtMs: number;
  #movedAtMs: number;
  #progress = 0;
  #windowStart: Look | undefined;
  #isBad: boolean[] = [];

  constructor(nowMs: number) {
    this.#startedAtMs = nowMs;
    this.#movedAtMs = nowMs;
  }

  /** Judges a new look; call it a few times a second. `poor` is said once, then counted anew. */
  judge(look: Look): Health {
    if (look.progress !== this.#progress) {
      this.#progress = look.progress;
      this.#movedAtMs = look.atMs;
    }
    if (look.atMs - this.#movedAtMs >= STALLED_AFTER_MS) return 'stalled';
    this.#closeWindow(look);
    if (this.#isBad.filter(Boolean).length < BAD_WINDOWS) return 'fine';
    this.#isBad = [];
    return 'poor';
  }

  #closeWindow(look: Look): void {
    this.#windowStart ??= look;
    if (look.atMs - this.#windowStart.atMs < WINDOW_MS) return;
    const isSettled = this.#windowStart.atMs - this.#startedAtMs >= SETTLING_MS;
    if (isSettled) this.#isBad = [...this.#isBad, isBadBetween(this.#windowStart, look)].slice(-WINDOWS_KEPT);
    this.#windowStart = look;
  }
}

function isBadBetween(from: Look, to: Look): boolean {
  return to.frozenSec - from.frozenSec >= BAD_FROZEN_SEC || lossShare(from, to) >= BAD_LOSS_SHARE;
}

/** Packets lost of those sent between two looks, 0 to 1; a late packet takes back a loss. */
export function lossShare(from: Pick<Look, 'packets' | 'lost'>, to: Pick<Look, 'packets' | 'lost'>): number {
  const lost = Math.max(0, to.lost - from.lost);
  const sent = lost + Math.max(0, to.packets - from.packets);
  return sent === 0 ? 0 : lost / sent;
}
