import t from 'tap';
import { planPublisher } from '../../../src/webrtc/receive/publisher-plan.js';
import { writePublisherAnswer } from '../../../src/webrtc/sdp/answer.js';
import { parseOffer } from '../../../src/webrtc/sdp/offer.js';
import { layeredOffer, simulcastOffer } from '../../support/sdp-offers.js';
import { ownTransport } from '../../support/whep-seat.js';

function answer(sdp: string): string[] {
  const offer = parseOffer(sdp);
  return writePublisherAnswer({ offer, tracks: planPublisher(offer).tracks, transport: ownTransport, originId: '4611686018427387904' }).sdp.trimEnd().split('\r\n');
}

const layersOf = (lines: string[]) => lines.filter((line) => /^a=(?:rid|simulcast):/.test(line));
const OWN_TRANSPORT = [
  'a=ice-ufrag:server-ufrag',
  'a=ice-pwd:server-password-of-32-characters',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'BB').join(':')}`,
];

t.test('layers of one picture are taken', async (t) => {
  t.same(answer(layeredOffer), [
    'v=0',
    'o=- 4611686018427387904 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'a=ice-options:trickle',
    'a=msid-semantic: WMS *',
    'a=group:BUNDLE 0 1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=128000',
    'a=setup:passive',
    'a=mid:0',
    'a=recvonly',
    ...OWN_TRANSPORT,
    'a=candidate:udpcandidate 1 udp 1076302079 198.51.100.1 44300 typ host',
    'a=candidate:tcpcandidate 1 tcp 1076276479 198.51.100.1 44300 typ host tcptype passive',
    'a=end-of-candidates',
    'a=rtcp-mux',
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
    'c=IN IP4 0.0.0.0',
    'a=rtpmap:96 VP8/90000',
    'a=rtpmap:97 rtx/90000',
    'a=fmtp:97 apt=96',
    'a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    'a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid',
    'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
    'a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
    'a=setup:passive',
    'a=mid:1',
    'a=recvonly',
    ...OWN_TRANSPORT,
    'a=rtcp-mux',
    'a=rid:q recv',
    'a=rid:h recv',
    'a=rid:f recv',
    'a=simulcast:recv q;h;f',
  ]);
});

t.test('of more than three layers, the first three', async (t) => {
  const four = layeredOffer.replace('a=rid:f send', 'a=rid:f send\r\na=rid:x send').replace('send q;h;f', 'send q;~h,z;f;x');
  t.same(layersOf(answer(four)), ['a=rid:q recv', 'a=rid:h recv', 'a=rid:f recv', 'a=simulcast:recv q;h;f']);
});

t.test('layers that packets cannot name are not taken: the stream that is named by its SSRC is', async (t) => {
  t.same(layersOf(answer(simulcastOffer)), []);
  t.same(layersOf(answer(layeredOffer.replace(/a=simulcast[^\r]*\r\n/, ''))), [], 'what is no simulcast is one stream');
});
