import { EventEmitter, once } from 'node:events';
import type { types } from 'mediasoup';
import { z } from 'zod';
import type { CloseReason, Media } from '../../streams/index.js';
import type { RelaySource } from '../direct/relay.js';
import { unlessGone } from '../unless-gone.js';
import type { WebRtcWorker } from '../workers.js';
import { LayeredPicture } from './layers/layered-picture.js';
import type { PublisherPlan } from './publisher-plan.js';
import { ReceivedMedia } from './received-media.js';

/** What one publisher may send. */
export interface PublisherLimits {
  /** Mean over ten seconds, kbps. */
  maxBitrateKbps: number;
  /** Bytes of one coded picture. */
  maxFrameBytes: number;
  /** Longest time without a frame, ms. */
  idleTimeoutMs: number;
}

export interface PublisherEvents {
  media: [media: Media];
  /** Its first picture is there. */
  flowing: [];
  /** It is over, and says why; comes once. */
  closed: [reason: CloseReason];
}

interface PublisherParts {
  router: types.Router;
  transport: types.WebRtcTransport;
  producers: types.Producer[];
}

const CONNECT_LIMIT_MS = 15_000;
const TICK_MS = 100;
const LOOK_MS = 500;
/**
 * HLS is cut at key frames, and encoders for real time make none by themselves. A request that is lost is sent again
 * after a second, and two key frames more than 2.4 s apart would mean that the source cannot pass.
 */
const KEY_INTERVAL_MS = 1_000;
/** A key frame that was asked for needs a way there and back; each viewer who comes asks for one too. */
const KEY_REQUEST_MS = 500;
const TRAFFIC_WINDOW_MS = 10_000;
const NTP_OFFSET_MS = 2_208_988_800_000;
const senderReport = z.object({ ssrc: z.number(), ntpSec: z.number(), ntpFrac: z.number(), rtpTs: z.number() });

/** One publisher's transport in a worker, and its media as frames in this process. */
export class Publisher extends EventEmitter<PublisherEvents> {
  /** Resolves when it sends pictures; never, when it is closed before. */
  readonly firstPicture: Promise<unknown> = once(this, 'flowing');
  readonly #parts: PublisherParts;
  readonly #limits: PublisherLimits;
  readonly #media: ReceivedMedia;
  readonly #connectTimer: NodeJS.Timeout;
  readonly #ticker: NodeJS.Timeout;
  #consumers: types.Consumer[] = [];
  #layers: LayeredPicture | undefined;
  #lastLookMs = 0;
  #state: 'new' | 'connected' | 'closed' = 'new';
  #publicationId: string | undefined;
  #hasPicture = false;
  #lastFrameMs = 0;
  #lastKeyMs = -Infinity;
  #lastKeyRequestMs = -Infinity;
  #windowStartMs = 0;
  #windowBytes = 0;

  private constructor(parts: PublisherParts, plan: PublisherPlan, limits: PublisherLimits) {
    super();
    this.#parts = parts;
    this.#limits = limits;
    this.#media = new ReceivedMedia({
      reader: plan.readPictures?.(),
      maxFrameBytes: limits.maxFrameBytes,
      onMedia: (media) => this.#pass(media),
      onKeyNeeded: () => this.#requestKey(),
    });
    this.#follow(parts.transport);
    this.#connectTimer = setTimeout(() => this.#lose('the publisher did not connect in time'), CONNECT_LIMIT_MS);
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  static async open({ worker, server }: WebRtcWorker, plan: PublisherPlan, limits: PublisherLimits): Promise<Publisher> {
    const router = await worker.createRouter({ mediaCodecs: plan.mediaCodecs });
    try {
      const transport = await router.createWebRtcTransport({ webRtcServer: server, preferUdp: true, iceConsentTimeout: 10 });
      await transport.setMaxIncomingBitrate(limits.maxBitrateKbps * 1_000);
      const producers = await Promise.all(plan.tracks.map(({ kind, rtpParameters }) => transport.produce({ kind, rtpParameters, keyFrameRequestDelay: KEY_REQUEST_MS })));
      const publisher = new Publisher({ router, transport, producers }, plan, limits);
      await publisher.#receive();
      return publisher;
    } catch (error) {
      router.close();
      throw error;
    }
  }

  get iceParameters(): types.IceParameters {
    return this.#parts.transport.iceParameters;
  }

  get iceCandidates(): types.IceCandidate[] {
    return this.#parts.transport.iceCandidates;
  }

  get dtlsParameters(): types.DtlsParameters {
    return this.#parts.transport.dtlsParameters;
  }

  /** What it sends, for viewers who are sent the same packets. */
  get source(): RelaySource {
    const { router, producers } = this.#parts;
    return { router, producers, layerOrder: () => this.#layers?.order };
  }

  get publicationId(): string | undefined {
    return this.#publicationId;
  }

  /** Whether it sends pictures. */
  get isFlowing(): boolean {
    return this.#state === 'connected' && this.#hasPicture;
  }

  /** Its media goes into this publication. */
  feed(publicationId: string): void {
    this.#publicationId = publicationId;
  }

  /** The publisher's side of DTLS; its media follows when it has connected. */
  async connect(dtlsParameters: types.DtlsParameters): Promise<void> {
    await unlessGone(this.#parts.transport, () => this.#parts.transport.connect({ dtlsParameters }));
  }

  restartIce(): Promise<types.IceParameters> {
    return unlessGone(this.#parts.transport, () => this.#parts.transport.restartIce());
  }

  close(reason: CloseReason): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#connectTimer);
    clearInterval(this.#ticker);
    this.#parts.router.close();
    this.emit('closed', reason);
    this.removeAllListeners();
  }

  /** The packets come into this process, each as soon as the worker has it. */
  async #receive(): Promise<void> {
    const { router, producers } = this.#parts;
    const direct = await router.createDirectTransport();
    const codecs = (router.rtpCapabilities.codecs ?? []).filter(({ mimeType }) => !/\/rtx$/i.test(mimeType));
    const isLayered = producers.some(({ type }) => type === 'simulcast');
    for (const producer of producers) {
      const consumer = await direct.consume({ producerId: producer.id, rtpCapabilities: { codecs, headerExtensions: [] }, paused: isLayered });
      consumer.on('rtp', (packet) => this.#take(producer.kind, packet));
      this.#consumers.push(consumer);
      if (producer.type === 'simulcast') this.#layers = this.#layersOf(producer, consumer);
      producer.on('trace', ({ type, info }) => {
        if (type === 'sr') this.#takeReport(producer.kind, info);
      });
      await producer.enableTraceEvent(['sr']);
    }
  }

  /** Sound waits with the picture: what comes first begins the clock. */
  #layersOf(producer: types.Producer, consumer: types.Consumer): LayeredPicture {
    return new LayeredPicture({
      producer,
      consumer,
      onSettled: () => {
        for (const one of this.#consumers) void one.resume().catch(() => undefined);
      },
      onBytes: (sizeBytes) => {
        if (!this.#hasPicture) this.#lastFrameMs = performance.now();
        this.#countTraffic(sizeBytes);
      },
    });
  }

  get #videoConsumer(): types.Consumer | undefined {
    return this.#consumers.find(({ kind }) => kind === 'video');
  }

  #follow(transport: types.WebRtcTransport): void {
    transport.on('icestatechange', (state) => {
      if (state === 'disconnected') this.#lose('the network of the publisher is gone');
    });
    transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') this.#begin();
      else if (state === 'failed' || state === 'closed') this.#lose('the connection of the publisher was closed');
    });
    transport.observer.on('close', () => this.#lose('a part of the server was started anew'));
  }

  #begin(): void {
    if (this.#state !== 'new') return;
    this.#state = 'connected';
    clearTimeout(this.#connectTimer);
    this.#lastFrameMs = performance.now();
    this.#requestKey();
  }

  /** It may come back. */
  #lose(message: string): void {
    this.close({ code: 'connection-lost', message });
  }

  #take(kind: types.MediaKind, packet: Buffer): void {
    if (this.#state === 'closed') return;
    // Of layers, all are counted where they arrive.
    if (kind === 'audio' || this.#layers === undefined) this.#countTraffic(packet.length);
    this.#media.push(kind, packet, performance.now());
  }

  #countTraffic(sizeBytes: number): void {
    if (!this.#isTooMuch(sizeBytes, performance.now())) return;
    const { maxBitrateKbps } = this.#limits;
    this.close({ code: 'media-refused', message: `more than ${maxBitrateKbps} kbps over ${TRAFFIC_WINDOW_MS / 1_000} s: lower the bitrate in the encoder` });
  }

  #isTooMuch(sizeBytes: number, nowMs: number): boolean {
    if (nowMs - this.#windowStartMs >= TRAFFIC_WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#windowBytes = 0;
    }
    this.#windowBytes += sizeBytes;
    return this.#windowBytes * 8 > this.#limits.maxBitrateKbps * TRAFFIC_WINDOW_MS;
  }

  #takeReport(kind: types.MediaKind, info: unknown): void {
    const report = senderReport.safeParse(info);
    if (!report.success) return;
    const { ssrc, ntpSec, ntpFrac, rtpTs } = report.data;
    if (kind === 'video' && this.#layers?.isReference(ssrc) === false) return;
    this.#media.report(kind, { ntpMs: ntpSec * 1_000 + (ntpFrac / 2 ** 32) * 1_000 - NTP_OFFSET_MS, timestamp: rtpTs });
  }

  #pass(media: Media): void {
    if (this.#state === 'closed') return;
    this.#lastFrameMs = performance.now();
    if (media.type === 'frame' && media.frame.kind === 'video') this.#notePicture(media.frame.isKey);
    this.emit('media', media);
  }

  #notePicture(isKey: boolean): void {
    if (isKey) this.#lastKeyMs = this.#lastFrameMs;
    if (this.#hasPicture) return;
    this.#hasPicture = true;
    this.emit('flowing');
  }

  #tick(): void {
    if (this.#state !== 'connected') return;
    const nowMs = performance.now();
    if (nowMs - this.#lastFrameMs > this.#limits.idleTimeoutMs) return this.#lose(`nothing came for ${this.#limits.idleTimeoutMs / 1_000} s`);
    if (nowMs - this.#lastKeyMs >= KEY_INTERVAL_MS) this.#requestKey();
    if (nowMs - this.#lastLookMs >= LOOK_MS) this.#look(nowMs);
  }

  #look(nowMs: number): void {
    this.#lastLookMs = nowMs;
    void this.#layers?.look(nowMs).catch(() => undefined);
  }

  #requestKey(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastKeyRequestMs < KEY_REQUEST_MS) return;
    this.#lastKeyRequestMs = nowMs;
    // A request to a worker that is gone fails; the transport tells.
    void this.#videoConsumer?.requestKeyFrame().catch(() => undefined);
  }
}
