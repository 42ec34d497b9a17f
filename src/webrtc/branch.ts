import type { types } from 'mediasoup';
import type { CodecPlan } from './codec-plan.js';
import { H264_PAYLOAD_TYPE, VIDEO_SSRCS } from './feed/video-sender.js';
import { PLAYOUT_DELAY, takesPlayoutDelay } from './rtp/playout-delay.js';
import { OPUS_CLOCK_RATE, VIDEO_CLOCK_RATE } from './rtp/wall-clock.js';
import type { WebRtcWorker } from './workers.js';

export const OPUS_PAYLOAD_TYPE = 100;
export const OPUS_SSRC = 2_000;
/** Where a viewer takes one kind only, the other has these; nothing is sent under them. */
const UNUSED = [126, 127] as const;
/**
 * mediasoup's own estimate of a viewer's bandwidth would choose among the layers by itself, and stop at one that is only
 * there for replays; here the loss that a viewer reports decides.
 */
const ESTIMATION_FEEDBACK = new Set(['transport-cc', 'goog-remb']);
/** RFC 7675 §5.1. Players ask each four to six seconds: with less, two requests that are lost would end a session that works. */
const CONSENT_SEC = 30;

/** One broadcast in one worker, for viewers that use the same payload types. */
export class Branch {
  readonly worker: WebRtcWorker;
  readonly #router: types.Router;
  readonly #transport: types.DirectTransport;
  readonly #video: types.Producer;
  readonly #audio: types.Producer;

  private constructor(worker: WebRtcWorker, parts: { router: types.Router; transport: types.DirectTransport; video: types.Producer; audio: types.Producer }) {
    this.worker = worker;
    this.#router = parts.router;
    this.#transport = parts.transport;
    this.#video = parts.video;
    this.#audio = parts.audio;
  }

  static async open(worker: WebRtcWorker, plan: CodecPlan): Promise<Branch> {
    const router = await worker.worker.createRouter({ mediaCodecs: mediaCodecs(plan) });
    try {
      const transport = await router.createDirectTransport();
      const [video, audio] = await Promise.all([transport.produce(videoParameters(plan)), transport.produce(audioParameters())]);
      return new Branch(worker, { router, transport, video, audio });
    } catch (error) {
      router.close();
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.#router.closed;
  }

  sendVideo(packet: Buffer): void {
    if (!this.isClosed) this.#video.send(packet);
  }

  sendAudio(packet: Buffer): void {
    if (!this.isClosed) this.#audio.send(packet);
  }

  sendRtcp(packet: Buffer): void {
    if (!this.isClosed) this.#transport.sendRtcp(packet);
  }

  /** A transport for one viewer, and what is sent on it, which waits to be resumed. */
  async seat(plan: CodecPlan, rtpCapabilities: types.RtpCapabilities): Promise<{ transport: types.WebRtcTransport; consumers: types.Consumer[] }> {
    const capabilities = withoutEstimation(rtpCapabilities);
    const transport = await this.#router.createWebRtcTransport({ webRtcServer: this.worker.server, preferUdp: true, iceConsentTimeout: CONSENT_SEC });
    try {
      const consumed: Promise<types.Consumer>[] = [];
      if (plan.video !== undefined) {
        this.#nameRtx(plan.video.rtxPayloadType);
        consumed.push(transport.consume({ producerId: this.#video.id, rtpCapabilities: capabilities, paused: true }));
      }
      // Also of a stream that is silent now: sound may come later, and the player would have to ask again.
      if (plan.audio !== undefined) consumed.push(transport.consume({ producerId: this.#audio.id, rtpCapabilities: capabilities, paused: true }));
      return { transport, consumers: await Promise.all(consumed) };
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  close(): void {
    this.#router.close();
  }

  /** mediasoup gives retransmissions a payload type of its own choice; `consume` reads it from here at once. */
  #nameRtx(payloadType: number | undefined): void {
    const rtx = this.#video.consumableRtpParameters.codecs.find(({ mimeType }) => mimeType.toLowerCase() === 'video/rtx');
    if (rtx !== undefined && payloadType !== undefined) rtx.payloadType = payloadType;
  }
}

function mediaCodecs({ video, audio }: CodecPlan): types.RouterRtpCodecCapability[] {
  const opus = audio?.payloadType ?? UNUSED.find((one) => one !== video?.payloadType) ?? UNUSED[0];
  const h264 = video?.payloadType ?? UNUSED.find((one) => one !== opus) ?? UNUSED[1];
  return [
    { kind: 'audio', mimeType: 'audio/opus', clockRate: OPUS_CLOCK_RATE, channels: 2, preferredPayloadType: opus },
    { kind: 'video', mimeType: 'video/H264', clockRate: VIDEO_CLOCK_RATE, preferredPayloadType: h264, parameters: h264Parameters(video?.profileLevelId) },
  ];
}

function h264Parameters(profileLevelId = '42e01f'): Record<string, string | number> {
  return { 'packetization-mode': 1, 'profile-level-id': profileLevelId, 'level-asymmetry-allowed': 1 };
}

/** The layers of a {@link VideoSender} as simulcast: a viewer is sent one of them. */
function videoParameters({ video }: CodecPlan): types.ProducerOptions {
  return {
    kind: 'video',
    rtpParameters: {
      codecs: [{ mimeType: 'video/H264', clockRate: VIDEO_CLOCK_RATE, payloadType: H264_PAYLOAD_TYPE, parameters: h264Parameters(video?.profileLevelId), rtcpFeedback: [] }],
      encodings: VIDEO_SSRCS.map((ssrc) => ({ ssrc })),
      headerExtensions: [PLAYOUT_DELAY],
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

function withoutEstimation(capabilities: types.RtpCapabilities): types.RtpCapabilities {
  const { codecs = [] } = capabilities;
  return {
    codecs: codecs.map((codec) => ({ ...codec, rtcpFeedback: (codec.rtcpFeedback ?? []).filter(({ type }) => !ESTIMATION_FEEDBACK.has(type)) })),
    // Others would have numbers of the router's choice, not the viewer's.
    headerExtensions: takesPlayoutDelay(capabilities) ? [{ kind: 'video', uri: PLAYOUT_DELAY.uri, preferredId: PLAYOUT_DELAY.id }] : [],
  };
}
