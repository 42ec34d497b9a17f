import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createBroadcastStore } from '../../src/streams/index.js';
import { ADA, openDatabase, serveAccounts } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));
    const { api, channels } = await serveAccounts(t, { db });
    await api('POST', '/auth/register', { body: ADA });
    const { id: channelId } = await channels.get('ada');
    const store = createBroadcastStore(db);
    const rows = async (): Promise<unknown[]> =>
      (await sql`select id, channel_id, started_at, ended_at is not null as ended, end_reason from broadcasts order by started_at`.execute(db)).rows;

    t.test('a broadcast is live until its first end, whose reason stays', async (t) => {
      const broadcast = { id: randomUUID(), channelId, startedAt: new Date('2026-01-01T00:00:00Z') };
      const row = { id: broadcast.id, channel_id: channelId, started_at: broadcast.startedAt };
      await store.insert(broadcast);
      t.strictSame(await rows(), [{ ...row, ended: false, end_reason: null }]);
      await store.end({ id: broadcast.id, endedAt: new Date(), reason: 'the encoder said that it is done' });
      await store.end({ id: broadcast.id, endedAt: new Date(), reason: 'late' });
      t.strictSame(await rows(), [{ ...row, ended: true, end_reason: 'the encoder said that it is done' }]);
    });

    t.test('what a stop left live is found, the oldest first', async (t) => {
      const left = [1, 2].map((day) => ({ id: randomUUID(), channelId, startedAt: new Date(`2026-02-0${day}T00:00:00Z`) }));
      for (const broadcast of left) await store.insert(broadcast);
      t.strictSame(await store.listLive(), left);
    });
  });
}
