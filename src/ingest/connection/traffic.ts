import { MediaRefused } from '../errors.js';

const WINDOW_MS = 10_000;
/** The count in an Acknowledgement has 32 bits. */
const COUNT_SPAN = 2 ** 32;

/** What came in on one connection: the bound on its bitrate, and when the client is due an acknowledgement. */
export class Traffic {
  readonly #maxBitrateKbps: number;
  #receivedBytes = 0;
  #acknowledgedBytes = 0;
  #windowAckBytes: number;
  #windowStartMs = Date.now();
  #windowBytes = 0;

  constructor(options: { maxBitrateKbps: number; windowAckBytes: number }) {
    this.#maxBitrateKbps = options.maxBitrateKbps;
    this.#windowAckBytes = options.windowAckBytes;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** @throws {MediaRefused} when ten seconds bring more than the bitrate allows. */
  add(sizeBytes: number): void {
    this.#receivedBytes += sizeBytes;
    this.#windowBytes += sizeBytes;
    if (this.#windowBytes * 8 > this.#maxBitrateKbps * WINDOW_MS) {
      throw new MediaRefused(`more than ${this.#maxBitrateKbps} kbps over ${WINDOW_MS / 1000} s: lower the bitrate in the encoder`);
    }
    const nowMs = Date.now();
    if (nowMs - this.#windowStartMs < WINDOW_MS) return;
    this.#windowStartMs = nowMs;
    this.#windowBytes = 0;
  }

  /** After how many bytes the client wants to hear of them. */
  setWindowAck(sizeBytes: number): void {
    this.#windowAckBytes = Math.max(1, sizeBytes);
  }

  /** The count to acknowledge now, if one is due (Adobe RTMP 1.0 §5.4.3). */
  findDueAcknowledgement(): number | undefined {
    if (this.#receivedBytes - this.#acknowledgedBytes < this.#windowAckBytes) return undefined;
    this.#acknowledgedBytes = this.#receivedBytes;
    return this.#receivedBytes % COUNT_SPAN;
  }
}
