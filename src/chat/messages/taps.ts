import type { ChatNamespace, RoomChannel } from '../socket/connection.js';
import { audienceOf } from '../room/delivery.js';

/** What was tapped in one room since the last word of it. */
interface Tally {
  slug: string;
  taps: Map<string, number>;
  messages: Map<string, Map<string, number>>;
}

const TELL_MS = 1_000;
/** Different emoji that a room is told of in one second; the rest of them is not worth a word. */
const MAX_KINDS = 50;
const MAX_MESSAGES = 200;

/** Adds up reactions and tells each room once a second, however many there were. */
export class Taps {
  readonly #namespace: ChatNamespace;
  readonly #rooms = new Map<string, Tally>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { namespace: ChatNamespace }) {
    this.#namespace = options.namespace;
  }

  /** Somebody reacts to the show. */
  tap(channel: RoomChannel, emoji: string): void {
    add(this.#tally(channel).taps, emoji, 1);
  }

  /** Somebody reacts to a message, or takes it back. */
  react(channel: RoomChannel, messageId: string, emoji: string, by: 1 | -1): void {
    const { messages } = this.#tally(channel);
    const counts = messages.get(messageId) ?? new Map<string, number>();
    if (!messages.has(messageId) && messages.size >= MAX_MESSAGES) return;
    messages.set(messageId, counts);
    add(counts, emoji, by);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#rooms.clear();
  }

  #tally({ id, slug }: RoomChannel): Tally {
    const tally = this.#rooms.get(id) ?? { slug, taps: new Map(), messages: new Map() };
    this.#rooms.set(id, tally);
    this.#timer ??= setTimeout(() => this.#tell(), TELL_MS);
    return tally;
  }

  #tell(): void {
    this.#timer = undefined;
    for (const [id, { slug, taps, messages }] of this.#rooms) {
      const changed = [...messages].map(([messageId, counts]) => [messageId, Object.fromEntries(counts)] as const);
      this.#namespace.to(audienceOf(id)).emit('reactions', { channel: slug, taps: Object.fromEntries(taps), messages: Object.fromEntries(changed) });
    }
    this.#rooms.clear();
  }
}

function add(counts: Map<string, number>, emoji: string, by: number): void {
  if (!counts.has(emoji) && counts.size >= MAX_KINDS) return;
  counts.set(emoji, (counts.get(emoji) ?? 0) + by);
}
