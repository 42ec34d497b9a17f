import t from 'tap';
import { parseIceFragment, writeIceFragment } from '../../../src/webrtc/sdp/ice-fragment.js';
import { ownTransport } from '../../support/whep-seat.js';

const fragment = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`;
const CANDIDATE = 'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1';

t.test('candidates and credentials are found wherever the client puts them', async (t) => {
  t.same(parseIceFragment(fragment('a=ice-ufrag:EsAw', 'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1', 'm=audio 9 RTP/AVP 0', 'a=mid:0', CANDIDATE, 'a=end-of-candidates')), {
    ice: { ufrag: 'EsAw', pwd: 'P2uYro0UCOQ4zxjKXaWCBui1' },
  });
  t.match(parseIceFragment(fragment('a=group:BUNDLE 0 1', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=ice-ufrag:EsAw', 'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1')), { ice: { ufrag: 'EsAw' } });
  t.same(parseIceFragment(fragment(CANDIDATE)), { ice: undefined });
  t.same(parseIceFragment(fragment('a=end-of-candidates')), { ice: undefined });
});

t.test('what breaks the grammar or a bound is refused', async (t) => {
  const cases: [string, string][] = [
    ['nothing', ''],
    ['no fragment', 'hello'],
    ['a password alone', fragment('a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1')],
    ['a ufrag with spaces', fragment('a=ice-ufrag:E s', 'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1')],
    ['a candidate of nothing', fragment('a=candidate:nonsense')],
    ['too many candidates', fragment(...Array.from({ length: 200 }, () => CANDIDATE))],
  ];
  for (const [name, text] of cases) t.throws(() => parseIceFragment(text), { code: 'ice_fragment_invalid', status: 400 }, name);
});

t.test('a restart is answered with new credentials and the same candidates', async (t) => {
  const { iceCandidates } = ownTransport;
  const iceParameters = { usernameFragment: 'new-ufrag', password: 'new-password-of-32-characters', iceLite: true };
  t.equal(writeIceFragment({ iceParameters, iceCandidates, carrier: { line: 'm=video 9 UDP/TLS/RTP/SAVPF 106', mid: '0', bundle: ['0', '1'] } }), fragment(
    'a=ice-lite',
    'a=ice-options:trickle',
    'a=group:BUNDLE 0 1',
    'm=video 9 UDP/TLS/RTP/SAVPF 106',
    'a=mid:0',
    'a=ice-ufrag:new-ufrag',
    'a=ice-pwd:new-password-of-32-characters',
    'a=candidate:udpcandidate 1 udp 1076302079 198.51.100.1 44300 typ host',
    'a=candidate:tcpcandidate 1 tcp 1076276479 198.51.100.1 44300 typ host tcptype passive',
    'a=end-of-candidates',
  ));
});
