import type { types } from 'mediasoup';
import * as ortc from '../../../node_modules/mediasoup/node/lib/ortc.js';
import { CodecsRefused, NotLive } from '../../../src/webrtc/errors.js';
import type { SentStream } from '../../../src/webrtc/sdp/answer.js';
import type { Audience, ViewerWish } from '../../../src/webrtc/whep/audience.js';
import { TestSeat } from '../../support/whep-seat.js';

const ROUTER = ortc.generateRouterRtpCapabilities([
  { kind: 'video', mimeType: 'video/H264', clockRate: 90_000, parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 } },
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
]);

/** Judges what a viewer can take by mediasoup's own rules, as its router would, and keeps count of the seats. */
export class OrtcAudience implements Audience {
  /** Seats that nobody gave back yet. */
  readonly seats = new Set<TestSeat>();
  admitted = 0;

  async admit(slug: string, { rtpCapabilities, kinds }: ViewerWish): Promise<TestSeat> {
    if (slug !== 'ada') throw new NotLive(slug);
    const streams = kinds.map((kind) => streamOf(kind, rtpCapabilities)).filter((one) => one !== undefined);
    if (streams.length === 0) throw new CodecsRefused(['H.264', 'Opus']);
    const seat = new TestSeat(streams);
    this.admitted += 1;
    this.seats.add(seat);
    seat.on('closed', () => this.seats.delete(seat));
    return seat;
  }
}

function streamOf(kind: types.MediaKind, capabilities: types.RtpCapabilities): SentStream | undefined {
  const remoteRtpCapabilities = structuredClone(capabilities);
  const consumable = consumableOf(kind);
  if (!ortc.canConsume(consumable, remoteRtpCapabilities)) return undefined;
  const rtpParameters = ortc.getConsumerRtpParameters({ consumableRtpParameters: consumable, remoteRtpCapabilities, pipe: false, enableRtx: true });
  return { kind, rtpParameters };
}

function consumableOf(kind: types.MediaKind): types.RtpParameters {
  const { codecs = [], headerExtensions = [] } = ROUTER;
  return {
    codecs: codecs.filter((codec) => codec.kind === kind).map(({ mimeType, preferredPayloadType = 0, clockRate, channels, parameters, rtcpFeedback }) => ({
      mimeType, payloadType: preferredPayloadType, clockRate, ...(channels && { channels }), parameters: { ...parameters }, rtcpFeedback: [...(rtcpFeedback ?? [])],
    })),
    headerExtensions: headerExtensions.filter((one) => one.kind === kind).map(({ uri, preferredId }) => ({ uri, id: preferredId, encrypt: false, parameters: {} })),
    encodings: [{ ssrc: 1234 }],
    rtcp: { cname: 'tidemark' },
  };
}
