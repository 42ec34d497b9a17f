import t from 'tap';
import { parseOffer } from '../../../src/webrtc/sdp/offer.js';
import { findSeats, rtpCapabilitiesOf } from '../../../src/webrtc/sdp/viewer-wish.js';
import { chromiumOffer, dataChannel, firefoxOffer, gstreamerOffer, simpleOffer, simulcastOffer } from '../../support/sdp-offers.js';

const wishOf = (sdp: string) => {
  const seats = findSeats(parseOffer(sdp));
  return { kinds: Object.keys(seats), ...rtpCapabilitiesOf(seats) };
};

t.test('a browser takes picture and sound in the codecs that it lists', async (t) => {
  const { kinds, codecs = [] } = wishOf(chromiumOffer);
  t.same(kinds, ['video', 'audio']);
  t.same(codecs.map(({ mimeType, preferredPayloadType }) => `${preferredPayloadType} ${mimeType}`), [
    '96 video/VP8', '97 video/rtx', '102 video/H264', '103 video/rtx', '106 video/H264', '107 video/rtx', '39 video/H264', '40 video/rtx',
    '45 video/AV1', '46 video/rtx', '98 video/VP9', '99 video/rtx', '108 video/red', '109 video/rtx',
    '111 audio/opus', '63 audio/red', '9 audio/G722', '0 audio/PCMU', '8 audio/PCMA', '13 audio/CN', '110 audio/telephone-event',
  ]);
  t.same(codecs[4], {
    kind: 'video',
    mimeType: 'video/H264',
    preferredPayloadType: 106,
    clockRate: 90_000,
    parameters: { 'level-asymmetry-allowed': 1, 'packetization-mode': 1, 'profile-level-id': '42e01f' },
    rtcpFeedback: [
      { type: 'goog-remb', parameter: '' }, { type: 'transport-cc', parameter: '' }, { type: 'ccm', parameter: 'fir' },
      { type: 'nack', parameter: '' }, { type: 'nack', parameter: 'pli' },
    ],
  });
  t.equal(codecs[6]?.parameters?.['profile-level-id'], '640034', 'a profile of digits only stays text');
  t.same(codecs[5]?.parameters, { apt: 106 });
  t.match(codecs[14], { channels: 2, clockRate: 48_000, parameters: { minptime: 10, useinbandfec: 1 } });
});

t.test('certificate, role and ICE credentials are found above the m-lines and in them', async (t) => {
  const [chromium, firefox, simple] = [chromiumOffer, firefoxOffer, simpleOffer].map(parseOffer);
  t.match(chromium?.dtlsParameters, { role: 'client', fingerprints: [{ algorithm: 'sha-256', value: /^DA:7B:/ }] });
  t.same(chromium?.ice, { ufrag: 'zjkk', pwd: 'bP+XJMM09aR8AiX1jdukzR6Y' });
  t.match(firefox?.dtlsParameters, { role: 'client', fingerprints: [{ algorithm: 'sha-256' }] });
  t.same(simple?.ice, { ufrag: '12345678', pwd: '1234567890123456789012' }, 'credentials of digits only stay text');
  t.equal(parseOffer(simpleOffer.replace('setup:active', 'setup:passive')).dtlsParameters.role, 'server');
});

t.test('directions of the m-line win over that of the session', async (t) => {
  t.same(parseOffer(firefoxOffer).media.map(({ direction }) => direction), ['recvonly', 'recvonly']);
  t.same(parseOffer(firefoxOffer.replaceAll('a=recvonly\r\n', '')).media.map(({ direction }) => direction), ['sendrecv', 'sendrecv']);
});

t.test('players take what they can', async (t) => {
  t.same(wishOf(gstreamerOffer).kinds, ['video', 'audio']);
  t.same(wishOf(simpleOffer).kinds, ['video'], 'one m-line needs neither mid nor bundle');
  t.same(wishOf(chromiumOffer + dataChannel).kinds, ['video', 'audio'], 'a data channel does no harm');
  t.same(wishOf(firefoxOffer.replace('m=audio 9', 'm=audio 0')).kinds, ['video'], 'what is offered as rejected stays so');
  t.same(wishOf(chromiumOffer.replace('BUNDLE 0 1', 'BUNDLE 1')).kinds, ['audio'], 'what is not bundled has no transport');
  t.same(wishOf(chromiumOffer.replace('a=group:BUNDLE 0 1\r\n', '')).kinds, ['video'], 'without a bundle the picture comes first');
});

t.test('an encoder tells its streams, their repairs and its layers', async (t) => {
  const [audio, video] = parseOffer(simulcastOffer).media;
  t.match(audio, { kind: 'audio', mid: '0', direction: 'sendonly', ssrcs: [{ ssrc: 1111, rtxSsrc: undefined }], rids: [] });
  t.match(video, { kind: 'video', mid: '1', direction: 'sendonly', ssrcs: [{ ssrc: 2222, rtxSsrc: 3333 }], rids: ['q', 'h', 'f'] });
  t.throws(() => wishOf(simulcastOffer), { code: 'offer_refused', message: /receive neither picture nor sound/ });
});

t.test('what cannot be read is refused by name', async (t) => {
  const cases: [string, string, RegExp][] = [
    ['nothing', '', /v=0/],
    ['a page', '<html></html>', /v=0/],
    ['no m-line', chromiumOffer.slice(0, chromiumOffer.indexOf('m=')), /no m-line/],
    ['an m-line of nothing', `${chromiumOffer}m=\r\n`, /media\.2/],
    ['a weak hash', chromiumOffer.replaceAll('sha-256', 'sha-1'), /sha-1 is refused/],
    ['a name of every object', chromiumOffer.replaceAll('sha-256', 'constructor'), /constructor is refused/],
    ['a short hash', chromiumOffer.replaceAll(/(sha-256 DA:7B).*?\r/g, '$1\r'), /32 bytes/],
    ['no certificate', chromiumOffer.replaceAll(/a=fingerprint.*?\r\n/g, ''), /fingerprint is missing/],
    ['no ICE', chromiumOffer.replaceAll(/a=ice-ufrag.*?\r\n/g, ''), /ice-ufrag/],
    ['a short password', chromiumOffer.replaceAll(/a=ice-pwd.*?\r\n/g, 'a=ice-pwd:short\r\n'), /ice-pwd/],
    ['held', chromiumOffer.replaceAll('setup:actpass', 'setup:holdconn'), /holdconn/],
    ['equal mids', chromiumOffer.replace('a=mid:1', 'a=mid:0'), /same a=mid/],
    ['a mid with a colour', chromiumOffer.replace('a=mid:1', 'a=mid:"\u001b[31m'), /token/],
    ['payload type 128', chromiumOffer.replace('rtpmap:96', 'rtpmap:128'), /seven bits/],
    ['seventeen m-lines', chromiumOffer + dataChannel.repeat(15), /at most 16/],
    ['a long line', `${chromiumOffer}a=x:${'x'.repeat(3_000)}\r\n`, /2000 characters/],
    ['Plan B', chromiumOffer.replace('a=mid:1', 'a=mid:1\r\na=ssrc:1 msid:a b\r\na=ssrc:2 msid:a c'), /Plan B/],
  ];
  for (const [name, sdp, message] of cases) t.throws(() => parseOffer(sdp), { code: 'offer_invalid', status: 400, message }, name);
});

t.test('an offer that nothing can be played on says why', async (t) => {
  const cases: [string, string, RegExp][] = [
    ['no rtcp-mux', chromiumOffer.replaceAll('a=rtcp-mux\r\n', ''), /without rtcp-mux/],
    ['no DTLS', chromiumOffer.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), /RTP\/AVP is not encrypted/],
    ['data only', chromiumOffer.slice(0, chromiumOffer.indexOf('m=')) + dataChannel, /application is not streamed/],
    ['it sends', chromiumOffer.replaceAll('a=recvonly', 'a=sendonly'), /receive neither/],
  ];
  for (const [name, sdp, message] of cases) t.throws(() => wishOf(sdp), { code: 'offer_refused', status: 406, message }, name);
});
