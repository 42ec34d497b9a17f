import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/index.js';

export const archiveMigrations: Migrations = {
  '040-signing-keys': { up: createKeys, down: dropKeys },
  '041-blocks': { up: createBlocks, down: dropBlocks },
  '042-permanent-archive': { up: createPermanentArchive, down: dropPermanentArchive },
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

/**
 * What is to be stored for ever, how far it is, and who decided it. Rows are the queue: `due_at` and `lease_until` say who is next.
 * Nothing of it refers to a channel or broadcast but the settings: what was paid and is out stays known when those are deleted.
 */
async function createPermanentArchive(db: Kysely<unknown>): Promise<void> {
  await createConsent(db);
  await createQueue(db);
  // Without any reference: what was taken down stays written when everything else of it is gone.
  await db.schema.createTable('archive_log')
    .addColumn('number', 'bigserial', (column) => column.primaryKey())
    .addColumn('at', 'timestamptz', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('broadcast_id', 'uuid')
    .addColumn('channel_id', 'uuid', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('archive_log_broadcast').on('archive_log').column('broadcast_id').execute();
}

async function createConsent(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('archive_settings')
    .addColumn('channel_id', 'uuid', (column) => column.primaryKey().references('channels.id').onDelete('cascade'))
    .addColumn('is_on', 'boolean', (column) => column.notNull())
    .addColumn('tier', 'text', (column) => column.notNull())
    .addColumn('is_encrypted', 'boolean', (column) => column.notNull())
    .addColumn('hold_hours', 'integer', (column) => column.notNull())
    .addColumn('with_chat', 'boolean', (column) => column.notNull())
    .addColumn('turned_on_at', 'timestamptz')
    .addColumn('turned_on_by', 'text')
    .execute();
  await db.schema.createTable('archives')
    .addColumn('broadcast_id', 'uuid', (column) => column.primaryKey())
    .addColumn('channel_id', 'uuid', (column) => column.notNull())
    .addColumn('slug', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('hold_until', 'timestamptz', (column) => column.notNull())
    .addColumn('tier', 'text', (column) => column.notNull())
    .addColumn('is_encrypted', 'boolean', (column) => column.notNull())
    .addColumn('sealed_key', 'text')
    .addColumn('path_manifest_id', 'text')
    .addColumn('estimated_winston', 'numeric')
    .addColumn('due_at', 'timestamptz', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('archives_channel').on('archives').column('channel_id').execute();
  await db.schema.createIndex('archives_due').on('archives').columns(['state', 'due_at']).execute();
  await db.schema.createTable('archive_vetoes')
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('broadcast_id', 'uuid', (column) => column.notNull().references('archives.broadcast_id').onDelete('cascade'))
    .addColumn('from_ms', 'bigint')
    .addColumn('to_ms', 'bigint')
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('at', 'timestamptz', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('archive_vetoes_broadcast').on('archive_vetoes').column('broadcast_id').execute();
}

async function createQueue(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('archive_bundles')
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('broadcast_id', 'uuid', (column) => column.notNull().references('archives.broadcast_id').onDelete('cascade'))
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('failed_state', 'text')
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('transaction_id', 'text')
    .addColumn('transaction_json', 'text')
    .addColumn('wallet', 'text')
    .addColumn('reward_winston', 'numeric')
    .addColumn('anchor_height', 'bigint')
    .addColumn('signed_at', 'timestamptz')
    .addColumn('chunks', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('next_chunk', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('posted_to', 'text')
    // All that ever had the header: none of them can be a witness.
    .addColumn('posted_hosts', sql`text[]`, (column) => column.notNull().defaultTo(sql`'{}'`))
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('reposts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('fault', 'text')
    .addColumn('error', 'text')
    .addColumn('due_at', 'timestamptz', (column) => column.notNull())
    // Receipts up to then are to be proven again.
    .addColumn('doubted_at', 'timestamptz')
    .addColumn('lease_until', 'timestamptz')
    // Of whoever holds it now: what a server that was too slow writes late changes nothing.
    .addColumn('lease_token', 'uuid')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull())
    .addUniqueConstraint('archive_bundles_number', ['broadcast_id', 'number'])
    .execute();
  await db.schema.createIndex('archive_bundles_due').on('archive_bundles').column('due_at').where(sql.ref('state'), 'not in', ['stored', 'dead']).execute();
  await db.schema.createIndex('archive_bundles_signed').on('archive_bundles').column('signed_at').execute();
  await db.schema.createTable('archive_items')
    .addColumn('broadcast_id', 'uuid', (column) => column.notNull().references('archives.broadcast_id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('place', 'integer', (column) => column.notNull())
    .addColumn('bundle_id', 'uuid', (column) => column.references('archive_bundles.id').onDelete('set null'))
    .addColumn('rendition', 'text')
    .addColumn('number', 'integer')
    .addColumn('start_us', 'bigint')
    .addColumn('duration_us', 'bigint')
    .addColumn('cid', 'text', (column) => column.notNull())
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('content', 'text')
    .addColumn('is_vetoed', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('item_id', 'text')
    .addColumn('sha256', 'text')
    .addColumn('stored_at', 'timestamptz')
    .addColumn('fetched_from', 'text')
    .addPrimaryKeyConstraint('archive_items_one', ['broadcast_id', 'name'])
    .execute();
  await db.schema.createIndex('archive_items_bundle').on('archive_items').column('bundle_id').execute();
  await db.schema.createIndex('archive_items_place').on('archive_items').columns(['broadcast_id', 'place']).execute();
  await db.schema.createIndex('archive_items_stored').on('archive_items').column('stored_at').execute();
}

async function dropPermanentArchive(db: Kysely<unknown>): Promise<void> {
  for (const table of ['archive_items', 'archive_bundles', 'archive_vetoes', 'archives', 'archive_settings', 'archive_log']) await db.schema.dropTable(table).execute();
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
