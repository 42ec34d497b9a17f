import type { types } from 'mediasoup';
import * as ortc from '../../../node_modules/mediasoup/node/lib/ortc.js';
import { AppError } from '../../../src/platform/index.js';
import type { Log } from '../../../src/platform/index.js';
import { Broadcasts } from '../../../src/streams/index.js';
import { OfferRefused } from '../../../src/webrtc/errors.js';
import type { PublisherPlan } from '../../../src/webrtc/receive/publisher-plan.js';
import { WhipSessions } from '../../../src/webrtc/whip/whip-sessions.js';
import { TestTransport } from '../../support/whip-site.js';

/** Judges what a publisher would send by mediasoup's own rules, as its router would, and keeps count of the transports. */
export class OrtcReceiver {
  /** Those that are not closed yet. */
  readonly transports = new Set<TestTransport>();
  received = 0;

  async receive(plan: PublisherPlan): Promise<TestTransport> {
    refuseUnfit(plan);
    const transport = new TestTransport(plan);
    this.received += 1;
    this.transports.add(transport);
    transport.on('closed', () => this.transports.delete(transport));
    return transport;
  }
}

/** What {@link WebRtc.receive} does when mediasoup does not take the parameters. */
function refuseUnfit({ mediaCodecs, tracks }: PublisherPlan): void {
  try {
    const capabilities = ortc.generateRouterRtpCapabilities(mediaCodecs);
    for (const { kind, rtpParameters } of tracks) checkProduced(kind, structuredClone(rtpParameters), capabilities);
  } catch (cause) {
    throw new OfferRefused(`the offer cannot be taken: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function checkProduced(kind: types.MediaKind, rtpParameters: types.RtpParameters, capabilities: types.RtpCapabilities): void {
  ortc.validateRtpParameters(rtpParameters);
  const mapping = ortc.getProducerRtpParametersMapping(rtpParameters, capabilities);
  ortc.getConsumableRtpParameters(kind, rtpParameters, capabilities, mapping);
}

/** Real sessions and broadcasts in memory. Each key that has a number is right, and has a channel of its own. */
export function openPublishers(log: Log) {
  const receiver = new OrtcReceiver();
  const store = { insert: async () => undefined, end: async () => undefined, listLive: async () => [] };
  const broadcasts = new Broadcasts({ store, graceMs: 0, ownerEndHoldMs: 0, log });
  const sessions = new WhipSessions({
    streamKeys: {
      resolve: async (key) => {
        if (!/^tm_\d+$/.test(key)) throw new AppError('stream_key_rejected', 'this stream key is not valid', { status: 403 });
        return { streamKeyId: key, channel: { id: key, slug: key, title: key, ladder: undefined } };
      },
    },
    wrongKeys: { isBlocked: async () => false, count: async () => undefined },
    broadcasts,
    receiver,
    log,
  });
  return { receiver, broadcasts, sessions };
}
