import type { Log } from '../platform/index.js';
import type { Publication } from '../streams/index.js';
import { MediaInvalid, parseFlvTag } from '../streams/index.js';
import { MESSAGE } from './rtmp/chunk-reader.js';
import { MediaRefused, RtmpInvalid } from './errors.js';

const MAX_BAD_TAGS_IN_A_ROW = 50;
/** Ten times what a camera and a microphone send; each frame costs the same, however small it is. */
const MAX_FRAMES_PER_SEC = 2_000;
const WARN_INTERVAL_MS = 10_000;
const SUB_HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;

/** Turns the audio, video and aggregate messages of one connection into the media of its publication. */
export class PublicationFeed {
  readonly #publication: Publication;
  readonly #log: Log;
  #badTagsInARow = 0;
  #secondStartMs = 0;
  #framesThisSecond = 0;
  #droppedTags = 0;
  #nextWarnMs = 0;

  constructor(options: { publication: Publication; log: Log }) {
    this.#publication = options.publication;
    this.#log = options.log;
  }

  /** Tags that could not be read and went nowhere. */
  get droppedTags(): number {
    return this.#droppedTags;
  }

  /**
   * @throws {CodecUnsupported} when the media cannot be served.
   * @throws {MediaRefused} after 50 unreadable tags in a row.
   * @throws {RtmpInvalid} for an aggregate whose sizes contradict each other.
   */
  take(type: number, timestampMs: number, payload: Buffer): void {
    if (type === MESSAGE.aggregate) this.#takeAggregate(timestampMs, payload);
    else this.#takeTag(type, timestampMs, payload);
  }

  /** FLV tags back to back, with times relative to the message's own (Adobe RTMP 1.0 §7.1.6). */
  #takeAggregate(timestampMs: number, payload: Buffer): void {
    let firstMs: number | undefined;
    for (let offset = 0; offset < payload.length;) {
      const bodyAt = offset + SUB_HEADER_BYTES;
      if (bodyAt > payload.length) throw new RtmpInvalid('aggregate message ends inside a header');
      const end = bodyAt + payload.readUIntBE(offset + 1, 3);
      if (end > payload.length) throw new RtmpInvalid('aggregate message ends inside a tag');
      const tagMs = payload.readUIntBE(offset + 4, 3) + payload.readUInt8(offset + 7) * 2 ** 24;
      firstMs ??= tagMs;
      this.#takeTag(payload.readUInt8(offset), Math.max(0, timestampMs + tagMs - firstMs), payload.subarray(bodyAt, end));
      offset = end + BACK_POINTER_BYTES;
    }
  }

  #takeTag(type: number, timestampMs: number, body: Buffer): void {
    if (type !== MESSAGE.audio && type !== MESSAGE.video) return;
    this.#countFrame();
    const media = this.#parse(type, timestampMs, body);
    if (media) this.#publication.push(media);
  }

  #countFrame(): void {
    const nowMs = performance.now();
    if (nowMs - this.#secondStartMs >= 1_000) {
      this.#secondStartMs = nowMs;
      this.#framesThisSecond = 0;
    }
    if (++this.#framesThisSecond > MAX_FRAMES_PER_SEC) throw new MediaRefused(`more than ${MAX_FRAMES_PER_SEC} frames arrived in a second`);
  }

  #parse(type: number, timestampMs: number, body: Buffer): ReturnType<typeof parseFlvTag> {
    try {
      const media = parseFlvTag(type, timestampMs, body);
      this.#badTagsInARow = 0;
      return media;
    } catch (error) {
      if (!(error instanceof MediaInvalid)) throw error;
      this.#drop(error);
      return undefined;
    }
  }

  #drop(error: MediaInvalid): void {
    this.#droppedTags += 1;
    this.#badTagsInARow += 1;
    if (this.#badTagsInARow > MAX_BAD_TAGS_IN_A_ROW) {
      throw new MediaRefused(`${this.#badTagsInARow} tags in a row could not be read: ${error.message}`);
    }
    if (Date.now() < this.#nextWarnMs) return;
    this.#nextWarnMs = Date.now() + WARN_INTERVAL_MS;
    this.#log.warn('unreadable media dropped', { publication: this.#publication.id, tags: this.#droppedTags, error: error.message });
  }
}
