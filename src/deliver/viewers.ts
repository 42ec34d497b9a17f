import { createHash } from 'node:crypto';
import { addressKey } from '../platform/index.js';

/** A player that was silent for this long has left, unless its playlist changes more slowly than usual. */
const PRESENT_MS = 8_000;
/** A player asks for its playlist once a target duration (RFC 8216bis §6.3.4); this many without a word, and it has left. */
const PRESENT_TARGET_DURATIONS = 4;
const MAX_VIEWERS = 200_000;
/** Programs behind one address, such as a school: more of them are forged more easily than found. */
const MAX_VIEWERS_PER_ADDRESS = 50;
/** Who left is looked for this often; every page of a broadcast asks for its count. */
const SWEEP_MS = 1_000;

/** What a request tells of who asks. */
export interface Client {
  ip?: string | undefined;
  get(header: 'user-agent'): string | undefined;
}

/** Counts playback sessions: who played a broadcast in the last seconds. */
export class Viewers {
  readonly #now: () => number;
  readonly #max: number;
  readonly #maxPerAddress: number;
  readonly #audiences = new Map<string, Audience>();
  #sweptMs = 0;

  /**
   * @param options.now clock in ms; the machine's when left out.
   * @param options.max sessions of one broadcast that are counted.
   * @param options.maxPerAddress sessions of one address (IPv6: of one /64) that are counted for one broadcast.
   */
  constructor(options: { now?: () => number; max?: number; maxPerAddress?: number } = {}) {
    this.#now = options.now ?? Date.now;
    this.#max = options.max ?? MAX_VIEWERS;
    this.#maxPerAddress = options.maxPerAddress ?? MAX_VIEWERS_PER_ADDRESS;
  }

  /**
   * Notes that this client plays the broadcast: it asked for a playlist, or its player said so. The address is
   * counted alone and with the name of the program, and kept only as hashes.
   * @param options.presentMs how long it counts without another word; some seconds when left out.
   */
  seen(broadcastId: string, client: Client, options: { targetDurationSec?: number; presentMs?: number } = {}): void {
    this.#sweepAll();
    const audience = this.#audiences.get(broadcastId) ?? new Audience();
    this.#audiences.set(broadcastId, audience);
    const address = addressKey(client.ip ?? '');
    const presentMs = options.presentMs ?? Math.max(PRESENT_MS, PRESENT_TARGET_DURATIONS * 1000 * (options.targetDurationSec ?? 0));
    audience.note(
      { name: hashOf(`${client.ip ?? ''}\n${client.get('user-agent') ?? ''}`), address: hashOf(address), untilMs: this.#now() + presentMs },
      { max: this.#max, maxPerAddress: this.#maxPerAddress },
    );
  }

  /** Sessions now; who left is missed within nine seconds. */
  count(broadcastId: string): number {
    this.#sweepAll();
    return this.#audiences.get(broadcastId)?.size ?? 0;
  }

  forget(broadcastId: string): void {
    this.#audiences.delete(broadcastId);
  }

  #sweepAll(): void {
    const nowMs = this.#now();
    if (nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs;
    for (const [broadcastId, audience] of this.#audiences) {
      audience.removeGone(nowMs);
      if (audience.size === 0) this.#audiences.delete(broadcastId);
    }
  }
}

interface Session {
  name: string;
  address: string;
  /** When it counts as gone, ms. */
  untilMs: number;
}

/** The sessions of one broadcast. */
class Audience {
  readonly #sessions = new Map<string, Session>();
  readonly #perAddress = new Map<string, number>();

  get size(): number {
    return this.#sessions.size;
  }

  note(session: Session, limits: { max: number; maxPerAddress: number }): void {
    const known = this.#sessions.get(session.name);
    if (known !== undefined) {
      known.untilMs = Math.max(known.untilMs, session.untilMs);
      return;
    }
    const neighbours = this.#perAddress.get(session.address) ?? 0;
    if (this.#sessions.size >= limits.max || neighbours >= limits.maxPerAddress) return;
    this.#sessions.set(session.name, session);
    this.#perAddress.set(session.address, neighbours + 1);
  }

  removeGone(nowMs: number): void {
    for (const { name, address, untilMs } of this.#sessions.values()) {
      if (untilMs >= nowMs) continue;
      this.#sessions.delete(name);
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    }
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
