import { createHash } from 'node:crypto';

/** A player asks for a playlist every two seconds; one that was silent for this long has left. */
const PRESENT_MS = 8_000;
const MAX_VIEWERS = 200_000;

/** What a request tells of who asks. */
export interface Client {
  ip?: string | undefined;
  get(header: 'user-agent'): string | undefined;
}

/** Counts playback sessions: who asked for a playlist of a broadcast in the last seconds. */
export class Viewers {
  readonly #now: () => number;
  readonly #seen = new Map<string, Map<string, number>>();
  #sweptMs = 0;

  /** @param options.now clock in ms; the machine's when left out. */
  constructor(options: { now?: () => number } = {}) {
    this.#now = options.now ?? Date.now;
  }

  /** Notes that this client plays the broadcast. Addresses are kept only as hashes. */
  seen(broadcastId: string, request: Client): void {
    this.#sweep();
    const sessions = this.#seen.get(broadcastId) ?? new Map<string, number>();
    this.#seen.set(broadcastId, sessions);
    const client = createHash('sha256').update(`${request.ip ?? ''}\n${request.get('user-agent') ?? ''}`).digest('base64');
    if (sessions.size < MAX_VIEWERS || sessions.has(client)) sessions.set(client, this.#now());
  }

  count(broadcastId: string): number {
    const sessions = this.#seen.get(broadcastId);
    if (sessions === undefined) return 0;
    this.#removeOld(sessions);
    return sessions.size;
  }

  /** Broadcasts for which sessions are held. */
  get broadcasts(): number {
    return this.#seen.size;
  }

  forget(broadcastId: string): void {
    this.#seen.delete(broadcastId);
  }

  /** Players ask on for a while after the end: what nobody counts any more is forgotten here. */
  #sweep(): void {
    if (this.#now() - this.#sweptMs < PRESENT_MS) return;
    this.#sweptMs = this.#now();
    for (const [broadcastId, sessions] of this.#seen) {
      this.#removeOld(sessions);
      if (sessions.size === 0) this.#seen.delete(broadcastId);
    }
  }

  #removeOld(sessions: Map<string, number>): void {
    const oldestMs = this.#now() - PRESENT_MS;
    for (const [client, seenMs] of sessions) if (seenMs < oldestMs) sessions.delete(client);
  }
}
