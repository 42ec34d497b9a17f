import { createHash } from 'node:crypto';
import type { Request } from 'express';

/** A player asks for a playlist every two seconds; one that was silent for this long has left. */
const PRESENT_MS = 8_000;
const MAX_VIEWERS = 200_000;

/** Counts playback sessions: who asked for a playlist of a broadcast in the last seconds. */
export class Viewers {
  readonly #seen = new Map<string, Map<string, number>>();

  /** Notes that this client plays the broadcast. Addresses are kept only as hashes. */
  seen(broadcastId: string, request: Request): void {
    const sessions = this.#seen.get(broadcastId) ?? new Map<string, number>();
    this.#seen.set(broadcastId, sessions);
    const client = createHash('sha256').update(`${request.ip ?? ''}\n${request.get('user-agent') ?? ''}`).digest('base64');
    if (sessions.size < MAX_VIEWERS || sessions.has(client)) sessions.set(client, Date.now());
  }

  count(broadcastId: string): number {
    const sessions = this.#seen.get(broadcastId);
    if (sessions === undefined) return 0;
    const oldestMs = Date.now() - PRESENT_MS;
    for (const [client, seenMs] of sessions) if (seenMs < oldestMs) sessions.delete(client);
    return sessions.size;
  }

  forget(broadcastId: string): void {
    this.#seen.delete(broadcastId);
  }
}
