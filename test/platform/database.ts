import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import t from 'tap';
import { Database } from '../../src/platform/index.js';
import type { Migrations } from '../../src/platform/index.js';
import { postgresMissing, preparePostgres, startPostgres, testDatabases } from '../support/database.js';
import { recordingLog } from '../support/log.js';

type Tables = { tides: { id: number; height: string; mark: { deep: number[] } | null; at: Date } };

const migrations: Migrations = {
  '001-tides': {
    up: async (db: Kysely<unknown>) => {
      await db.schema.createTable('tides')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('height', 'bigint')
        .addColumn('mark', 'jsonb')
        .addColumn('at', 'timestamptz')
        .execute();
    },
  },
};

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const place = await open(t);
    const log = recordingLog();
    const database = new Database({ ...place, migrations, log });
    t.after(() => database.stop());
    await database.start();
    const db = database.db.withTables<Tables>();

    // PGlite takes one server at a time: its second start is tested with its folder, below.
    if (name === 'Postgres') t.test('migrates once; a second start changes nothing', async (t) => {
      const again = recordingLog();
      const second = new Database({ ...place, migrations, log: again });
      t.after(() => second.stop());
      await second.start();
      t.strictSame(log.lines.map((line) => line.message), ['database connected', 'database migrated']);
      t.strictSame(again.lines.map((line) => line.message), ['database connected']);
    });

    t.test('values come back as they went in', async (t) => {
      const at = new Date('2026-02-03T04:05:06.789Z');
      const row = { id: 1, height: '9007199254740993', at };
      await db.insertInto('tides').values({ ...row, mark: sql`${JSON.stringify({ deep: [1, 2] })}` }).execute();
      t.strictSame(await db.selectFrom('tides').selectAll().execute(), [{ ...row, mark: { deep: [1, 2] } }]);
    });

    t.test('a failed transaction leaves nothing, and the connection is good afterwards', async (t) => {
      await t.rejects(db.transaction().execute(async (tx) => {
        await tx.insertInto('tides').values({ id: 2, height: '1', mark: null, at: new Date() }).execute();
        await tx.insertInto('tides').values({ id: 2, height: '1', mark: null, at: new Date() }).execute();
      }), { code: '23505', constraint: 'tides_pkey' });
      t.strictSame(await db.selectFrom('tides').select('id').where('id', '=', 2).execute(), []);
    });

    t.test('twenty transactions at once keep apart', async (t) => {
      await db.insertInto('tides').values({ id: 3, height: '0', mark: null, at: new Date() }).execute();
      await Promise.all(Array.from({ length: 20 }, () => db.transaction().execute(async (tx) => {
        const { height } = await tx.selectFrom('tides').select('height').where('id', '=', 3).forUpdate().executeTakeFirstOrThrow();
        await tx.updateTable('tides').set({ height: String(Number(height) + 1) }).where('id', '=', 3).execute();
      })));
      const { height } = await db.selectFrom('tides').select('height').where('id', '=', 3).executeTakeFirstOrThrow();
      t.equal(height, '20');
    });

    t.test('a migration that fails is rolled back and says what failed', async (t) => {
      const broken: Migrations = {
        ...migrations,
        '002-broken': {
          up: async (broken: Kysely<unknown>) => {
            await broken.schema.createTable('half').addColumn('id', 'integer').execute();
            await sql`select no_such_column`.execute(broken);
          },
        },
      };
      const other = new Database({ ...(await open(t)), migrations: broken, log: recordingLog() });
      t.after(() => other.stop());
      await t.rejects(other.start(), { code: 'migration_failed', message: /no_such_column/ });
      const tables = await sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'public'`.execute(other.db);
      t.notOk(tables.rows.some((row) => row.name === 'half'));
    });
  });
}

t.test('PGlite folder', async (t) => {
  const dataDir = t.testdir();
  const start = async (): Promise<Database> => {
    const database = new Database({ url: '', dataDir, migrations, log: recordingLog() });
    t.after(() => database.stop());
    await database.start();
    return database;
  };

  t.test('only its owner may read it', async (t) => {
    const database = await start();
    t.equal(statSync(path.join(dataDir, 'postgres')).mode & 0o077, 0);
    await t.rejects(start(), { code: 'database_folder_in_use', message: /another server uses the database in .*DATA_DIR/ });
    await database.check();
    await database.stop();
  });

  t.test('is free again after a stop, keeps its rows, and is not migrated twice', async (t) => {
    const first = await start();
    await first.db.withTables<Tables>().insertInto('tides').values({ id: 1, height: '5', mark: null, at: new Date() }).execute();
    await first.stop();
    const log = recordingLog();
    const second = new Database({ url: '', dataDir, migrations, log });
    t.after(() => second.stop());
    await second.start();
    t.strictSame(log.lines.map((line) => line.message), ['database connected']);
    t.strictSame(await second.db.withTables<Tables>().selectFrom('tides').select('height').execute(), [{ height: '5' }]);
    await second.stop();
  });

  t.test('the lock of a killed process does not block', async (t) => {
    const lock = path.relative('', path.join(dataDir, 'postgres.lock'));
    const holder = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(lock)}, () => console.log('held'))`]);
    await once(holder.stdout, 'data');
    await t.rejects(start(), { code: 'database_folder_in_use' }, 'a living one does');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    t.ok(existsSync(lock), 'its socket is still there');
    const database = await start();
    await database.check();
    await database.stop();
    t.strictSame(readdirSync(dataDir), ['postgres'], 'nothing is left beside the database');
  });

  t.test('that is damaged says what to do', async (t) => {
    truncateSync(path.join(dataDir, 'postgres', 'global', 'pg_control'), 100);
    await t.rejects(start(), { code: 'database_folder_unusable', message: /cannot be opened.*restore it from a backup, or move it away/ });
  });

  t.test('that is a file says what to do', async (t) => {
    const blocked = t.testdir();
    mkdirSync(path.join(blocked, 'data'));
    writeFileSync(path.join(blocked, 'data', 'postgres'), 'not a folder');
    const database = new Database({ url: '', dataDir: path.join(blocked, 'data'), migrations, log: recordingLog() });
    t.after(() => database.stop());
    await t.rejects(database.start(), { code: 'database_folder_unusable', message: /EEXIST/ });
  });
});

t.test('real Postgres', { skip: postgresMissing() }, async (t) => {
  t.test('two nodes that start at once migrate once', async (t) => {
    const { url } = await startPostgres(t);
    const logs = [recordingLog(), recordingLog()];
    const nodes = logs.map((log) => new Database({ url, dataDir: '', migrations, log }));
    t.after(() => Promise.all(nodes.map((node) => node.stop())));
    await Promise.all(nodes.map((node) => node.start()));
    const migrated = logs.flatMap((log) => log.lines).filter((line) => line.message === 'database migrated');
    t.strictSame(migrated.map((line) => line.fields), [{ migration: '001-tides' }]);
  });

  t.test('a start waits for a server that comes up late', async (t) => {
    const server = await preparePostgres(t);
    const log = recordingLog();
    const database = new Database({ url: server.url, dataDir: '', migrations, log });
    t.after(() => database.stop());
    const started = database.start();
    await server.start();
    await started;
    t.strictSame(log.lines[0]?.message, 'waiting for Postgres');
  });

  t.test('a restart of the server breaks no more than the queries of that moment', async (t) => {
    const server = await startPostgres(t);
    const log = recordingLog();
    const database = new Database({ url: server.url, dataDir: '', migrations, log });
    t.after(() => database.stop());
    await database.start();
    await server.stop();
    await t.rejects(database.check());
    await server.start();
    await database.check();
    t.ok(log.lines.some((line) => line.level === 'warn' && line.message === 'idle connection to Postgres lost'));
  });

  t.test('what waiting does not help is said at once, without the password', async (t) => {
    const server = await startPostgres(t);
    const url = server.url.replace('tidemark@', 'nobody-here:s3cret@').replace('/postgres', '/no_such_base');
    const database = new Database({ url, dataDir: '', migrations, log: recordingLog() });
    t.after(() => database.stop());
    const error: unknown = await database.start().catch((thrown: unknown) => thrown);
    t.match(error, { code: 'database_refused', message: /refused the connection .*nobody-here.*DATABASE_URL/ });
    t.notMatch(String(error), /s3cret/);
  });

  t.test('one that never answers is given up, with the setting to correct', async (t) => {
    const { url } = await preparePostgres(t);
    const database = new Database({ url, dataDir: '', migrations, log: recordingLog(), connectTimeoutMs: 100 });
    t.after(() => database.stop());
    await t.rejects(database.start(), { code: 'database_unreachable', message: /does not answer \(.*ECONNREFUSED.*DATABASE_URL/ });
  });
});
