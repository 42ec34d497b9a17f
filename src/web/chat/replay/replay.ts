import type { ChatMessage } from '../../api/chat-contract.js';
import type { ChatPage } from '../../api/contract.js';

export interface ReplayOptions {
  /** What was said from one moment to another, in pages. */
  load: (span: { from: Date; to: Date }, signal: AbortSignal) => Promise<ChatPage>;
  /** Called when there is more to show. */
  onChange: () => void;
  onError: (error: unknown) => void;
}

/** Before the picture: what stands in the list after a jump. */
const BEHIND_MS = 180_000;
/** Behind the picture: what is there before it is needed. */
const AHEAD_MS = 120_000;
/** With less than this left, the next stretch is asked for. */
const RESERVE_MS = 45_000;
const RETRY_MS = 5_000;
const MAX_SHOWN = 200;

/** What was said during a show, as its picture is played: loaded ahead, and anew after a jump. */
export class Replay {
  readonly #options: ReplayOptions;
  #ended = new AbortController();
  #messages: ChatMessage[] = [];
  #fromMs = 0;
  #toMs = 0;
  #isLoading = false;
  #notBeforeMs = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** What has been said when the picture shows this moment, ms since 1970. Loads what is missing for it. */
  at(momentMs: number): ChatMessage[] {
    // A little further on is what is loaded next anyway.
    if (momentMs < this.#fromMs || momentMs > this.#toMs + AHEAD_MS) this.#jump(momentMs);
    if (this.#toMs - momentMs < RESERVE_MS) void this.#load();
    return shownAt(this.#messages, momentMs);
  }

  close(): void {
    this.#ended.abort();
  }

  #jump(momentMs: number): void {
    this.#ended.abort();
    this.#ended = new AbortController();
    this.#isLoading = false;
    this.#messages = [];
    this.#fromMs = momentMs - BEHIND_MS;
    // Nothing of it is loaded yet; it is where the next load begins.
    this.#toMs = momentMs;
    void this.#load(this.#fromMs);
  }

  async #load(fromMs = this.#toMs): Promise<void> {
    if (this.#isLoading || performance.now() < this.#notBeforeMs) return;
    this.#isLoading = true;
    const { signal } = this.#ended;
    const toMs = Math.max(this.#toMs, fromMs) + AHEAD_MS;
    try {
      for (let from: string | undefined = new Date(fromMs).toISOString(); from !== undefined && !signal.aborted;) {
        const page = await this.#options.load({ from: new Date(from), to: new Date(toMs) }, signal);
        if (signal.aborted) return;
        this.#messages = merged(this.#messages, page.messages);
        from = page.next;
        this.#options.onChange();
      }
      this.#toMs = toMs;
      this.#isLoading = false;
    } catch (error) {
      if (signal.aborted) return;
      this.#notBeforeMs = performance.now() + RETRY_MS;
      // What failed begins anew where it began.
      this.#toMs = fromMs;
      this.#isLoading = false;
      this.#options.onError(error);
    }
  }
}

/** The last messages up to a moment. */
export function shownAt(messages: ChatMessage[], momentMs: number): ChatMessage[] {
  const end = messages.findIndex(({ streamAt }) => Date.parse(streamAt) > momentMs);
  return messages.slice(0, end < 0 ? messages.length : end).slice(-MAX_SHOWN);
}

function merged(messages: ChatMessage[], more: ChatMessage[]): ChatMessage[] {
  const known = new Set(messages.map(({ id }) => id));
  return [...messages, ...more.filter(({ id }) => !known.has(id))];
}
