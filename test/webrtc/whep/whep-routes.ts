import t from 'tap';
import { NoRealTime, TooManyViewers, WebRtcUnavailable } from '../../../src/webrtc/errors.js';
import { chromiumOffer, firefoxOffer, simpleOffer, simulcastOffer, withoutVideoCodec } from '../../support/sdp-offers.js';
import { postOffer, serveWhep } from '../../support/whep-site.js';

const FRAGMENT = 'application/trickle-ice-sdpfrag';
const SAME_ICE = 'a=ice-ufrag:zjkk\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\n';
const NEW_ICE = 'a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n';
const CANDIDATE = 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n';

function patch(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'PATCH', body, headers: { 'content-type': FRAGMENT, ...headers } });
}

t.test('an offer is answered with a session', async (t) => {
  const { post, audience, origin } = await serveWhep(t);
  const response = await post(chromiumOffer);
  t.equal(response.status, 201);
  t.equal(response.headers.get('content-type'), 'application/sdp');
  t.match(response.headers.get('location'), /^\/whep\/ada\/[\w-]{32}$/);
  t.match(response.headers.get('etag'), /^"[\w-]{16}"$/);
  t.equal(response.headers.get('accept-patch'), FRAGMENT);
  t.equal(response.headers.get('cache-control'), 'no-store');
  const answer = await response.text();
  t.match(answer, /^v=0\r\no=- \d{1,19} 1 IN IP4 127\.0\.0\.1\r\n/);
  t.match(answer, /a=group:BUNDLE 0 1\r\n/);
  t.match(answer, /m=video 9 UDP\/TLS\/RTP\/SAVPF 106 107\r\n/);

  const [wish] = audience.wishes;
  t.match(wish, { kinds: ['video', 'audio'], client: { ip: '127.0.0.1', userAgent: 'test player' } });
  t.match(audience.seats[0]?.connectedWith, { role: 'client', fingerprints: [{ algorithm: 'sha-256', value: /^DA:7B:/ }] });

  const second = await post(chromiumOffer, 'Ada');
  t.equal(second.status, 201, 'the channel is found however it is written');
  t.not(second.headers.get('location'), response.headers.get('location'));

  const session = new URL(response.headers.get('location') ?? '', origin);
  t.equal((await fetch(session, { method: 'DELETE' })).status, 200);
  t.ok(audience.seats[0]?.isClosed);
  const gone = await fetch(session, { method: 'DELETE' });
  t.equal(gone.status, 404);
  t.match(await gone.json(), { code: 'session_unknown' });
  t.equal(audience.openSeats, 1, 'the other session goes on');
});

t.test('a player takes what it can decode', async (t) => {
  const { post } = await serveWhep(t);
  t.match(await (await post(withoutVideoCodec(firefoxOffer, /^H264$/))).text(), /m=audio 9 [^]*m=video 0 /);
  t.match(await (await post(simpleOffer)).text(), /m=video 9 /);
  const refused = await post(withoutVideoCodec(chromiumOffer, /^H264$/).replaceAll('opus', 'speex'));
  t.equal(refused.status, 406);
  t.match(await refused.json(), { code: 'codecs_refused', detail: /H\.264/ });
});

t.test('a session ends with its seat', async (t) => {
  const { post, audience, origin } = await serveWhep(t);
  const session = new URL((await post(chromiumOffer)).headers.get('location') ?? '', origin);
  audience.seats[0]?.close('the stream is over');
  t.equal((await patch(session.href, SAME_ICE, { 'if-match': '*' })).status, 404);
  t.equal((await fetch(session, { method: 'DELETE' })).status, 404);
});

t.test('a session cannot be reached by the name of another channel', async (t) => {
  const { post, audience, origin } = await serveWhep(t);
  const location = (await post(chromiumOffer)).headers.get('location') ?? '';
  t.equal((await fetch(origin + location.replace('/ada/', '/eve/'), { method: 'DELETE' })).status, 404);
  t.equal(audience.openSeats, 1);
});

t.test('candidates are taken for the ICE session that they belong to', async (t) => {
  const { post, audience, origin } = await serveWhep(t);
  const response = await post(chromiumOffer);
  const session = origin + response.headers.get('location');
  const etag = response.headers.get('etag') ?? '';
  const taken = await patch(session, SAME_ICE + CANDIDATE, { 'if-match': etag });
  t.equal(taken.status, 204);
  t.equal(taken.headers.get('etag'), null);
  t.equal((await patch(session, CANDIDATE, { 'if-match': '"*"' })).status, 204);
  for (const [name, answer, status, code] of [
    ['no condition', await patch(session, SAME_ICE + CANDIDATE), 428, 'ice_session_unnamed'],
    ['another ICE session', await patch(session, SAME_ICE + CANDIDATE, { 'if-match': '"other"' }), 412, 'ice_session_outdated'],
    ['a weak tag', await patch(session, SAME_ICE + CANDIDATE, { 'if-match': `W/${etag}` }), 412, 'ice_session_outdated'],
    ['another type', await patch(session, SAME_ICE, { 'if-match': etag, 'content-type': 'application/sdp' }), 415, 'body_type_refused'],
    ['nonsense', await patch(session, 'hello', { 'if-match': etag }), 400, 'ice_fragment_invalid'],
    ['nothing', await patch(session, '', { 'if-match': etag }), 400, 'ice_fragment_invalid'],
    ['too much', await patch(session, 'a=x:1\r\n'.repeat(4_000), { 'if-match': etag }), 413, 'body_too_large'],
  ] as const) {
    t.equal(answer.status, status, name);
    t.match(await answer.json(), { code });
  }
  t.equal(audience.seats[0]?.restarts, 0);
});

t.test('ICE is restarted under a new tag', async (t) => {
  const { post, audience, origin } = await serveWhep(t);
  const response = await post(chromiumOffer);
  const session = origin + response.headers.get('location');
  const restarted = await patch(session, NEW_ICE, { 'if-match': '*' });
  t.equal(restarted.status, 200);
  t.equal(restarted.headers.get('content-type'), FRAGMENT);
  const etag = restarted.headers.get('etag') ?? '';
  t.not(etag, response.headers.get('etag'));
  t.match(await restarted.text(), /^a=ice-lite\r\n[^]*a=group:BUNDLE 0 1\r\nm=video 9 UDP\/TLS\/RTP\/SAVPF 106 107\r\na=mid:0\r\na=ice-ufrag:restarted-1\r\n/);

  t.equal((await patch(session, SAME_ICE + CANDIDATE, { 'if-match': response.headers.get('etag') ?? '' })).status, 412, 'what belongs to the old one comes too late');
  t.equal((await patch(session, NEW_ICE + CANDIDATE, { 'if-match': etag })).status, 204);
  t.equal((await patch(session, SAME_ICE)).status, 428);
  t.equal(audience.seats[0]?.restarts, 1);

  const both = await Promise.all([patch(session, SAME_ICE, { 'if-match': etag }), patch(session, SAME_ICE.replace('zjkk', 'third'), { 'if-match': etag })]);
  t.same(both.map(({ status }) => status).sort(), [200, 412], 'of two that overtake each other one is taken');
});

t.test('what cannot be played says why, and when to ask again', async (t) => {
  const { post, audience } = await serveWhep(t);
  const asleep = await post(chromiumOffer, 'eve');
  t.equal(asleep.status, 409);
  t.equal(asleep.headers.get('retry-after'), '3');
  t.match(await asleep.json(), { code: 'not_live' });
  for (const [refusal, status, code] of [
    [new NoRealTime('the stream has B-frames and no other rendition'), 409, 'no_real_time'],
    [new TooManyViewers(500), 503, 'too_many_viewers'],
    [new WebRtcUnavailable('WebRTC is off on this server'), 503, 'webrtc_unavailable'],
  ] as const) {
    audience.refusal = refusal;
    const answer = await post(chromiumOffer);
    t.equal(answer.status, status);
    t.match(answer.headers.get('retry-after'), /^\d+$/);
    t.equal(answer.headers.get('access-control-allow-origin'), '*');
    t.match(await answer.json(), { code, detail: refusal.message });
  }
});

t.test('what is no offer is refused by name', async (t) => {
  const { origin, audience, post } = await serveWhep(t);
  const url = `${origin}/whep/ada`;
  for (const [name, answer, status, code] of [
    ['an empty request', await fetch(url, { method: 'POST' }), 406, 'offer_missing'],
    ['another type', await fetch(url, { method: 'POST', body: chromiumOffer, headers: { 'content-type': 'text/plain' } }), 415, 'body_type_refused'],
    ['no SDP', await postOffer(url, 'hello'), 400, 'offer_invalid'],
    ['a line without an end', await postOffer(url, `${chromiumOffer}a=x:${'x'.repeat(3_000)}\r\n`), 400, 'offer_invalid'],
    ['a sender', await postOffer(url, simulcastOffer), 406, 'offer_refused'],
    ['too much', await postOffer(url, chromiumOffer + 'a=x:1\r\n'.repeat(10_000)), 413, 'body_too_large'],
    ['packed', await fetch(url, { method: 'POST', body: 'x', headers: { 'content-type': 'application/sdp', 'content-encoding': 'gzip' } }), 415, 'request_malformed'],
  ] as const) {
    t.equal(answer.status, status, name);
    t.match(await answer.json(), { code }, name);
  }
  t.equal((await post(chromiumOffer)).status, 201);
  t.equal(audience.openSeats, 1);
});

t.test('methods', async (t) => {
  const { origin, post } = await serveWhep(t);
  const session = (await post(chromiumOffer)).headers.get('location') ?? '';
  for (const where of ['/whep/ada', session]) {
    const got = await fetch(origin + where);
    t.equal(got.status, 204);
    const put = await fetch(origin + where, { method: 'PUT', body: 'x' });
    t.equal(put.status, 405);
    t.match(put.headers.get('allow'), /OPTIONS/);
    t.match(await put.json(), { code: 'method_refused' });
  }
  t.equal((await fetch(`${origin}/whep/ada`, { method: 'DELETE' })).status, 405);
  t.equal((await fetch(origin + session, { method: 'POST' })).status, 405);
});

t.test('pages of other sites may play, and learn of the ICE servers', async (t) => {
  const iceServers = () => [
    { urls: ['stun:stun.example.net:3478'] },
    { urls: ['turn:turn.example.net?transport=udp', 'turns:turn.example.net'], username: '1764000000:viewer', credential: 'a"b\\c' },
  ];
  const links = [
    '<stun:stun.example.net:3478>; rel="ice-server"',
    '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="1764000000:viewer"; credential="a\\"b\\\\c"; credential-type="password"',
    '<turns:turn.example.net>; rel="ice-server"; username="1764000000:viewer"; credential="a\\"b\\\\c"; credential-type="password"',
  ];
  const { origin, post } = await serveWhep(t, { iceServers, corsOrigin: 'https://site.example' });
  const preflight = await fetch(`${origin}/whep/ada`, { method: 'OPTIONS', headers: { origin: 'https://site.example', 'access-control-request-method': 'POST' } });
  t.equal(preflight.status, 200);
  t.equal(preflight.headers.get('access-control-allow-origin'), 'https://site.example');
  t.match(preflight.headers.get('access-control-allow-methods'), /DELETE.*PATCH.*POST/);
  t.match(preflight.headers.get('access-control-allow-headers'), /Content-Type.*If-Match/);
  t.equal(preflight.headers.get('accept-post'), 'application/sdp');
  t.equal(preflight.headers.get('link'), links.join(', '));
  const answer = await post(chromiumOffer);
  t.equal(answer.headers.get('link'), links.join(', '));
  t.same((answer.headers.get('access-control-expose-headers') ?? '').split(', '), ['Accept-Patch', 'ETag', 'Link', 'Location', 'Retry-After']);
  t.equal((await fetch(origin + answer.headers.get('location'), { method: 'OPTIONS' })).headers.get('accept-patch'), FRAGMENT);
});

t.test('one address asks for so many sessions at a time', async (t) => {
  const { post, audience } = await serveWhep(t, { joinsPer10Sec: 2 });
  t.same([(await post(chromiumOffer)).status, (await post(chromiumOffer)).status], [201, 201]);
  const refused = await post(chromiumOffer);
  t.equal(refused.status, 429);
  t.match(refused.headers.get('retry-after'), /^\d+$/);
  t.equal(audience.openSeats, 2);
});

t.test('credentials of TURN servers cannot be collected by preflights', async (t) => {
  const { origin, post } = await serveWhep(t, { joinsPer10Sec: 2, iceServers: () => [{ urls: ['turn:turn.example.net'], username: 'name', credential: 'secret' }] });
  const preflight = () => fetch(`${origin}/whep/ada`, { method: 'OPTIONS' });
  t.same([(await preflight()).status, (await post(chromiumOffer)).status], [200, 201]);
  const refused = await preflight();
  t.equal(refused.status, 429);
  t.equal(refused.headers.get('link'), null);
  t.equal((await fetch(`${origin}/whep/ada/no-session`, { method: 'OPTIONS' })).status, 200, 'a session has none to give');
});
