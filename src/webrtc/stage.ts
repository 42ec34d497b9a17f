import type { types } from 'mediasoup';
import type { Log } from '../platform/index.js';
import { messageOf } from '../platform/index.js';
import { CodecsRefused } from './errors.js';
import type { LiveFeed } from './feed/live-feed.js';
import { H264_PAYLOAD_TYPE, LAYERS, VIDEO_SSRCS, VideoSender } from './feed/video-sender.js';
import { RtpStream } from './rtp/rtp-packet.js';
import { OPUS_CLOCK_RATE, rtpTimestamp, senderReport } from './rtp/wall-clock.js';
import { Viewer } from './viewer.js';
import type { WebRtcWorker } from './workers.js';

export interface StageOptions {
  feed: LiveFeed;
  /** Where the media enters; viewers may sit in other workers too. */
  home: WebRtcWorker;
  log: Log;
}

/** Codecs of what comes from RTMP. Level and profile are a minimum that all browsers name; their decoders take more. */
const MEDIA_CODECS: types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: OPUS_CLOCK_RATE, channels: 2, preferredPayloadType: 100 },
  { kind: 'video', mimeType: 'video/H264', clockRate: 90_000, preferredPayloadType: H264_PAYLOAD_TYPE, parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 } },
];
const OPUS_PAYLOAD_TYPE = 100;
const OPUS_SSRC = 2_000;
const REPORT_INTERVAL_MS = 1_000;
/**
 * mediasoup's own estimate would choose among the layers by itself, and stop on one that is only there for replays;
 * here the loss that a viewer reports decides.
 */
const ESTIMATION = { feedback: new Set(['transport-cc', 'goog-remb']), extensions: /transport-wide-cc|abs-send-time/ };
const CODEC_NAMES = { video: 'H.264', audio: 'Opus' } as const;

interface Branch {
  worker: WebRtcWorker;
  router: types.Router;
}

interface Trunk {
  router: types.Router;
  transport: types.DirectTransport;
  video: types.Producer;
  audio: types.Producer;
}

/** What a viewer can take. */
export interface Wish {
  rtpCapabilities: types.RtpCapabilities;
  kinds: readonly ('video' | 'audio')[];
}

/** One broadcast inside mediasoup: its producers in one worker, pipes to the others, and all viewers. */
export class Stage {
  readonly home: WebRtcWorker;
  readonly #feed: LiveFeed;
  readonly #log: Log;
  readonly #trunk: Trunk;
  readonly #sender: VideoSender;
  readonly #opus = new RtpStream({ ssrc: OPUS_SSRC, payloadType: OPUS_PAYLOAD_TYPE });
  readonly #branches = new Map<WebRtcWorker, Promise<Branch>>();
  readonly #viewers = new Map<Viewer, WebRtcWorker>();
  readonly #reports: NodeJS.Timeout;
  #isClosed = false;

  private constructor(options: StageOptions, trunk: Trunk) {
    this.home = options.home;
    this.#feed = options.feed;
    this.#log = options.log;
    this.#trunk = trunk;
    this.#branches.set(options.home, Promise.resolve({ worker: options.home, router: trunk.router }));
    this.#sender = new VideoSender({ sendRtp: (packet) => trunk.video.send(packet), sendRtcp: (packet) => trunk.transport.sendRtcp(packet), epochMs: options.feed.epochMs });
    this.#sender.open();
    this.#feed.open({ video: this.#sender, sendOpus: (packet) => this.#sendOpus(packet) });
    this.#reports = setInterval(() => this.#report(), REPORT_INTERVAL_MS);
  }

  static async open(options: StageOptions): Promise<Stage> {
    const router = await options.home.worker.createRouter({ mediaCodecs: MEDIA_CODECS });
    try {
      const transport = await router.createDirectTransport();
      const [video, audio] = await Promise.all([transport.produce(videoParameters()), transport.produce(audioParameters())]);
      return new Stage(options, { router, transport, video, audio });
    } catch (error) {
      router.close();
      throw error;
    }
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  viewersIn(worker: WebRtcWorker): number {
    return [...this.#viewers.values()].filter((one) => one === worker).length;
  }

  /** @throws {CodecsRefused} when nothing of the stream is among the wishes. */
  async admit(worker: WebRtcWorker, wish: Wish): Promise<Viewer> {
    const { router } = await this.#branch(worker);
    const rtpCapabilities = withoutEstimation(wish.rtpCapabilities);
    const producers = [this.#trunk.video, ...(this.#feed.hasAudio ? [this.#trunk.audio] : [])]
      .filter(({ kind, id }) => wish.kinds.includes(kind) && router.canConsume({ producerId: id, rtpCapabilities }));
    if (producers.length === 0) throw new CodecsRefused(wish.kinds.map((kind) => CODEC_NAMES[kind]));
    const transport = await router.createWebRtcTransport({ webRtcServer: worker.server, preferUdp: true, iceConsentTimeout: 10 });
    try {
      const consumers = await Promise.all(producers.map(({ id }) => transport.consume({ producerId: id, rtpCapabilities, paused: true })));
      return this.#seat(worker, transport, consumers);
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#reports);
    this.#sender.close();
    this.#feed.close();
    for (const viewer of this.#viewers.keys()) viewer.close(reason);
    for (const branch of this.#branches.values()) void branch.then(({ router }) => router.close()).catch(() => undefined);
  }

  /** A worker that is gone took its viewers along; with the home went all. */
  forget(worker: WebRtcWorker): void {
    this.#branches.delete(worker);
    for (const [viewer, home] of this.#viewers) if (home === worker) viewer.close('a part of the server was started anew');
  }

  #seat(worker: WebRtcWorker, transport: types.WebRtcTransport, consumers: types.Consumer[]): Viewer {
    if (this.#isClosed) throw new Error('the stage was closed meanwhile');
    const viewer = new Viewer({
      transport,
      consumers,
      bookReplay: () => this.#sender.bookReplay(() => this.#feed.mainGroup()),
      hasLowLayer: () => this.#feed.layers.low !== undefined,
    });
    this.#viewers.set(viewer, worker);
    viewer.once('closed', () => this.#viewers.delete(viewer));
    return viewer;
  }

  #branch(worker: WebRtcWorker): Promise<Branch> {
    const known = this.#branches.get(worker);
    if (known !== undefined) return known;
    const opening = this.#openBranch(worker);
    this.#branches.set(worker, opening);
    opening.catch(() => this.#branches.delete(worker));
    return opening;
  }

  async #openBranch(worker: WebRtcWorker): Promise<Branch> {
    const router = await worker.worker.createRouter({ mediaCodecs: MEDIA_CODECS });
    const { video, audio } = this.#trunk;
    await Promise.all([video, audio].map(({ id }) => this.#trunk.router.pipeToRouter({ producerId: id, router, enableRtx: true })));
    this.#sender.report();
    this.#log.info('viewers in another worker too', { pid: worker.worker.pid });
    return { worker, router };
  }

  #sendOpus({ ptsMs, payload }: { ptsMs: number; payload: Buffer }): void {
    this.#trunk.audio.send(this.#opus.packet({ slices: [payload], marker: false }, rtpTimestamp(this.#feed.epochMs + ptsMs, OPUS_CLOCK_RATE)));
  }

  #report(): void {
    try {
      this.#sender.report();
      this.#trunk.transport.sendRtcp(senderReport(this.#opus, Date.now(), OPUS_CLOCK_RATE));
    } catch (error) {
      this.#log.warn('a sender report could not be sent', { error: messageOf(error) });
    }
  }
}

function withoutEstimation({ codecs = [], headerExtensions = [] }: types.RtpCapabilities): types.RtpCapabilities {
  return {
    codecs: codecs.map((codec) => ({ ...codec, rtcpFeedback: (codec.rtcpFeedback ?? []).filter(({ type }) => !ESTIMATION.feedback.has(type)) })),
    headerExtensions: headerExtensions.filter(({ uri }) => !ESTIMATION.extensions.test(uri)),
  };
}

/** The layers of {@link LAYERS} as simulcast: a viewer is sent one of them. */
function videoParameters(): types.ProducerOptions {
  const codec = MEDIA_CODECS.find(({ kind }) => kind === 'video');
  return {
    kind: 'video',
    rtpParameters: {
      codecs: [{ mimeType: 'video/H264', clockRate: 90_000, payloadType: H264_PAYLOAD_TYPE, parameters: { ...codec?.parameters }, rtcpFeedback: [] }],
      encodings: VIDEO_SSRCS.slice(0, LAYERS.main + 1).map((ssrc) => ({ ssrc })),
      rtcp: { cname: 'tidemark' },
    },
  };
}

function audioParameters(): types.ProducerOptions {
  return {
    kind: 'audio',
    rtpParameters: {
      codecs: [{ mimeType: 'audio/opus', clockRate: OPUS_CLOCK_RATE, channels: 2, payloadType: OPUS_PAYLOAD_TYPE, parameters: { 'sprop-stereo': 1 }, rtcpFeedback: [] }],
      encodings: [{ ssrc: OPUS_SSRC }],
      rtcp: { cname: 'tidemark' },
    },
  };
}
