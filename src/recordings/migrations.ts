import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/index.js';

export const recordingsMigrations: Migrations = {
  '007-recordings': { up: createRecordings, down: dropRecordings },
};

async function createRecordings(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('recordings')
    .addColumn('id', 'uuid', (column) => column.primaryKey().references('broadcasts.id').onDelete('cascade'))
    .addColumn('channel_id', 'uuid', (column) => column.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('visibility', 'text', (column) => column.notNull())
    .addColumn('is_kept', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('duration_ms', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('size_bytes', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('started_at', 'timestamptz', (column) => column.notNull())
    .addColumn('ended_at', 'timestamptz')
    .execute();
  await db.schema.createIndex('recordings_channel').on('recordings').columns(['channel_id', 'started_at']).execute();
  await db.schema.createIndex('recordings_started').on('recordings').column('started_at').execute();
}

async function dropRecordings(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('recordings').execute();
}
