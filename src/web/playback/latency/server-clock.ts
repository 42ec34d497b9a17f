/** What a question for the time gave; times in ms, sent and received on a monotonic clock of this page. */
export interface TimeSample {
  sentMs: number;
  serverMs: number;
  receivedMs: number;
}

const SAMPLES_KEPT = 8;
/** Clocks tick in whole ms. */
const TOLERANCE_MS = 2;
const AT_START = 3;
const EVERY_MS = 30_000;

/**
 * The offset from this page's clock to the server's, ms: of the samples given, the one with the shortest way there
 * and back, because its error is at most half of that. Undefined without samples.
 */
export function clockOffsetMs(samples: TimeSample[]): number | undefined {
  const best = samples.toSorted((a, b) => roundTripMs(a) - roundTripMs(b))[0];
  return best && offsetMs(best);
}

/** The samples that can be true beside the newest: after a sleep of the machine, or a set clock, older ones are not. */
export function samplesAfter(samples: TimeSample[], newest: TimeSample): TimeSample[] {
  const agree = (sample: TimeSample) => Math.abs(offsetMs(sample) - offsetMs(newest)) <= (roundTripMs(sample) + roundTripMs(newest)) / 2 + TOLERANCE_MS;
  return [...samples.filter(agree), newest].slice(-SAMPLES_KEPT);
}

function offsetMs({ sentMs, serverMs, receivedMs }: TimeSample): number {
  return serverMs - (sentMs + receivedMs) / 2;
}

function roundTripMs({ sentMs, receivedMs }: TimeSample): number {
  return receivedMs - sentMs;
}

/** The server's clock as seen from here: a viewer's own may be wrong by minutes, and be set while the page is open. */
export class ServerClock {
  readonly #ask: (signal: AbortSignal) => Promise<number>;
  readonly #ended = new AbortController();
  #samples: TimeSample[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #offsetMs: number | undefined;

  /** @param options.ask the server's time in ms since 1970. */
  constructor(options: { ask: (signal: AbortSignal) => Promise<number> }) {
    this.#ask = options.ask;
    void this.#run();
  }

  /** ms since 1970; undefined until the server has answered once. */
  get nowMs(): number | undefined {
    return this.#offsetMs === undefined ? undefined : performance.now() + this.#offsetMs;
  }

  close(): void {
    this.#ended.abort();
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    for (let n = 0; n < AT_START; n++) await this.#sample();
    if (!this.#ended.signal.aborted) this.#again();
  }

  #again(): void {
    this.#timer = setTimeout(() => void this.#sample().then(() => this.#ended.signal.aborted || this.#again()), EVERY_MS);
  }

  async #sample(): Promise<void> {
    const sentMs = performance.now();
    try {
      const serverMs = await this.#ask(this.#ended.signal);
      this.#samples = samplesAfter(this.#samples, { sentMs, serverMs, receivedMs: performance.now() });
      this.#offsetMs = clockOffsetMs(this.#samples);
    } catch {
      // The next question may be answered; until then the last answers count.
    }
  }
}
