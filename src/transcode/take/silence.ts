import type { AudioConfig, Frame } from '../../streams/index.js';

/** Sound may be this far behind the pictures before it counts as missing: encoders send it in bursts. */
const MISSING_AFTER_MS = 2_000;
/** Where it always comes later than that, it may be a little later still, up to what the packager waits. */
const MARGIN_MS = 1_000;
const MISSING_AFTER_AT_MOST_MS = 6_000;
/** While silence is made, it follows the pictures this closely, so that sound which comes back still finds its place. */
const BEHIND_PICTURES_MS = 300;
const AAC_LC = 'mp4a.40.2';

/**
 * One frame of nothing by its number of channels (ISO/IEC 14496-3 §4.4.2.1): a channel element without scale factor
 * bands, then the end. It is the same for every rate and both frame lengths.
 */
const SILENT_FRAMES = new Map([[1, Buffer.from('00000007', 'hex')], [2, Buffer.from('21000000001c', 'hex')]]);

/**
 * Keeps the sound of a take going: where the source announced it and sends none, players would wait for ever. Times are
 * those of the broadcast's clock.
 */
export class Silence {
  readonly #payload: Buffer;
  readonly #frameMs: number;
  /** Where the sound that was passed on ends; undefined before the take's first frame. */
  #endMs: number | undefined;
  /** Where the last silence ends. */
  #silentUntilMs = -Infinity;
  #pictureMs = -Infinity;
  #missingAfterMs = MISSING_AFTER_MS;
  #isFilling = false;

  private constructor(payload: Buffer, config: AudioConfig) {
    this.#payload = payload;
    this.#frameMs = (config.frameSamples * 1000) / config.sampleRate;
  }

  /** Undefined for a format whose silence is not known: its holes stay. */
  static of(config: AudioConfig): Silence | undefined {
    const payload = SILENT_FRAMES.get(config.channels);
    return payload === undefined || config.codecString !== AAC_LC ? undefined : new Silence(payload, config);
  }

  /** Whether silence stands for sound at the moment. */
  get isFilling(): boolean {
    return this.#isFilling;
  }

  /** What to pass on for a frame of the source: itself, silence before it, or nothing for sound that comes too late. */
  pass(frame: Frame): Frame[] {
    return frame.kind === 'video' ? [...this.#follow(frame.dtsMs), frame] : this.#passSound(frame);
  }

  /** Silence up to a time of a stretch that has no sound at all; the first time is where it begins. */
  fill(untilMs: number): Frame[] {
    this.#endMs ??= untilMs;
    return this.#fillUpTo(untilMs);
  }

  #follow(pictureMs: number): Frame[] {
    this.#pictureMs = pictureMs;
    this.#endMs ??= pictureMs;
    if (!this.#isFilling && pictureMs - this.#endMs <= this.#missingAfterMs) return [];
    this.#isFilling = true;
    return this.#fillUpTo(pictureMs - BEHIND_PICTURES_MS);
  }

  #passSound(frame: Frame): Frame[] {
    const isLate = this.#silentUntilMs > frame.dtsMs + this.#frameMs / 2;
    const silence = this.#isFilling && !isLate ? this.#fillUpTo(frame.dtsMs) : [];
    this.#isFilling = false;
    this.#missingAfterMs = Math.min(MISSING_AFTER_AT_MOST_MS, Math.max(MISSING_AFTER_MS, this.#pictureMs - frame.dtsMs + MARGIN_MS));
    if (isLate) return [];
    this.#endMs = frame.dtsMs + this.#frameMs;
    return [...silence, frame];
  }

  #fillUpTo(timeMs: number): Frame[] {
    const frames: Frame[] = [];
    let endMs = this.#endMs ?? timeMs;
    for (; endMs + this.#frameMs <= timeMs; endMs += this.#frameMs) {
      const startMs = Math.round(endMs);
      frames.push({ kind: 'audio', dtsMs: startMs, ptsMs: startMs, isKey: true, payload: this.#payload });
    }
    this.#endMs = endMs;
    this.#silentUntilMs = endMs;
    return frames;
  }
}
