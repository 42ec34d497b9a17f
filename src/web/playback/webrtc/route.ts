/** Why a try to play in real time came to nothing. */
export interface Setback {
  /** `refused`: never for this stream. `busy`: not now. `failed`: no picture came. `poor`: it stumbled or stood still. */
  cause: 'refused' | 'busy' | 'failed' | 'poor';
  /** In plain words, for the viewer. */
  reason: string;
  /** What the server asks for. */
  retryAfterSec?: number | undefined;
}

const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 300_000;
/** Tries that many viewers make after the same fault are spread over this share of the pause. */
const SPREAD = 0.2;
/** Two troubles within this time, and the connection is not fit for real time. */
const EPISODE_MS = 30_000;
/** What played so long without trouble is trusted as at the start. */
const TRUSTED_AFTER_MS = 60_000;

/** When to play in real time, when to leave it for HLS, and when to try again. Times are ms of one monotonic clock. */
export class Route {
  readonly #random: () => number;
  #setback: Setback | undefined;
  #nextTryAtMs = -Infinity;
  #setbacks = 0;
  #shownAtMs = Infinity;
  #troubledAtMs = -Infinity;

  /** @param options.random 0 to 1, for the spread of tries. */
  constructor(options: { random: () => number } = { random: Math.random }) {
    this.#random = options.random;
  }

  /** Why real time does not play; undefined while it may. */
  get setback(): Setback | undefined {
    return this.#setback;
  }

  /** Nothing has gone wrong yet, so the viewer may wait for it. */
  get isPromising(): boolean {
    return this.#setback === undefined;
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#nextTryAtMs;
  }

  /** The picture is there. */
  shown(nowMs: number): void {
    this.#setback = undefined;
    this.#shownAtMs = nowMs;
  }

  /** The picture stumbles or stands still: whether to stay with real time, at once on a new connection, or to leave it. */
  troubled(nowMs: number): 'stay' | 'leave' {
    const isRepeated = nowMs - this.#troubledAtMs <= EPISODE_MS;
    this.#troubledAtMs = isRepeated ? -Infinity : nowMs;
    return isRepeated ? 'leave' : 'stay';
  }

  /** Real time does not play; the next try comes after a pause that grows, or never. */
  failed(setback: Setback, nowMs: number): void {
    if (nowMs - this.#shownAtMs >= TRUSTED_AFTER_MS) this.#setbacks = 0;
    this.#setback = setback;
    this.#shownAtMs = Infinity;
    this.#nextTryAtMs = setback.cause === 'refused' ? Infinity : nowMs + this.#pauseMs(setback.retryAfterSec ?? 0);
    this.#setbacks++;
  }

  /** Something changed that makes another try worth it: the stream came back, another way to the server is known. */
  reopen(): void {
    this.#nextTryAtMs = -Infinity;
  }

  #pauseMs(retryAfterSec: number): number {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#setbacks);
    return Math.max(pauseMs, retryAfterSec * 1000) * (1 + SPREAD * this.#random());
  }
}
