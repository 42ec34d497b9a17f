import { createHash } from 'node:crypto';

/** A player that was silent for this long has left, unless its playlist changes more slowly than usual. */
const PRESENT_MS = 8_000;
/** A player asks for its playlist once a target duration (RFC 8216bis §6.3.4); this many without a word, and it has left. */
const PRESENT_TARGET_DURATIONS = 4;
const MAX_VIEWERS = 200_000;

/** What a request tells of who asks. */
export interface Client {
  ip?: string | undefined;
  get(header: 'user-agent'): string | undefined;
}

/** Counts playback sessions: who asked for a playlist of a broadcast in the last seconds. */
export class Viewers {
  readonly #now: () => number;
  readonly #max: number;
  /** Broadcast → client → when it counts as gone, ms. */
  readonly #presentUntilMs = new Map<string, Map<string, number>>();
  #sweptMs = 0;

  /**
   * @param options.now clock in ms; the machine's when left out.
   * @param options.max sessions of one broadcast that are counted.
   */
  constructor(options: { now?: () => number; max?: number } = {}) {
    this.#now = options.now ?? Date.now;
    this.#max = options.max ?? MAX_VIEWERS;
  }

  /** Notes that this client plays the broadcast. Addresses are kept only as hashes. */
  seen(broadcastId: string, client: Client, options: { targetDurationSec?: number } = {}): void {
    this.#sweep();
    const sessions = this.#presentUntilMs.get(broadcastId) ?? new Map<string, number>();
    this.#presentUntilMs.set(broadcastId, sessions);
    const name = createHash('sha256').update(`${client.ip ?? ''}\n${client.get('user-agent') ?? ''}`).digest('base64');
    if (sessions.size >= this.#max && !sessions.has(name)) return;
    const presentMs = Math.max(PRESENT_MS, PRESENT_TARGET_DURATIONS * 1000 * (options.targetDurationSec ?? 0));
    sessions.set(name, Math.max(sessions.get(name) ?? 0, this.#now() + presentMs));
  }

  count(broadcastId: string): number {
    const sessions = this.#presentUntilMs.get(broadcastId);
    if (sessions === undefined) return 0;
    this.#removeGone(broadcastId, sessions);
    return sessions.size;
  }

  forget(broadcastId: string): void {
    this.#presentUntilMs.delete(broadcastId);
  }

  /** Nobody may ever ask for a count: what is gone makes room here. */
  #sweep(): void {
    if (this.#now() - this.#sweptMs < PRESENT_MS) return;
    this.#sweptMs = this.#now();
    for (const [broadcastId, sessions] of this.#presentUntilMs) this.#removeGone(broadcastId, sessions);
  }

  #removeGone(broadcastId: string, sessions: Map<string, number>): void {
    const nowMs = this.#now();
    for (const [name, untilMs] of sessions) if (untilMs < nowMs) sessions.delete(name);
    if (sessions.size === 0) this.#presentUntilMs.delete(broadcastId);
  }
}
