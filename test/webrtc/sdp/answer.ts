import t from 'tap';
import { writeAnswer } from '../../../src/webrtc/sdp/answer.js';
import { parseOffer } from '../../../src/webrtc/sdp/offer.js';
import { findSeats, rtpCapabilitiesOf } from '../../../src/webrtc/sdp/viewer-wish.js';
import { chromiumOffer, dataChannel, firefoxOffer, gstreamerOffer, simpleOffer, withoutVideoCodec } from '../../support/sdp-offers.js';
import { ownTransport, streamsFor } from '../../support/whep-seat.js';

/** The answer as its lines, when the stream has both kinds or only the ones named. */
function answer(sdp: string, streamKinds: ('video' | 'audio')[] = ['video', 'audio']): string[] {
  const offer = parseOffer(sdp);
  const seats = findSeats(offer);
  const kinds = streamKinds.filter((kind) => seats[kind] !== undefined);
  const { sdp: text } = writeAnswer({ offer, seats, transport: ownTransport, streams: streamsFor(rtpCapabilitiesOf(seats), kinds), originId: '4611686018427387904' });
  t.ok(text.endsWith('\r\n'));
  return text.trimEnd().split('\r\n');
}

/** The m-lines of an answer, each with its direction. */
function outline(lines: string[]): string[] {
  const directions = lines.filter((line) => /^a=(?:sendrecv|sendonly|recvonly|inactive)$/.test(line));
  return lines.filter((line) => line.startsWith('m=')).map((line, i) => `${line} ${directions[i]}`);
}

const CERTIFICATE = `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'BB').join(':')}`;
const CREDENTIALS = ['a=ice-ufrag:server-ufrag', 'a=ice-pwd:server-password-of-32-characters', CERTIFICATE];
const CANDIDATES = [
  'a=candidate:udpcandidate 1 udp 1076302079 198.51.100.1 44300 typ host',
  'a=candidate:tcpcandidate 1 tcp 1076276479 198.51.100.1 44300 typ host tcptype passive',
  'a=end-of-candidates',
];

t.test('Chromium', async (t) => {
  t.same(answer(chromiumOffer), [
    'v=0',
    'o=- 4611686018427387904 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=extmap-allow-mixed',
    'a=ice-lite',
    'a=ice-options:trickle',
    'a=msid-semantic: WMS *',
    'a=group:BUNDLE 0 1',
    'm=video 9 UDP/TLS/RTP/SAVPF 106 107',
    'c=IN IP4 0.0.0.0',
    'a=rtpmap:106 H264/90000',
    'a=rtpmap:107 rtx/90000',
    'a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    'a=fmtp:107 apt=106',
    'a=rtcp-fb:106 transport-cc',
    'a=rtcp-fb:106 ccm fir',
    'a=rtcp-fb:106 nack',
    'a=rtcp-fb:106 nack pli',
    'a=setup:passive',
    'a=mid:0',
    'a=msid:tidemark video',
    'a=sendonly',
    ...CREDENTIALS,
    ...CANDIDATES,
    'a=ssrc:1000 cname:tidemark',
    'a=ssrc:1001 cname:tidemark',
    'a=ssrc-group:FID 1000 1001',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtcp-fb:111 transport-cc',
    'a=setup:passive',
    'a=mid:1',
    'a=msid:tidemark audio',
    'a=sendonly',
    ...CREDENTIALS,
    'a=ssrc:2000 cname:tidemark',
    'a=rtcp-mux',
    'a=rtcp-rsize',
  ]);
});

t.test('Firefox', async (t) => {
  const lines = answer(firefoxOffer);
  t.same(outline(lines), ['m=audio 9 UDP/TLS/RTP/SAVPF 109 a=sendonly', 'm=video 9 UDP/TLS/RTP/SAVPF 126 127 a=sendonly']);
});

t.test('GStreamer', async (t) => {
  const lines = answer(gstreamerOffer);
  t.same(outline(lines), ['m=video 9 UDP/TLS/RTP/SAVPF 102 a=sendonly', 'm=audio 9 UDP/TLS/RTP/SAVPF 96 a=sendonly']);
  t.ok(lines.includes('a=group:BUNDLE video0 audio1'));
  t.notOk(lines.some((line) => line.startsWith('a=ssrc-group')), 'no RTX is sent that was not offered');
});

t.test('a client of one m-line', async (t) => {
  t.same(answer(simpleOffer), [
    'v=0',
    'o=- 4611686018427387904 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'a=ice-options:trickle',
    'a=msid-semantic: WMS *',
    'm=video 9 UDP/TLS/RTP/SAVPF 97',
    'c=IN IP4 0.0.0.0',
    'a=rtpmap:97 H264/90000',
    'a=fmtp:97 packetization-mode=1;profile-level-id=42e01f',
    'a=setup:passive',
    'a=msid:tidemark video',
    'a=sendonly',
    ...CREDENTIALS,
    ...CANDIDATES,
    'a=ssrc:1000 cname:tidemark',
    'a=rtcp-mux',
  ]);
  t.ok(answer(simpleOffer.replace('setup:active', 'setup:passive')).includes('a=setup:active'), 'who will not open DTLS is called');
});

t.test('what is not sent', async (t) => {
  t.same(outline(answer(withoutVideoCodec(firefoxOffer, /^H264$/))), [
    'm=audio 9 UDP/TLS/RTP/SAVPF 109 a=sendonly',
    'm=video 0 UDP/TLS/RTP/SAVPF 120 124 a=inactive',
  ], 'a picture that the player cannot decode is rejected');

  const carrierOnly = answer(withoutVideoCodec(chromiumOffer, /^H264$/));
  t.same(outline(carrierOnly), [
    'm=video 9 UDP/TLS/RTP/SAVPF 96 a=inactive',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 a=sendonly',
  ], 'the m-line that carries the bundle stays');
  t.ok(carrierOnly.includes('a=group:BUNDLE 0 1'));
  t.same(carrierOnly.filter((line) => line.startsWith('a=candidate')).length, 2);

  const pictureOnly = answer(chromiumOffer, ['video']);
  t.same(outline(pictureOnly).at(1), 'm=audio 0 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 a=inactive');
  t.ok(pictureOnly.includes('a=group:BUNDLE 0'));

  t.same(outline(answer(chromiumOffer + dataChannel)).at(2), 'm=application 0 UDP/DTLS/SCTP webrtc-datachannel a=inactive');

  const sending = chromiumOffer.replace(/a=recvonly(?=[^]*m=audio)/, 'a=sendonly');
  t.match(outline(answer(sending)).at(0), /^m=video 9 .* a=inactive$/, 'what a viewer would send is not taken');

  const two = chromiumOffer.replace('BUNDLE 0 1', 'BUNDLE 0 1 2') + chromiumOffer.slice(chromiumOffer.indexOf('m=video'), chromiumOffer.indexOf('m=audio')).replace('a=mid:0', 'a=mid:2');
  t.match(outline(answer(two)), [/^m=video 9/, /^m=audio 9/, /^m=video 0/], 'there is one picture');
});
