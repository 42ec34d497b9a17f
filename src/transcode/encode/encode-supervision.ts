/** What is known of a running FFmpeg at one moment. Times in ms. */
export interface EncodeSample {
  wallMs: number;
  /** Media time given to FFmpeg. */
  fedMs: number;
  /** Media time that every output has reached. */
  doneMs: number;
}

const WINDOW_MS = 5_000;
const SLOW_LAG_MS = 1_000;
const SLOW_RATE = 0.98;
const HUNG_FED_MS = 2_000;
const STILL_MS = 1_000;

/** Judges whether an encode keeps up, from samples of the last five seconds. */
export class EncodeSupervision {
  #samples: EncodeSample[] = [];

  add(sample: EncodeSample): void {
    this.#samples.push(sample);
    while (this.#samples.length > 2 && sample.wallMs - (this.#samples[1]?.wallMs ?? 0) >= WINDOW_MS) this.#samples.shift();
  }

  /** `slow`: below real time for 5 s; `hung`: given frames for 5 s and made none. */
  verdict(): 'ok' | 'slow' | 'hung' {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.wallMs - first.wallMs < WINDOW_MS) return 'ok';
    const fedMs = last.fedMs - first.fedMs;
    const doneMs = last.doneMs - first.doneMs;
    const isBehind = last.fedMs - last.doneMs > SLOW_LAG_MS;
    if (doneMs <= 0 && isBehind && fedMs > HUNG_FED_MS) return 'hung';
    return isBehind && doneMs < fedMs * SLOW_RATE && this.#hasMovedLately(last) ? 'slow' : 'ok';
  }

  /** What makes nothing at all is no slow encoder; it is hung when that has lasted. */
  #hasMovedLately(last: EncodeSample): boolean {
    const before = this.#samples.findLast(({ wallMs }) => last.wallMs - wallMs >= STILL_MS);
    return before === undefined || last.doneMs > before.doneMs;
  }

  /** Media seconds made in a second of the window; 1 is real time. */
  get speed(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.wallMs === first.wallMs) return 0;
    return (last.doneMs - first.doneMs) / (last.wallMs - first.wallMs);
  }

  get lagMs(): number {
    const last = this.#samples.at(-1);
    return last === undefined ? 0 : Math.max(0, last.fedMs - last.doneMs);
  }
}
