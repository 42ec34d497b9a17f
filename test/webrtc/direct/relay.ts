import { createWorker } from 'mediasoup';
import type { types } from 'mediasoup';
import t from 'tap';
import type { Test } from 'tap';
import { planDirect } from '../../../src/webrtc/direct/direct-plan.js';
import { Relay } from '../../../src/webrtc/direct/relay.js';
import { Publisher } from '../../../src/webrtc/receive/publisher.js';
import { planPublisher } from '../../../src/webrtc/receive/publisher-plan.js';
import { parseOffer } from '../../../src/webrtc/sdp/offer.js';
import { findSeats, rtpCapabilitiesOf } from '../../../src/webrtc/sdp/viewer-wish.js';
import type { WebRtcWorker } from '../../../src/webrtc/workers.js';
import { noWorker } from '../../support/real-time.js';
import { chromiumOffer, firefoxOffer, layeredOffer } from '../../support/sdp-offers.js';

async function openWorker(t: Test): Promise<WebRtcWorker> {
  const worker = await createWorker({ logLevel: 'error' });
  t.after(() => worker.close());
  return { worker, server: await worker.createWebRtcServer({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] }) };
}

t.test('a publisher in layers is relayed under the numbers of each viewer', { skip: noWorker }, async (t) => {
  const [home, other] = [await openWorker(t), await openWorker(t)];
  const publisher = await Publisher.open(home, planPublisher(parseOffer(layeredOffer)), { maxBitrateKbps: 10_000, maxFrameBytes: 1_000_000, idleTimeoutMs: 10_000 });
  t.after(() => publisher.close({ code: 'shutdown', message: 'the test is over' }));

  const seatFor = async (worker: WebRtcWorker, offer: string) => {
    const capabilities = rtpCapabilitiesOf(findSeats(parseOffer(offer)));
    const sent = publisher.source.producers.flatMap(({ kind, rtpParameters }) => rtpParameters.codecs.slice(0, 1).map((codec) => ({ kind, codec })));
    const plan = planDirect(sent, capabilities, ['video', 'audio']);
    if (plan === undefined) throw new Error('the offer does not fit');
    const relay = await Relay.open({ ...publisher.source, layerOrder: () => [2, 1, 0] }, worker, plan);
    t.after(() => relay.close());
    return relay.seat(capabilities);
  };
  const numbersOf = (consumers: types.Consumer[]) => consumers.map(({ type, rtpParameters }) => [type, ...rtpParameters.codecs.map(({ mimeType, payloadType }) => `${mimeType} ${payloadType}`)]);

  const chromium = await seatFor(home, chromiumOffer);
  t.same(numbersOf(chromium.consumers), [['simulcast', 'video/VP8 96', 'video/rtx 97'], ['simple', 'audio/opus 111']], 'in the worker of the publisher');
  t.same(chromium.consumers.flatMap(({ rtpParameters }) => rtpParameters.headerExtensions ?? []), [], 'no extension under a number that the viewer did not offer');

  const firefox = await seatFor(other, firefoxOffer);
  t.same(numbersOf(firefox.consumers), [['simulcast', 'video/VP8 120', 'video/rtx 124'], ['simple', 'audio/opus 109']], 'in another worker');
  t.match(firefox.consumers[0]?.rtpParameters.headerExtensions, [{ uri: /abs-send-time/, id: 4 }], 'the numbers happen to be the same');
  t.equal(firefox.consumers[0]?.preferredLayers?.spatialLayer, 2, 'the largest layer is wanted');
});
