import { h264Payloads } from '../rtp/h264-payload.js';
import { RtpStream } from '../rtp/rtp-packet.js';
import type { RtpPayload } from '../rtp/rtp-packet.js';
import { rtpTimestamp, senderReport, VIDEO_CLOCK_RATE } from '../rtp/wall-clock.js';
import type { Frame } from '../../streams/index.js';
import { Replay } from './replay.js';
import type { Picture } from './replay.js';

/** What is sent as one simulcast producer, as spatial layers; a viewer gets one of them at a time. */
export const LAYERS = { low: 0, firstReplay: 1, main: 4 } as const;
const TWO_32 = 2 ** 32;
const LAYER_COUNT = LAYERS.main + 1;
const REPLAY_LAYERS = LAYERS.main - LAYERS.firstReplay;
const FIRST_SSRC = 1_000;
export const H264_PAYLOAD_TYPE = 101;
/** Who asks for a replay within this time gets the same one. */
const GATHER_MS = 15;
/** A stream exists for mediasoup, and can be switched to, only after a packet and a report: filler data (RFC 6184 §1.3, NAL type 12). */
const FILLER: RtpPayload = { slices: [Buffer.from([12, 0xff])], marker: true };

export interface VideoSenderOptions {
  sendRtp: (packet: Buffer) => void;
  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  epochMs: number;
}

/** SSRCs of the layers, lowest first. */
export const VIDEO_SSRCS: readonly number[] = Array.from({ length: LAYER_COUNT }, (_value, i) => FIRST_SSRC + i);

/** Sends pictures to mediasoup: the main layer, a lower one, and replays for who joins between key frames. */
export class VideoSender {
  readonly #options: VideoSenderOptions;
  readonly #streams = VIDEO_SSRCS.map((ssrc) => new RtpStream({ ssrc, payloadType: H264_PAYLOAD_TYPE }));
  readonly #replays = new Map<number, Replay | 'gathering'>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #gatheringLayer: number | undefined;
  /** How far the timestamp of a picture is behind the wall clock when it goes out, 90 kHz. */
  #lag = 0;

  constructor(options: VideoSenderOptions) {
    this.#options = options;
  }

  /** Makes every layer known to who comes new. */
  introductions(): Buffer[] {
    const timestamp = rtpTimestamp(Date.now(), VIDEO_CLOCK_RATE);
    return this.#streams.map((stream) => stream.packetBefore(FILLER, timestamp));
  }

  /** How timestamps and the wall clock go together: sender reports, to be sent every second. */
  reports(): Buffer[] {
    const nowMs = Date.now();
    return this.#streams.map((stream) => senderReport(stream, nowMs, VIDEO_CLOCK_RATE));
  }

  sendMain(frame: Frame, parameterSets: readonly Buffer[]): void {
    const picture = this.#pictureOf(frame, parameterSets);
    this.#lag = (rtpTimestamp(Date.now(), VIDEO_CLOCK_RATE) - picture.timestamp + TWO_32) % TWO_32;
    for (const payload of picture.payloads) this.#send(LAYERS.main, payload, picture.timestamp);
    // At a key frame, who watches a replay goes over to the main layer.
    if (frame.isKey) this.stopReplays();
    else this.#replays.forEach((replay) => { if (replay !== 'gathering') replay.push(picture); });
  }

  sendLow(frame: Frame, parameterSets: readonly Buffer[]): void {
    const picture = this.#pictureOf(frame, parameterSets);
    for (const payload of picture.payloads) this.#send(LAYERS.low, payload, picture.timestamp);
  }

  /**
   * Books a replay that starts in a moment.
   * @param group the pictures since the last key frame at the time when it starts.
   * @returns the layer it comes on, or undefined when all are taken: then the next key frame has to do.
   */
  bookReplay(group: () => { frames: readonly Frame[]; parameterSets: readonly Buffer[] }): number | undefined {
    if (this.#gatheringLayer !== undefined) return this.#gatheringLayer;
    const layer = Array.from({ length: REPLAY_LAYERS }, (_value, i) => LAYERS.firstReplay + i).find((one) => !this.#replays.has(one));
    if (layer === undefined) return undefined;
    this.#replays.set(layer, 'gathering');
    this.#gatheringLayer = layer;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#gatheringLayer = undefined;
      this.#startReplay(layer, group());
    }, GATHER_MS);
    this.#timers.add(timer);
    return layer;
  }

  stopReplays(): void {
    for (const [layer, replay] of this.#replays) {
      if (replay === 'gathering') continue;
      replay.stop();
      this.#replays.delete(layer);
    }
  }

  close(): void {
    this.stopReplays();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #startReplay(layer: number, { frames, parameterSets }: { frames: readonly Frame[]; parameterSets: readonly Buffer[] }): void {
    this.#replays.delete(layer);
    if (frames.length === 0) return;
    const pictures = frames.map((frame) => this.#pictureOf(frame, parameterSets));
    this.#replays.set(layer, new Replay({
      pictures,
      send: (payload, timestamp) => this.#send(layer, payload, timestamp),
      now: () => (rtpTimestamp(Date.now(), VIDEO_CLOCK_RATE) - this.#lag + TWO_32) % TWO_32,
    }));
  }

  #pictureOf(frame: Frame, parameterSets: readonly Buffer[]): Picture {
    return { payloads: h264Payloads(frame.payload, { isKey: frame.isKey, parameterSets }), timestamp: this.#timestamp(frame.ptsMs) };
  }

  #timestamp(ptsMs: number): number {
    return rtpTimestamp(this.#options.epochMs + ptsMs, VIDEO_CLOCK_RATE);
  }

  #send(layer: number, payload: RtpPayload, timestamp: number): void {
    const packet = this.#streams[layer]?.packet(payload, timestamp);
    if (packet !== undefined) this.#options.sendRtp(packet);
  }
}
