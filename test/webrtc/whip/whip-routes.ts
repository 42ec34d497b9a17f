import { once } from 'node:events';
import { parse } from 'sdp-transform';
import t from 'tap';
import { AppError } from '../../../src/platform/index.js';
import { chromiumOffer } from '../../support/sdp-offers.js';
import { serveWhip } from '../../support/whip-site.js';

const offer = chromiumOffer.replaceAll('a=recvonly', 'a=sendonly');

/** The members of a problem document that a client looks at. */
async function problemOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  return typeof body === 'object' && body !== null ? { status: response.status, code: Reflect.get(body, 'code') } : body;
}

t.test('an offer with the right key becomes a publication', async (t) => {
  const { origin, post, transports, publications } = await serveWhip(t);
  const response = await post(offer);
  t.equal(response.status, 201);
  t.match(response.headers.get('location'), /^\/whip\/[\w-]{32}$/);
  t.match(response.headers.get('etag'), /^"[\w-]+"$/);
  t.equal(response.headers.get('content-type'), 'application/sdp');
  t.equal(response.headers.get('link'), '<stun:stun.example.org>; rel="ice-server"');
  t.match(publications[0], { protocol: 'whip', encoder: 'test encoder', remoteAddress: '127.0.0.1', isClosed: false });
  t.equal(transports[0]?.connectedWith?.role, 'client');

  const { media, icelite, groups } = parse(await response.text());
  t.equal(icelite, 'ice-lite');
  t.match(groups, [{ type: 'BUNDLE', mids: '0 1' }]);
  t.match(media.map(({ type, direction, payloads, setup }) => ({ type, direction, payloads, setup })), [
    { type: 'video', direction: 'recvonly', payloads: '106 107', setup: 'passive' },
    { type: 'audio', direction: 'recvonly', payloads: '111', setup: 'passive' },
  ]);
  t.equal(media[0]?.candidates?.length, 2);

  await t.test('DELETE ends it as unpublished', async (t) => {
    const location = origin + (response.headers.get('location') ?? '');
    t.equal((await fetch(location, { method: 'DELETE' })).status, 200);
    t.match(transports[0]?.closedBy, { code: 'unpublished' });
    t.ok(publications[0]?.isClosed);
    t.equal((await fetch(location, { method: 'DELETE' })).status, 404);
  });
});

t.test('media goes to the publication, and a lost transport is a lost connection', async (t) => {
  const { post, transports, publications } = await serveWhip(t);
  await post(offer);
  const [transport, publication] = [transports[0], publications[0]];
  if (transport === undefined || publication === undefined) throw new Error('nothing is published');
  const media = once(publication, 'media');
  transport.emit('media', { type: 'frame', frame: { kind: 'audio', dtsMs: 0, ptsMs: 0, isKey: true, payload: Buffer.from('fc', 'hex') } });
  t.match(await media, [{ type: 'frame' }]);
  const closed = once(publication, 'closed');
  transport.close({ code: 'connection-lost', message: 'the network of the publisher is gone' });
  t.match(await closed, [{ code: 'connection-lost' }]);
});

t.test('a goodbye that comes after the hang-up ends the broadcast all the same', async (t) => {
  const { origin, post, transports, broadcasts } = await serveWhip(t);
  const location = origin + ((await post(offer)).headers.get('location') ?? '');
  transports[0]?.close({ code: 'connection-lost', message: 'the connection of the publisher was closed' });
  t.equal(broadcasts.findBySlug('ada')?.state, 'reconnecting');
  t.equal((await fetch(location, { method: 'PATCH', body: 'a=end-of-candidates\r\n', headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' } })).status, 404, 'nothing else can be done with it');
  t.equal((await fetch(location, { method: 'DELETE' })).status, 200);
  t.same(broadcasts.list(), []);

  await t.test('but not one that another connection continues', async (t) => {
    const earlier = origin + ((await post(offer)).headers.get('location') ?? '');
    transports[1]?.close({ code: 'connection-lost', message: 'the connection of the publisher was closed' });
    await post(offer);
    t.equal((await fetch(earlier, { method: 'DELETE' })).status, 200);
    t.match(broadcasts.list(), [{ publication: { isClosed: false } }]);
  });
});

t.test('a publication that ends takes its transport along', async (t) => {
  const { post, transports, publications } = await serveWhip(t);
  await post(offer);
  publications[0]?.close({ code: 'key-revoked', message: 'the stream key was revoked' });
  t.match(transports[0]?.closedBy, { code: 'key-revoked' });
});

t.test('refusals name their reason and leave nothing behind', async (t) => {
  const { post, origin, refusal, transports } = await serveWhip(t, { wrongKeysAllowed: 3 });
  const missing = await post(offer, '');
  t.equal(missing.headers.get('www-authenticate'), 'Bearer');
  t.same(await problemOf(missing), { status: 401, code: 'stream_key_missing' });
  t.same(await problemOf(await post('')), { status: 406, code: 'offer_missing' });
  for (const text of ['v=0\r\n', `${offer}a=x:${'x'.repeat(3_000)}\r\n`]) t.same(await problemOf(await post(text)), { status: 400, code: 'offer_invalid' });
  t.same(await problemOf(await post(chromiumOffer)), { status: 406, code: 'offer_refused' });
  t.equal(transports.length, 0);
  refusal.error = new AppError('stream_ended_lately', 'the stream was ended in the studio', { status: 409 });
  t.same(await problemOf(await post(offer)), { status: 409, code: 'stream_ended_lately' });
  t.match(transports[0]?.closedBy, { code: 'connection-lost' });
  t.same(await problemOf(await fetch(`${origin}/whip`, { method: 'PUT' })), { status: 405, code: 'method_refused' });
  for (let i = 0; i < 3; i++) t.same(await problemOf(await post(offer, 'tm_wrong')), { status: 403, code: 'stream_key_rejected' });
  t.same(await problemOf(await post(offer)), { status: 429, code: 'too_many_wrong_keys' }, 'the right one has to wait too');
});

t.test('a transport that is lost before the answer leaves no publication', async (t) => {
  const { post, refusal, publications } = await serveWhip(t);
  refusal.isTransportLost = true;
  t.equal((await post(offer)).status, 500);
  t.match(publications, [{ isClosed: true }]);
});

t.test('PATCH restarts ICE, and takes candidates', async (t) => {
  const { origin, post, transports } = await serveWhip(t);
  const { headers } = await post(offer);
  const patch = (body: string, ifMatch: string) => fetch(origin + (headers.get('location') ?? ''), {
    method: 'PATCH', body, headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': ifMatch },
  });
  t.equal((await patch('a=end-of-candidates\r\n', headers.get('etag') ?? '')).status, 204);
  const restarted = await patch('a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n', '*');
  t.equal(restarted.status, 200);
  t.match(await restarted.text(), /a=ice-ufrag:restarted-1/);
  t.not(restarted.headers.get('etag'), headers.get('etag'));
  t.equal(transports[0]?.restarts, 1);
  t.equal((await patch('a=end-of-candidates\r\n', headers.get('etag') ?? '')).status, 412);
});

t.test('a page of another site may ask', async (t) => {
  const { origin } = await serveWhip(t);
  const response = await fetch(`${origin}/whip`, { method: 'OPTIONS' });
  t.equal(response.status, 200);
  t.equal(response.headers.get('access-control-allow-origin'), '*');
  t.match(response.headers.get('access-control-allow-headers'), /Authorization/);
  t.equal(response.headers.get('accept-post'), 'application/sdp');
});

t.test('one address asks for so many sessions and preflights at a time', async (t) => {
  const { origin, post } = await serveWhip(t, { offersPer10Sec: 2 });
  const preflight = () => fetch(`${origin}/whip`, { method: 'OPTIONS' });
  t.same([(await preflight()).status, (await post(offer)).status], [200, 201]);
  const refused = await preflight();
  t.same([refused.status, refused.headers.get('link')], [429, null]);
});

t.test('a stop ends the publishers and takes no new ones', async (t) => {
  const { post, sessions, publications } = await serveWhip(t);
  await post(offer);
  await sessions.stop();
  t.ok(publications[0]?.isClosed);
  t.same(await problemOf(await post(offer)), { status: 503, code: 'webrtc_unavailable' });
});
