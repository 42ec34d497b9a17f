import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/index.js';

export const archiveMigrations: Migrations = {
  '040-signing-keys': { up: createKeys, down: dropKeys },
  '041-blocks': { up: createBlocks, down: dropBlocks },
  '043-pins': { up: createPins, down: dropPins },
};

/** A key outlives nothing but its channel: what it signed has to be told apart for ever. */
async function createKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('signing_keys')
    .addColumn('channel_id', 'uuid', (column) => column.primaryKey().references('channels.id').onDelete('cascade'))
    .addColumn('did', 'text', (column) => column.notNull().unique())
    .addColumn('sealed_key', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .execute();
}

async function dropKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('signing_keys').execute();
}

/** Where the bytes of a block are: in a file of the broadcast, or here when no file has them. */
async function createBlocks(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('blocks')
    .addColumn('cid', 'text', (column) => column.notNull())
    .addColumn('broadcast_id', 'uuid', (column) => column.notNull().references('broadcasts.id').onDelete('cascade'))
    .addColumn('file', 'text')
    .addColumn('offset_bytes', 'bigint', (column) => column.notNull())
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('bytes', 'bytea')
    .addColumn('is_file', 'boolean', (column) => column.notNull())
    .addPrimaryKeyConstraint('blocks_one', ['cid', 'broadcast_id'])
    .execute();
  await db.schema.createIndex('blocks_broadcast').on('blocks').column('broadcast_id').execute();
}

async function dropBlocks(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('blocks').execute();
}

/** What is pinned has to be unpinned some time, so nothing deletes a row but the unpinning: it refers to no other table. */
async function createPins(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('archive_pins')
    .addColumn('broadcast_id', 'uuid', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('kubo', 'pinning-service')`))
    .addColumn('cid', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull().check(sql`state in ('waiting', 'pinning', 'pinned', 'failed')`))
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('due_at', 'timestamptz', (column) => column.notNull())
    .addColumn('lease_until', 'timestamptz')
    // What a pinning service calls it.
    .addColumn('request_id', 'text')
    .addColumn('checked_at', 'timestamptz')
    .addColumn('error', 'text')
    .addPrimaryKeyConstraint('archive_pins_one', ['broadcast_id', 'target'])
    .execute();
  await db.schema.createIndex('archive_pins_due').on('archive_pins').columns(['target', 'due_at']).execute();
}

async function dropPins(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('archive_pins').execute();
}
