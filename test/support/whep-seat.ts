import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { CodecsRefused } from '../../src/webrtc/errors.js';
import type { AnsweringTransport, SentStream } from '../../src/webrtc/sdp/answer.js';

/** A transport as mediasoup describes its own. */
export const ownTransport: AnsweringTransport = {
  iceParameters: { usernameFragment: 'server-ufrag', password: 'server-password-of-32-characters', iceLite: true },
  iceCandidates: [
    { foundation: 'udpcandidate', priority: 1076302079, ip: '198.51.100.1', address: '198.51.100.1', protocol: 'udp', port: 44300, type: 'host' },
    { foundation: 'tcpcandidate', priority: 1076276479, ip: '198.51.100.1', address: '198.51.100.1', protocol: 'tcp', port: 44300, type: 'host', tcpType: 'passive' },
  ],
  dtlsParameters: {
    role: 'auto',
    fingerprints: [
      { algorithm: 'sha-1', value: Array.from({ length: 20 }, () => 'AA').join(':') },
      { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'BB').join(':') },
    ],
  },
};

const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc'];

/** H.264 and Opus for who can take them, on the payload types of the viewer. */
export function streamsFor(capabilities: types.RtpCapabilities, kinds: types.MediaKind[]): SentStream[] {
  const streams = kinds.map((kind) => streamFor(capabilities, kind)).filter((one) => one !== undefined);
  if (streams.length === 0) throw new CodecsRefused(['H.264', 'Opus']);
  return streams;
}

function streamFor({ codecs = [] }: types.RtpCapabilities, kind: types.MediaKind): SentStream | undefined {
  const codec = codecs.find(kind === 'video' ? isH264 : isOpus);
  if (codec === undefined) return undefined;
  const rtx = codecs.find(({ parameters }) => parameters?.['apt'] === codec.preferredPayloadType);
  const ssrc = kind === 'video' ? 1000 : 2000;
  return {
    kind,
    rtpParameters: {
      codecs: [codec, ...(rtx ? [rtx] : [])].map((one) => ({
        ...one,
        payloadType: one.preferredPayloadType,
        rtcpFeedback: (one.rtcpFeedback ?? []).filter(({ type, parameter }) => FEEDBACK.includes(parameter ? `${type} ${parameter}` : type)),
      })),
      encodings: [rtx ? { ssrc, rtx: { ssrc: ssrc + 1 } } : { ssrc }],
      rtcp: { cname: 'tidemark' },
    },
  };
}

function isH264({ mimeType, parameters }: types.RtpCodecCapability): boolean {
  return /^video\/h264$/i.test(mimeType) && parameters?.['packetization-mode'] === 1 && String(parameters['profile-level-id']).startsWith('42e0');
}

function isOpus({ mimeType, clockRate, channels }: types.RtpCodecCapability): boolean {
  return /^audio\/opus$/i.test(mimeType) && clockRate === 48_000 && channels === 2;
}

/** What a seat of the room does, without a worker: it only notes what was asked of it. */
export class TestSeat extends EventEmitter<{ closed: [reason: string] }> {
  readonly iceParameters = ownTransport.iceParameters;
  readonly iceCandidates = ownTransport.iceCandidates;
  readonly dtlsParameters = ownTransport.dtlsParameters;
  readonly consumers: SentStream[];
  connectedWith: types.DtlsParameters | undefined;
  restarts = 0;
  isClosed = false;

  constructor(consumers: SentStream[]) {
    super();
    this.consumers = consumers;
  }

  async connect(dtlsParameters: types.DtlsParameters): Promise<void> {
    this.connectedWith = dtlsParameters;
  }

  async restartIce(): Promise<types.IceParameters> {
    this.restarts += 1;
    return { usernameFragment: `restarted-${this.restarts}`, password: 'another-password-of-32-characters', iceLite: true };
  }

  close(reason = 'the viewer left'): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.emit('closed', reason);
  }
}
