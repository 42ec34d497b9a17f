import { h264Payloads } from '../rtp/h264-payload.js';
import { playoutDelay } from '../rtp/playout-delay.js';
import { RtpStream } from '../rtp/rtp-packet.js';
import type { RtpPayload } from '../rtp/rtp-packet.js';
import { rtpTimestamp, senderReport, TWO_32, VIDEO_CLOCK_RATE } from '../rtp/wall-clock.js';
import type { Frame } from '../../streams/index.js';
import { Replay, timestampAfter } from './replay.js';
import type { Picture } from './replay.js';

/** What is sent as one simulcast producer, as spatial layers; a viewer gets one of them at a time. */
export const LAYERS = { low: 0, firstReplay: 1, main: 9 } as const;
const LAYER_COUNT = LAYERS.main + 1;
const REPLAY_LAYERS = LAYERS.main - LAYERS.firstReplay;
const FIRST_SSRC = 1_000;
export const H264_PAYLOAD_TYPE = 101;
/** Who asks for a replay within this time gets the same one. */
const GATHER_MS = 15;
/** A stream exists for mediasoup, and can be switched to, only after a packet and a report: filler data (RFC 6184 §1.3, NAL type 12). */
const FILLER: RtpPayload = { slices: [Buffer.from([12, 0xff])], marker: true };

/** Players show a picture as soon as they have it: waiting for an even rhythm is what other latencies are for. */
const SHOW_AT_ONCE = playoutDelay({ minMs: 0, maxMs: 0 });

/** A place on a replay's layer. */
export interface BookedReplay {
  layer: number;
  /** The viewer is gone, or on another layer. */
  leave(): void;
}

interface RunningReplay {
  /** Undefined while more viewers may come to it. */
  replay: Replay | undefined;
  viewers: number;
  /** Key frames of the main layer since it started. */
  keys: number;
  timer: NodeJS.Timeout | undefined;
}

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
  readonly #streams = VIDEO_SSRCS.map((ssrc) => new RtpStream({ ssrc, payloadType: H264_PAYLOAD_TYPE, extension: SHOW_AT_ONCE }));
  readonly #replays = new Map<number, RunningReplay>();
  #gatheringLayer: number | undefined;
  /** How far the timestamp of a picture is behind the wall clock when it goes out, 90 kHz. */
  #lag = 0;
  #lowTimestamp: number | undefined;

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
    for (const [layer, running] of this.#replays) this.#continueReplay(layer, running, picture, frame.isKey);
  }

  /** Its pictures are later than the main layer's, and go out as if they were not: who goes over must not go back in time. */
  sendLow(frame: Frame, parameterSets: readonly Buffer[]): void {
    const { payloads } = this.#pictureOf(frame, parameterSets);
    this.#lowTimestamp = timestampAfter(this.#lowTimestamp, this.#now());
    for (const payload of payloads) this.#send(LAYERS.low, payload, this.#lowTimestamp);
  }

  /**
   * Books a replay that starts in a moment.
   * @param group the pictures since the last key frame at the time when it starts.
   * @param options.isSpare leaves some for those who come later.
   * @returns undefined when all are taken: then the next key frame has to do.
   */
  bookReplay(group: () => { frames: readonly Frame[]; parameterSets: readonly Buffer[] }, options: { isSpare?: boolean } = {}): BookedReplay | undefined {
    const layer = this.#gatheringLayer ?? this.#findFreeLayer(options.isSpare ? REPLAY_LAYERS / 2 : REPLAY_LAYERS);
    if (layer === undefined) return undefined;
    const running = this.#replays.get(layer) ?? this.#gather(layer, group);
    running.viewers++;
    let isThere = true;
    return {
      layer,
      leave: () => {
        if (isThere) running.viewers--;
        isThere = false;
        if (running.viewers === 0 && running.replay !== undefined) this.#stopReplay(layer, running);
      },
    };
  }

  close(): void {
    for (const [layer, running] of this.#replays) this.#stopReplay(layer, running);
  }

  #findFreeLayer(limit: number): number | undefined {
    if (this.#replays.size >= limit) return undefined;
    return Array.from({ length: REPLAY_LAYERS }, (_value, i) => LAYERS.firstReplay + i).find((one) => !this.#replays.has(one));
  }

  #gather(layer: number, group: () => { frames: readonly Frame[]; parameterSets: readonly Buffer[] }): RunningReplay {
    const running: RunningReplay = { replay: undefined, viewers: 0, keys: 0, timer: undefined };
    this.#replays.set(layer, running);
    this.#gatheringLayer = layer;
    running.timer = setTimeout(() => {
      this.#gatheringLayer = undefined;
      this.#startReplay(layer, running, group());
    }, GATHER_MS);
    return running;
  }

  #startReplay(layer: number, running: RunningReplay, { frames, parameterSets }: { frames: readonly Frame[]; parameterSets: readonly Buffer[] }): void {
    if (frames.length === 0 || running.viewers === 0) return this.#stopReplay(layer, running);
    running.replay = new Replay({
      pictures: frames.map((frame) => this.#pictureOf(frame, parameterSets)),
      send: (payload, timestamp) => this.#send(layer, payload, timestamp),
      now: () => this.#now(),
    });
  }

  /**
   * At a key frame, who watches goes over to the main layer. One that is large comes late, though, and who is refused it
   * (mediasoup lets no timestamp go back by more than 75 ms) needs the replay up to the next.
   */
  #continueReplay(layer: number, running: RunningReplay, picture: Picture, isKey: boolean): void {
    if (isKey && running.replay !== undefined) running.keys++;
    if (running.keys > 1) this.#stopReplay(layer, running);
    else running.replay?.push(picture);
  }

  #stopReplay(layer: number, running: RunningReplay): void {
    clearTimeout(running.timer);
    if (this.#gatheringLayer === layer) this.#gatheringLayer = undefined;
    running.replay?.stop();
    this.#replays.delete(layer);
  }

  /** The timestamp that a picture would have if it came from the publisher now. */
  #now(): number {
    return (rtpTimestamp(Date.now(), VIDEO_CLOCK_RATE) - this.#lag + TWO_32) % TWO_32;
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
