import t from 'tap';
import type { Test } from 'tap';
import { ADA, BOB, openDatabase, serveAccounts, signInOf } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';

/** What whoever manages a new channel sees besides. */
const SETTINGS = {
  ladder: null,
  recording: { isOn: true, visibility: 'public' },
  reconnectGraceSec: null,
  endsOnUnpublish: true,
  slate: { url: '/api/v1/channels/bob/slate', isOwn: false },
};
const EVE = { username: 'eve', email: 'eve@example.org', password: 'sea of crises' };

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    /** Ada is the admin, Bob has the channel, Eve is a stranger. */
    const start = async (t: Test) => {
      const server = await serveAccounts(t, { db });
      const tokenOf = async (body: object): Promise<string> => signInOf(await server.api('POST', '/auth/register', { body })).accessToken;
      return { ...server, admin: await tokenOf(ADA), owner: await tokenOf(BOB), stranger: await tokenOf(EVE) };
    };

    t.test('a channel comes with the account; anybody may look, its owner sees more', async (t) => {
      const { api, owner, admin, stranger } = await start(t);
      const open = { slug: 'bob', title: 'bob', description: '', owner: 'bob', latency: 'real-time' };
      t.strictSame((await api('GET', '/channels/bob')).body, { channel: open });
      t.strictSame((await api('GET', '/channels/Bob', { token: stranger })).body, { channel: open });
      t.strictSame((await api('GET', '/channels/bob', { token: owner })).body, { channel: { ...open, ...SETTINGS } });
      t.strictSame((await api('GET', '/channels/bob', { token: admin })).body, { channel: { ...open, ...SETTINGS } });
      t.match((await api('GET', '/channels/nobody')).body, { status: 404, code: 'channel_unknown', slug: 'nobody' });
      t.equal((await api('GET', '/channels/bob', { token: 'x.y.z' })).status, 401, 'a bad token is told, so that the page signs in again');
    });

    t.test('its owner and the admin change it; what is not given stays', async (t) => {
      const { api, owner, admin } = await start(t);
      const change = async (token: string, body: object) => (await api('PATCH', '/channels/bob', { token, body })).body;
      const channel = { slug: 'bob', title: 'Low water', description: '', owner: 'bob', latency: 'real-time', ...SETTINGS };
      t.strictSame(await change(owner, { title: '  Low water ' }), { channel });
      t.strictSame(await change(admin, { ladder: ['720p', '360p'] }), { channel: { ...channel, ladder: ['720p', '360p'] } });
      t.strictSame(await change(owner, { ladder: 'off', description: 'Daily.' }), { channel: { ...channel, ladder: 'off', description: 'Daily.' } });
      t.strictSame(await change(owner, { ladder: null }), { channel: { ...channel, description: 'Daily.' } });
      t.strictSame(await change(owner, { latency: 'ultra-low' }), { channel: { ...channel, description: 'Daily.', latency: 'ultra-low' } });
      t.strictSame(await change(owner, { recording: { isOn: false } }), { channel: { ...channel, description: 'Daily.', latency: 'ultra-low', recording: { isOn: false, visibility: 'public' } } });
      const last = { channel: { ...channel, description: 'Daily.', latency: 'ultra-low', recording: { isOn: false, visibility: 'private' } } };
      t.strictSame(await change(owner, { recording: { visibility: 'private' } }), last);
      t.strictSame(await change(owner, {}), last);
    });

    t.test('others may not, and wrong values are named', async (t) => {
      const { api, owner, stranger } = await start(t);
      t.match((await api('PATCH', '/channels/bob', { token: stranger, body: { title: 'mine' } })).body, { status: 403, code: 'channel_not_yours' });
      t.match((await api('PATCH', '/channels/bob', { body: { title: 'mine' } })).body, { status: 401, code: 'unauthenticated' });
      t.match((await api('PATCH', '/channels/nobody', { token: owner, body: {} })).body, { status: 404, code: 'channel_unknown' });
      const wrong = await api('PATCH', '/channels/bob', { token: owner, body: { title: ' ', ladder: ['8K!'], slug: 'ada' } });
      t.match(wrong.body, {
        status: 400,
        code: 'request_invalid',
        issues: [
          { path: 'title', message: 'must not be empty' },
          { path: 'ladder.0', message: 'must be the name of a rung, such as 720p' },
          { path: '', message: 'Unrecognized key: "slug"' },
        ],
      });
      const zero = await api('PATCH', '/channels/bob', { token: owner, body: { title: 'a\0b', description: 'one\ntwo' } });
      t.match(zero.body, { code: 'request_invalid', issues: [{ path: 'title', message: 'must be plain text in one line' }] });
      t.match((await api('GET', '/channels/%00')).body, { status: 404, code: 'channel_unknown' });
      const all = await api('PATCH', '/channels/bob', { token: owner, body: { ladder: 'all' } });
      const fast = await api('PATCH', '/channels/bob', { token: owner, body: { latency: 'fast' } });
      t.match(fast.body, { issues: [{ path: 'latency', message: 'must be real-time, ultra-low, balanced or stable' }] });
      const shown = await api('PATCH', '/channels/bob', { token: owner, body: { recording: { isOn: 1, visibility: 'friends' } } });
      t.match(shown.body, { issues: [{ path: 'recording.isOn', message: 'must be true or false' }, { path: 'recording.visibility', message: 'must be public, unlisted or private' }] });
      t.match(all.body, { issues: [{ path: 'ladder', message: 'must be auto, off, or a list of 1 to 8 rungs' }] });
    });
  });
}
