import type { RtpPayload } from '../rtp/rtp-packet.js';

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
}

const TWO_32 = 2 ** 32;
/** Who joins gets what it missed at this rate, or faster when the stream itself is large; links of viewers carry it. */
const LEAST_KBPS = 20_000;
const RATE_SHARE = 4;
const TICK_MS = 5;
/** Between two pictures at 30 a second. */
const USUAL_STEP = 3_000;
const LEAST_SPAN = 900;

/**
 * Sends the pictures since the last key frame once more, for who joins between two: paced, and with timestamps between
 * those of the last picture and the next, so that a player shows them as fast as they come and is at the live edge
 * with the last one. What is made meanwhile follows them.
 */
export class Replay {
  readonly #send: ReplayOptions['send'];
  readonly #queue: { payload: RtpPayload; timestamp: number }[] = [];
  readonly #bytesPerTick: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ pictures, send }: ReplayOptions) {
    this.#send = send;
    this.#bytesPerTick = bytesPerTick(pictures);
    for (const picture of squeeze(pictures)) this.#enqueue(picture);
    this.#sendSome();
    if (this.#queue.length > 0) this.#timer = setInterval(() => this.#sendSome(), TICK_MS);
  }

  /** The next picture of the stream. */
  push(picture: Picture): void {
    if (this.#queue.length > 0) return this.#enqueue(picture);
    for (const payload of picture.payloads) this.#send(payload, picture.timestamp);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#queue.length = 0;
  }

  #enqueue({ payloads, timestamp }: Picture): void {
    for (const payload of payloads) this.#queue.push({ payload, timestamp });
  }

  #sendSome(): void {
    let sent = 0;
    let count = 0;
    for (const { payload, timestamp } of this.#queue) {
      if (sent >= this.#bytesPerTick) break;
      this.#send(payload, timestamp);
      sent += sizeOf(payload);
      count++;
    }
    this.#queue.splice(0, count);
    if (this.#queue.length === 0) clearInterval(this.#timer);
  }
}

/** The same pictures with timestamps after the last one's and before the next one's. */
export function squeeze(pictures: readonly Picture[]): Picture[] {
  const last = pictures.at(-1)?.timestamp ?? 0;
  const step = stepOf(pictures);
  const span = Math.max(LEAST_SPAN, step) * 0.9;
  return pictures.map(({ payloads }, i) => ({ payloads, timestamp: (last + 1 + Math.floor((i * span) / pictures.length)) % TWO_32 }));
}

/** From one picture to the next, as the last two tell. */
function stepOf(pictures: readonly Picture[]): number {
  const [before, last] = pictures.slice(-2);
  if (before === undefined || last === undefined) return USUAL_STEP;
  return Math.min(USUAL_STEP, (last.timestamp - before.timestamp + TWO_32) % TWO_32);
}

function bytesPerTick(pictures: readonly Picture[]): number {
  const sizeBytes = pictures.flatMap(({ payloads }) => payloads).reduce((sum, payload) => sum + sizeOf(payload), 0);
  const spanMs = Math.max(1_000, (pictures.length * stepOf(pictures)) / 90);
  return Math.max((LEAST_KBPS / 8) * TICK_MS, (RATE_SHARE * sizeBytes * TICK_MS) / spanMs);
}

function sizeOf({ slices }: RtpPayload): number {
  return slices.reduce((sum, slice) => sum + slice.length, 0);
}
