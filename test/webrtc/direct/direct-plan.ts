import t from 'tap';
import { keyOfPlan, planDirect } from '../../../src/webrtc/direct/direct-plan.js';
import type { SentCodec } from '../../../src/webrtc/direct/direct-plan.js';
import { planPublisher } from '../../../src/webrtc/receive/publisher-plan.js';
import { parseOffer } from '../../../src/webrtc/sdp/offer.js';
import { findSeats, rtpCapabilitiesOf } from '../../../src/webrtc/sdp/viewer-wish.js';
import { chromiumOffer, firefoxOffer, simulcastOffer, withoutVideoCodec } from '../../support/sdp-offers.js';

const BOTH = ['video', 'audio'] as const;
const capabilitiesOf = (offer: string) => rtpCapabilitiesOf(findSeats(parseOffer(offer)));
const sentBy = (offer: string): SentCodec[] => planPublisher(parseOffer(offer.replaceAll('a=recvonly', 'a=sendonly'))).tracks
  .flatMap(({ kind, rtpParameters }) => rtpParameters.codecs.slice(0, 1).map((codec) => ({ kind, codec })));
const changed = (sent: SentCodec[], parameters: Record<string, unknown>): SentCodec[] =>
  sent.map((one) => (one.kind === 'video' ? { ...one, codec: { ...one.codec, parameters: { ...one.codec.parameters, ...parameters } } } : one));
const onlyVideo = (name: string) => withoutVideoCodec(chromiumOffer, new RegExp(`^(?!${name}$|rtx$)`));

t.test('a viewer is sent the packets of the publisher under its own numbers', async (t) => {
  const plan = planDirect(sentBy(simulcastOffer), capabilitiesOf(firefoxOffer), BOTH);
  t.match(plan, {
    video: { capability: { mimeType: 'video/VP8', preferredPayloadType: 120 }, rtxPayloadType: 124 },
    audio: { capability: { mimeType: 'audio/opus', preferredPayloadType: 109 }, rtxPayloadType: undefined },
  });
  t.equal(plan && keyOfPlan(plan), '120/124 109/');
});

t.test('H.264 has to be of the same profile, at whatever level', async (t) => {
  const sent = sentBy(chromiumOffer);
  t.match(planDirect(sent, capabilitiesOf(firefoxOffer), BOTH), { video: { capability: { preferredPayloadType: 126, parameters: { 'profile-level-id': '42e034' } } } });
  t.equal(planDirect(changed(sent, { 'profile-level-id': '640034' }), capabilitiesOf(onlyVideo('VP8')), BOTH), undefined);
  t.equal(planDirect(changed(sent, { 'packetization-mode': 0 }), capabilitiesOf(firefoxOffer), BOTH)?.video?.capability.preferredPayloadType === 126, false);
});

t.test('who cannot decode the picture needs another one', async (t) => {
  t.equal(planDirect(sentBy(onlyVideo('AV1')), capabilitiesOf(firefoxOffer), BOTH), undefined);
  t.equal(planDirect(changed(sentBy(onlyVideo('AV1')), { profile: 1 }), capabilitiesOf(chromiumOffer), BOTH), undefined, 'another profile');
});

t.test('who asks for sound alone is sent sound', async (t) => {
  const sound = { codecs: (capabilitiesOf(chromiumOffer).codecs ?? []).filter(({ kind }) => kind === 'audio') };
  t.match(planDirect(sentBy(simulcastOffer), sound, ['audio']), { video: undefined, audio: { capability: { preferredPayloadType: 111 } } });
  t.equal(planDirect(sentBy(simulcastOffer).filter(({ kind }) => kind === 'video'), sound, ['audio']), undefined);
});
