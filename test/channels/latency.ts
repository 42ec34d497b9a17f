import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { accountsMigrations } from '../../src/accounts/index.js';
import { Channels, channelsMigrations } from '../../src/channels/index.js';
import { Database } from '../../src/platform/index.js';
import type { Db } from '../../src/platform/index.js';
import { testDatabases } from '../support/database.js';
import { recordingLog } from '../support/log.js';

for (const { name, open, skip } of testDatabases()) {
  t.test(`${name}: channels that exist keep their latency, new ones play in real time; all are recorded`, { skip }, async (t) => {
    const place = await open(t);
    const older = Object.fromEntries(Object.entries(channelsMigrations).filter(([name]) => name < '005'));
    const before = new Database({ ...place, migrations: { ...accountsMigrations, ...older }, log: recordingLog() });
    t.after(() => before.stop());
    await before.start();
    await addChannel(before.db, 'ada');
    await before.stop();

    const database = new Database({ ...place, migrations: { ...accountsMigrations, ...channelsMigrations }, log: recordingLog() });
    t.after(() => database.stop());
    await database.start();
    await addChannel(database.db, 'bob');
    const channels = new Channels({ db: database.db });
    t.match(await channels.get('ada'), { latency: 'balanced', recording: { isOn: true, visibility: 'public' } });
    t.match(await channels.get('bob'), { latency: 'real-time', recording: { isOn: true, visibility: 'public' } });
  });
}

async function addChannel(db: Db, username: string): Promise<void> {
  const id = randomUUID();
  await sql`insert into users (id, username, email, password_hash, role, created_at) values (${id}, ${username}, ${username}, '', 'user', now())`.execute(db);
  await sql`insert into channels (id, owner_id, slug, title, created_at) values (${randomUUID()}, ${id}, ${username}, ${username}, now())`.execute(db);
}
