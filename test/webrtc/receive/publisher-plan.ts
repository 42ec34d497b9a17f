import t from 'tap';
import * as ortc from '../../../node_modules/mediasoup/node/lib/ortc.js';
import { planPublisher } from '../../../src/webrtc/receive/publisher-plan.js';
import { parseOffer } from '../../../src/webrtc/sdp/offer.js';
import { chromiumOffer, firefoxOffer, simulcastOffer, withoutVideoCodec } from '../../support/sdp-offers.js';

const sending = (offer: string) => offer.replaceAll('a=recvonly', 'a=sendonly');
const planOf = (offer: string) => planPublisher(parseOffer(offer));
const codecsOf = (offer: string) => planOf(offer).tracks.map(({ rtpParameters }) => rtpParameters.codecs.map(({ mimeType, payloadType }) => `${mimeType} ${payloadType}`).join(', '));

t.test('H.264 and Opus under the numbers of the publisher', async (t) => {
  t.same(codecsOf(sending(chromiumOffer)), ['video/H264 106, video/rtx 107', 'audio/opus 111']);
  t.same(codecsOf(sending(firefoxOffer)), ['video/H264 126, video/rtx 127', 'audio/opus 109']);
  const [video, audio] = planOf(sending(chromiumOffer)).tracks;
  t.equal(video?.rtpParameters.codecs[0]?.parameters?.['profile-level-id'], '42e034', 'any size up to level 5.2');
  t.same(video?.rtpParameters.codecs[0]?.rtcpFeedback, [
    { type: 'transport-cc', parameter: '' }, { type: 'ccm', parameter: 'fir' }, { type: 'nack', parameter: '' }, { type: 'nack', parameter: 'pli' },
  ]);
  t.match(audio?.rtpParameters.codecs[0]?.parameters, { stereo: 1, maxaveragebitrate: 128_000 });
});

t.test('without H.264, what the publisher likes best', async (t) => {
  t.same(codecsOf(withoutVideoCodec(sending(chromiumOffer), /^H264$/)), ['video/VP8 96, video/rtx 97', 'audio/opus 111']);
  t.same(codecsOf(withoutVideoCodec(sending(chromiumOffer), /^(?:H264|VP8)$/)), ['video/AV1 45, video/rtx 46', 'audio/opus 111']);
  t.same(codecsOf(simulcastOffer).toSorted(), ['audio/opus 111', 'video/VP8 96, video/rtx 97']);
});

t.test('mediasoup can match the codecs of each plan', async (t) => {
  for (const offer of [sending(chromiumOffer), sending(firefoxOffer), withoutVideoCodec(sending(chromiumOffer), /^H264$/), simulcastOffer]) {
    const { mediaCodecs, tracks } = planOf(offer);
    const capabilities = ortc.generateRouterRtpCapabilities(mediaCodecs);
    for (const { kind, rtpParameters } of tracks) t.ok(ortc.getProducerRtpParametersMapping(rtpParameters, capabilities), kind);
  }
});

t.test('refusals name what is missing', async (t) => {
  t.throws(() => planOf(chromiumOffer), { code: 'offer_refused', status: 406, message: 'the offer sends neither picture nor sound (a=sendonly)' });
  const unknown = sending(chromiumOffer).replaceAll(/(rtpmap:\d+) (?:H264|VP8|VP9|AV1|opus)\//g, '$1 H999/');
  t.throws(() => planOf(unknown), { code: 'offer_refused', message: /none of the codecs that are taken: H.264/ });
  const nameless = sending(firefoxOffer).replaceAll(/a=extmap:3 [^\r]*\r\n/g, '');
  t.throws(() => planOf(nameless), { code: 'offer_refused', message: /names neither its SSRC nor the extension/ });
});
