/** What one server sends to the readers of one room in a second, one packet to one reader each, before messages share packets. */
const PACKETS_PER_SEC = 45_000;
/** Rooms that need less than this do not wait at all: some 900 readers. */
const MIN_WINDOW_MS = 20;
/** Nobody waits longer, however many read. */
const MAX_WINDOW_MS = 250;

interface Window<T> {
  waiting: T[];
  timer: NodeJS.Timeout;
}

/**
 * Gathers what comes to the same room in quick succession. A packet costs the server the same whether one message is in it or
 * ten, and a room of 2,000 readers with fifty messages a second is 100,000 packets. The first message after a pause goes at once.
 */
export class Gathering<T> {
  readonly #send: (room: string, together: T[]) => void;
  readonly #windows = new Map<string, Window<T>>();

  constructor(options: { send: (room: string, together: T[]) => void }) {
    this.#send = options.send;
  }

  /** @param readers of the room on this server. */
  add(room: string, item: T, readers: number): void {
    const open = this.#windows.get(room);
    if (open !== undefined) {
      open.waiting.push(item);
      return;
    }
    this.#send(room, [item]);
    this.#open(room, Math.min((readers * 1_000) / PACKETS_PER_SEC, MAX_WINDOW_MS));
  }

  /** Sends what waits, before something that may be about it. */
  flush(room: string): void {
    const waiting = this.#windows.get(room)?.waiting.splice(0) ?? [];
    if (waiting.length > 0) this.#send(room, waiting);
  }

  stop(): void {
    for (const { timer } of this.#windows.values()) clearTimeout(timer);
    this.#windows.clear();
  }

  #open(room: string, windowMs: number): void {
    if (windowMs < MIN_WINDOW_MS) return;
    const timer = setTimeout(() => {
      const { waiting = [] } = this.#windows.get(room) ?? {};
      this.#windows.delete(room);
      if (waiting.length === 0) return;
      this.#send(room, waiting);
      this.#open(room, windowMs);
    }, windowMs);
    this.#windows.set(room, { waiting: [], timer });
  }
}
