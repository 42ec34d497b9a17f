import type { Namespace, Socket } from 'socket.io';
import { RateLimited } from '../../platform/index.js';
import type { BotScope } from '../bots/queries.js';
import { NotInRoom, SignInRequired, TokenExpired } from '../errors.js';
import type { ChatRole, ClientEvents, ServerEvents } from '../events.js';
import type { Origin } from '../people/queries.js';

/** Nothing passes between servers but what `Fleet` sends. */
export type FleetEvents = { fleet: (news: unknown) => void };
export type ChatNamespace = Namespace<ClientEvents, ServerEvents, FleetEvents, Pass>;
export type ChatSocket = Socket<ClientEvents, ServerEvents, FleetEvents, Pass>;

/** What a connection that is no person's has shown at the door. */
export interface Pass {
  bot?: SignedIn;
  overlay?: OverlayPass;
}

/** Reads one channel's chat, whoever may, and does nothing else. */
export interface OverlayPass {
  id: string;
  channelId: string;
}

/** An account behind a connection, until its token runs out; or a bot. */
export interface SignedIn {
  id: string;
  username: string;
  role: 'admin' | 'user';
  expiresAt: Date;
  bot?: { scopes: BotScope[] };
}

/** The channel of a room. */
export interface RoomChannel {
  id: string;
  slug: string;
  ownerId: string;
}

/** What a connection knows of itself in a room. */
export interface Seat {
  channel: RoomChannel;
  role: ChatRole;
  isModerator: boolean;
  /** Until when it is banned, timed out, muted or warned, null for ever; taps do not count as long. */
  silencedUntil: Date | null;
}

const WINDOW_MS = 10_000;
/** A token that runs out while its successor is fetched still reads; it does not write. */
const MAX_STRIKES = 3;

/** One client: who it is, where it comes from, and which rooms it is in. */
export class Connection {
  readonly socket: ChatSocket;
  readonly address: string;
  readonly origin: Origin;
  readonly overlay: OverlayPass | undefined;
  /** By channel id. */
  readonly seats = new Map<string, Seat>();
  readonly #maxEvents: number;
  #user: SignedIn | undefined;
  #windowStartMs = 0;
  #events = 0;
  #strikes = 0;

  constructor(options: { socket: ChatSocket; address: string; origin: Origin; eventsPer10Sec: number }) {
    this.socket = options.socket;
    this.address = options.address;
    this.origin = options.origin;
    this.overlay = options.socket.data.overlay;
    this.#maxEvents = options.eventsPer10Sec;
  }

  /** Whoever it was last signed in as, for reading. */
  get user(): SignedIn | undefined {
    return this.#user;
  }

  /** Makes it somebody else's, or nobody's. */
  become(user: SignedIn | undefined): void {
    this.#user = user;
  }

  /** Who acts. @throws {SignInRequired} {TokenExpired} */
  actor(what: string, now = new Date()): SignedIn {
    if (this.#user === undefined) throw new SignInRequired(what);
    if (this.#user.expiresAt <= now) throw new TokenExpired();
    return this.#user;
  }

  /** Its place in a room. @throws {NotInRoom} */
  seat(slug: string): Seat {
    for (const seat of this.seats.values()) if (seat.channel.slug === slug.toLowerCase()) return seat;
    throw new NotInRoom(slug);
  }

  /** Counts a request; who goes on after being told to wait is cut off. @throws {RateLimited} */
  countEvent(nowMs = performance.now()): void {
    if (nowMs - this.#windowStartMs > WINDOW_MS) {
      this.#strikes = this.#events > this.#maxEvents ? this.#strikes + 1 : 0;
      this.#windowStartMs = nowMs;
      this.#events = 0;
    }
    this.#events++;
    if (this.#events <= this.#maxEvents) return;
    if (this.#strikes >= MAX_STRIKES || this.#events > this.#maxEvents * 10) this.socket.disconnect(true);
    throw new RateLimited(Math.max(1, Math.ceil((this.#windowStartMs + WINDOW_MS - nowMs) / 1_000)));
  }
}
