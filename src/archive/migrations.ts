import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/index.js';

export const archiveMigrations: Migrations = {
  '030-signing-keys': { up: createKeys, down: dropKeys },
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
