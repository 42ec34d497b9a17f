import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/index.js';

export const recordingsMigrations: Migrations = {
  '007-recordings': { up: createRecordings, down: dropRecordings },
  '009-clips': { up: createClips, down: dropClips },
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

/** A clip outlives the recording it was cut from, and goes with its channel or its maker. */
async function createClips(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('clips')
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('broadcast_id', 'uuid', (column) => column.notNull().references('broadcasts.id').onDelete('cascade'))
    .addColumn('channel_id', 'uuid', (column) => column.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('maker_id', 'uuid', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('visibility', 'text', (column) => column.notNull())
    .addColumn('starts_at', 'timestamptz', (column) => column.notNull())
    .addColumn('duration_ms', 'integer', (column) => column.notNull())
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('clips_channel').on('clips').columns(['channel_id', 'created_at']).execute();
  await db.schema.createIndex('clips_maker').on('clips').columns(['maker_id', 'created_at']).execute();
}

async function dropClips(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('clips').execute();
}
