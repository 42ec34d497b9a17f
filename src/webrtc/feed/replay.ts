import type { RtpPayload } from '../rtp/rtp-packet.js';
import { TWO_32 } from '../rtp/wall-clock.js';

/** A picture, cut into packets. */
export interface Picture {
  payloads: RtpPayload[];
  /** 90 kHz. */
  timestamp: number;
}

export interface ReplayOptions {
  /** The pictures since the last key frame, oldest first, the last one of which is out already. */
  pictures: Picture[];
  send: (payload: RtpPayload, timestamp: number) => void;
  /** The timestamp that a picture would have if it came from the publisher now. */
  now: () => number;
}

/** Who joins gets what it missed at this rate, or faster when the stream itself is large; links of viewers carry it. */
const LEAST_KBPS = 20_000;
const RATE_SHARE = 4;
const TICK_MS = 5;
/** Between two pictures of a replay at least, 90 kHz. */
const LEAST_STEP = 10;
/** Between two pictures at 30 a second. */
const USUAL_STEP = 3_000;

/**
 * Sends the pictures since the last key frame once more, for who joins between two: paced, and with timestamps as if
 * each were taken when it is sent, so that a player sees a steady clock, shows them as fast as they come, and is at the
 * live edge with the last one. What is made meanwhile follows them.
 */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #queue: Picture[] = [];
  readonly #bytesPerTick: number;
  /** Packets of the first picture in the queue that are out. */
  #sentPayloads = 0;
  #timestamp: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#bytesPerTick = bytesPerTick(options.pictures);
    this.#queue.push(...options.pictures);
    this.#sendSome();
    if (this.#queue.length > 0) this.#timer = setInterval(() => this.#sendSome(), TICK_MS);
  }

  /** The next picture of the stream. */
  push(picture: Picture): void {
    if (this.#queue.length > 0) {
      this.#queue.push(picture);
      return;
    }
    this.#timestamp = timestampAfter(this.#timestamp, picture.timestamp);
    for (const payload of picture.payloads) this.#options.send(payload, this.#timestamp);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#queue.length = 0;
  }

  #sendSome(): void {
    let room = this.#bytesPerTick;
    for (let picture = this.#queue[0]; picture !== undefined && room > 0; picture = this.#queue[0]) {
      if (this.#sentPayloads === 0) this.#timestamp = timestampAfter(this.#timestamp, this.#options.now());
      for (const payload of picture.payloads.slice(this.#sentPayloads)) {
        if (room <= 0) return;
        this.#options.send(payload, this.#timestamp ?? 0);
        this.#sentPayloads++;
        room -= sizeOf(payload);
      }
      this.#queue.shift();
      this.#sentPayloads = 0;
    }
    if (this.#queue.length === 0) clearInterval(this.#timer);
  }
}

/** This timestamp, or one just after the last where that would go back. */
export function timestampAfter(last: number | undefined, timestamp: number): number {
  if (last === undefined) return timestamp;
  const step = (timestamp - last + TWO_32) % TWO_32;
  return step >= LEAST_STEP && step < TWO_32 / 2 ? timestamp : (last + LEAST_STEP) % TWO_32;
}

function bytesPerTick(pictures: readonly Picture[]): number {
  const sizeBytes = pictures.flatMap(({ payloads }) => payloads).reduce((sum, payload) => sum + sizeOf(payload), 0);
  const spanMs = Math.max(1_000, (pictures.length * stepOf(pictures)) / 90);
  return Math.max((LEAST_KBPS / 8) * TICK_MS, (RATE_SHARE * sizeBytes * TICK_MS) / spanMs);
}

/** From one picture to the next, as the last two tell, 90 kHz. */
function stepOf(pictures: readonly Picture[]): number {
  const [before, last] = pictures.slice(-2);
  if (before === undefined || last === undefined) return USUAL_STEP;
  return Math.min(USUAL_STEP, (last.timestamp - before.timestamp + TWO_32) % TWO_32);
}

function sizeOf({ slices }: RtpPayload): number {
  return slices.reduce((sum, slice) => sum + slice.length, 0);
}
