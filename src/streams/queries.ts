import type { Generated, Kysely } from 'kysely';
import type { Db, Migrations } from '../platform/index.js';
import type { BroadcastStore } from './broadcasts.js';

type BroadcastsTables = {
  broadcasts: {
    id: string;
    channel_id: string;
    started_at: Date;
    /** Null while it is live. */
    ended_at: Generated<Date | null>;
    end_reason: Generated<string | null>;
  };
};

export const streamsMigrations: Migrations = {
  '003-broadcasts': { up: createBroadcasts, down: dropBroadcasts },
};

async function createBroadcasts(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('broadcasts')
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('channel_id', 'uuid', (column) => column.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('started_at', 'timestamptz', (column) => column.notNull())
    .addColumn('ended_at', 'timestamptz')
    .addColumn('end_reason', 'text')
    .execute();
  await db.schema.createIndex('broadcasts_channel').on('broadcasts').columns(['channel_id', 'started_at']).execute();
}

async function dropBroadcasts(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('broadcasts').execute();
}

/** Broadcasts that never were live: their files were uploaded. */
export interface UploadedBroadcasts {
  /** Again: nothing happens. */
  insertUploaded(broadcast: { id: string; channelId: string; startedAt: Date; durationMs: number }): Promise<void>;
}

/** Remembers broadcasts in the database. */
export function createBroadcastStore(db: Db): BroadcastStore & UploadedBroadcasts {
  const tables = db.withTables<BroadcastsTables>();
  return {
    async insert({ id, channelId, startedAt }) {
      await tables.insertInto('broadcasts').values({ id, channel_id: channelId, started_at: startedAt }).execute();
    },
    /** The first end counts: a late one does not overwrite it. */
    async end({ id, endedAt, reason }) {
      await tables.updateTable('broadcasts').set({ ended_at: endedAt, end_reason: reason })
        .where('id', '=', id).where('ended_at', 'is', null).execute();
    },
    async insertUploaded({ id, channelId, startedAt, durationMs }) {
      await tables.insertInto('broadcasts')
        .values({ id, channel_id: channelId, started_at: startedAt, ended_at: new Date(startedAt.getTime() + durationMs), end_reason: 'it was uploaded' })
        .onConflict((conflict) => conflict.column('id').doNothing()).execute();
    },
    async listLive() {
      const rows = await tables.selectFrom('broadcasts').selectAll().where('ended_at', 'is', null).orderBy('started_at').execute();
      return rows.map((row) => ({ id: row.id, channelId: row.channel_id, startedAt: row.started_at }));
    },
  };
}
