import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { z } from 'zod';
import type { CloseReason, Media } from '../../streams/index.js';
import { unlessGone } from '../unless-gone.js';
import type { WebRtcWorker } from '../workers.js';
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
/**
 * HLS is cut at key frames, and encoders for real time make none by themselves. A request that is lost is sent again
 * after a second, and two key frames more than 2.4 s apart would mean that the source cannot pass.
 */
const KEY_INTERVAL_MS = 1_000;
/** A key frame that was asked for needs a way there and back. */
const KEY_REQUEST_MS = 500;
const TRAFFIC_WINDOW_MS = 10_000;
const NTP_OFFSET_MS = 2_208_988_800_000;
const senderReport = z.object({ ntpSec: z.number(), ntpFrac: z.number(), rtpTs: z.number() });

/** One publisher's transport in a worker, and its media as frames in this process. */
export class Publisher extends EventEmitter<PublisherEvents> {
  readonly #parts: PublisherParts;
  readonly #limits: PublisherLimits;
  readonly #media: ReceivedMedia;
  readonly #connectTimer: NodeJS.Timeout;
  readonly #ticker: NodeJS.Timeout;
  #video: types.Consumer | undefined;
  #state: 'new' | 'connected' | 'closed' = 'new';
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
      const producers = await Promise.all(plan.tracks.map(({ kind, rtpParameters }) => transport.produce({ kind, rtpParameters })));
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
    for (const producer of producers) {
      const consumer = await direct.consume({ producerId: producer.id, rtpCapabilities: { codecs, headerExtensions: [] } });
      consumer.on('rtp', (packet) => this.#take(producer.kind, packet));
      if (producer.kind === 'video') this.#video = consumer;
      producer.on('trace', ({ type, info }) => {
        if (type === 'sr') this.#takeReport(producer.kind, info);
      });
      await producer.enableTraceEvent(['sr']);
    }
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
    const nowMs = performance.now();
    if (this.#isTooMuch(packet.length, nowMs)) {
      const { maxBitrateKbps } = this.#limits;
      return this.close({ code: 'media-refused', message: `more than ${maxBitrateKbps} kbps over ${TRAFFIC_WINDOW_MS / 1_000} s: lower the bitrate in the encoder` });
    }
    this.#media.push(kind, packet, nowMs);
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
    const { ntpSec, ntpFrac, rtpTs } = report.data;
    this.#media.report(kind, { ntpMs: ntpSec * 1_000 + (ntpFrac / 2 ** 32) * 1_000 - NTP_OFFSET_MS, timestamp: rtpTs });
  }

  #pass(media: Media): void {
    if (this.#state === 'closed') return;
    this.#lastFrameMs = performance.now();
    if (media.type === 'frame' && media.frame.kind === 'video' && media.frame.isKey) this.#lastKeyMs = this.#lastFrameMs;
    this.emit('media', media);
  }

  #tick(): void {
    if (this.#state !== 'connected') return;
    const nowMs = performance.now();
    if (nowMs - this.#lastFrameMs > this.#limits.idleTimeoutMs) return this.#lose(`nothing came for ${this.#limits.idleTimeoutMs / 1_000} s`);
    if (nowMs - this.#lastKeyMs >= KEY_INTERVAL_MS) this.#requestKey();
  }

  #requestKey(): void {
    const nowMs = performance.now();
    if (this.#video === undefined || nowMs - this.#lastKeyRequestMs < KEY_REQUEST_MS) return;
    this.#lastKeyRequestMs = nowMs;
    // A request to a worker that is gone fails; the transport tells.
    void this.#video.requestKeyFrame().catch(() => undefined);
  }
}
