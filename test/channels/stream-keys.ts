import { once } from 'node:events';
import { sql } from 'kysely';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { StreamKeys } from '../../src/channels/index.js';
import { Database } from '../../src/platform/index.js';
import { ADA, BOB, openDatabase, serveAccounts, signInOf } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';
import { recordingLog } from '../support/log.js';

const created = z.strictObject({ id: z.uuid(), key: z.string(), label: z.string(), createdAt: z.iso.datetime() });
const REJECTED = { code: 'stream_key_rejected', status: 403, message: 'this stream key is not valid: copy it again from the studio' };

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    const start = async (t: Test) => {
      const server = await serveAccounts(t, { db });
      const { accessToken: token } = signInOf(await server.api('POST', '/auth/register', { body: BOB }));
      const make = async (label: string) => created.parse((await server.api('POST', '/channels/bob/stream-keys', { token, body: { label } })).body);
      const list = async (): Promise<unknown> => (await server.api('GET', '/channels/bob/stream-keys', { token })).body;
      return { ...server, token, make, list };
    };

    t.test('a key is shown once, listed without itself, and stored as a hash', async (t) => {
      const { make, list, log } = await start(t);
      const studio = await make(' Studio ');
      const phone = await make('Phone');
      t.match(studio.key, /^tm_[A-Za-z0-9_-]{32}$/);
      t.not(studio.key, phone.key);
      const shown = [studio, phone].map(({ key: _key, ...rest }) => ({ ...rest, lastUsedAt: null }));
      // Two keys of the same millisecond have no order.
      const listed = JSON.stringify(await list());
      t.equal(listed.length, JSON.stringify({ streamKeys: shown }).length, 'no more than these');
      for (const one of shown) t.match(listed, JSON.stringify(one));
      t.equal(studio.label, 'Studio');
      const { rows } = await sql`select * from stream_keys`.execute(db);
      t.notMatch(JSON.stringify(rows), studio.key.slice(3));
      t.notMatch(JSON.stringify(log.lines), studio.key.slice(3));
    });

    t.test('a key resolves to its channel with its settings', async (t) => {
      const { api, make, streamKeys, token } = await start(t);
      const { id, key } = await make('Studio');
      const { streamKeyId, channel } = await streamKeys.resolve(key);
      t.equal(streamKeyId, id);
      t.strictSame({ ...channel, id: undefined }, { id: undefined, slug: 'bob', title: 'bob', ladder: undefined, latency: 'real-time', isRecorded: true, graceMs: undefined, endsOnUnpublish: true });
      await api('PATCH', '/channels/bob', { token, body: { title: 'Low water', ladder: ['480p'], latency: 'stable' } });
      t.strictSame((await streamKeys.resolve(key)).channel, { id: channel.id, slug: 'bob', title: 'Low water', ladder: ['480p'], latency: 'stable', isRecorded: true, graceMs: undefined, endsOnUnpublish: true });
    });

    t.test('unknown, revoked and banned are refused alike', async (t) => {
      const { api, make, streamKeys, token } = await start(t);
      const [revoked, banned] = [await make('Old'), await make('Studio')];
      t.equal((await api('DELETE', `/channels/bob/stream-keys/${revoked.id}`, { token })).status, 204);
      await t.rejects(streamKeys.resolve(revoked.key), REJECTED);
      await t.rejects(streamKeys.resolve(`tm_${'A'.repeat(32)}`), REJECTED);
      await streamKeys.resolve(banned.key);
      await sql`update users set banned_at = now()`.execute(db);
      await t.rejects(streamKeys.resolve(banned.key), REJECTED);
    });

    t.test('revoking tells who publishes with it', async (t) => {
      const { api, make, list, streamKeys, token } = await start(t);
      const [key, other] = [await make('Studio'), await make('Phone')];
      const revoked = once(streamKeys, 'streamKeyRevoked');
      await api('DELETE', `/channels/bob/stream-keys/${key.id}`, { token });
      t.strictSame(await revoked, [key.id]);
      t.match(await list(), { streamKeys: [{ id: other.id }] });
      for (const id of [key.id, 'no-id']) {
        t.match((await api('DELETE', `/channels/bob/stream-keys/${id}`, { token })).body, { status: 404, code: 'stream_key_unknown' });
      }
    });

    t.test('the last use is kept, once a minute', async (t) => {
      const { make, list, streamKeys, clock } = await start(t);
      const { key } = await make('Studio');
      const firstUse = clock.now;
      await streamKeys.resolve(key);
      clock.now = new Date(firstUse.getTime() + 59_000);
      await streamKeys.resolve(key);
      t.match(await list(), { streamKeys: [{ lastUsedAt: firstUse.toISOString() }] });
      clock.now = new Date(firstUse.getTime() + 60_000);
      await streamKeys.resolve(key);
      t.match(await list(), { streamKeys: [{ lastUsedAt: clock.now.toISOString() }] });
    });

    t.test('twenty keys and no more, even when asked for at once', async (t) => {
      const { api, token } = await start(t);
      const answers = await Promise.all(Array.from({ length: 25 }, (_, n) =>
        api('POST', '/channels/bob/stream-keys', { token, body: { label: `key ${n}` } })));
      t.equal(answers.filter((answer) => answer.status === 201).length, 20);
      t.match(answers.find((answer) => answer.status !== 201)?.body, { status: 409, code: 'too_many_stream_keys', limit: 20 });
    });

    t.test('keys are for the owner and the admin; labels have a length', async (t) => {
      const { api, make, token } = await start(t); // Bob came first: he is the admin
      const { accessToken: ada } = signInOf(await api('POST', '/auth/register', { body: ADA }));
      const { id } = await make('Studio');
      const calls: [string, string, object?][] = [
        ['GET', '/channels/bob/stream-keys'],
        ['POST', '/channels/bob/stream-keys', { label: 'mine' }],
        ['DELETE', `/channels/bob/stream-keys/${id}`],
      ];
      for (const [method, path, body] of calls) {
        t.match((await api(method, path, { token: ada, body })).body, { status: 403, code: 'channel_not_yours' }, method);
        t.match((await api(method, path, { body })).body, { status: 401, code: 'unauthenticated' }, method);
      }
      t.equal((await api('POST', '/channels/ada/stream-keys', { token: ada, body: { label: 'own' } })).status, 201);
      t.equal((await api('POST', '/channels/ada/stream-keys', { token, body: { label: 'by the admin' } })).status, 201);
      const elsewhere = await api('DELETE', `/channels/ada/stream-keys/${id}`, { token: ada });
      t.match(elsewhere.body, { status: 404, code: 'stream_key_unknown' }, "another channel's key cannot be reached through one's own");
      for (const label of ['', ' ', 'x'.repeat(61)]) {
        t.match((await api('POST', '/channels/bob/stream-keys', { token, body: { label } })).body, { status: 400, issues: [{ path: 'label' }] });
      }
    });
  });
}

t.test('what cannot be a key costs no query', async (t) => {
  const unreachable = new Database({ url: 'postgres://127.0.0.1:1/none', dataDir: '', migrations: {}, log: recordingLog(), connectTimeoutMs: 0 });
  t.after(() => unreachable.stop());
  const keys = new StreamKeys({ db: unreachable.db, log: recordingLog() });
  for (const text of ['', 'live', `tm_${'A'.repeat(31)}`, `tm_${'A'.repeat(33)}`, `tm_${'\u00e9'.repeat(32)}`, `xx_${'A'.repeat(32)}`]) {
    await t.rejects(keys.resolve(text), REJECTED, text);
  }
  await t.rejects(keys.resolve(`tm_${'A'.repeat(32)}`), { code: 'database_unreachable' }, 'and what can be one does');
});
