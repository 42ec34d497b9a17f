import { sql } from 'kysely';
import type { Kysely, Migration } from 'kysely';

/** Emotes, bots, webhooks and overlay addresses. */
export const apiMigration: Migration = { up: createApi, down: dropApi };

async function createApi(db: Kysely<unknown>): Promise<void> {
  const inChannel = (name: string) => db.schema.createTable(name)
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('channel_id', 'uuid', (column) => column.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('created_at', 'timestamptz', (column) => column.notNull());
  await inChannel('chat_emotes')
    .addColumn('code', 'text', (column) => column.notNull())
    // Of its content, and its address.
    .addColumn('picture_id', 'text', (column) => column.notNull())
    .addColumn('picture', 'bytea', (column) => column.notNull())
    .addColumn('is_animated', 'boolean', (column) => column.notNull())
    .addColumn('uploaded_by', 'uuid', (column) => column.references('users.id').onDelete('set null'))
    .execute();
  // Two codes that differ in case only would be mistaken for each other.
  await db.schema.createIndex('chat_emotes_code').on('chat_emotes').unique().expression(sql`channel_id, lower(code)`).execute();
  await db.schema.createIndex('chat_emotes_picture').on('chat_emotes').column('picture_id').execute();
  await db.schema.createIndex('chat_emotes_uploader').on('chat_emotes').column('uploaded_by').execute();
  await inChannel('chat_bots')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('scopes', 'jsonb', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('last_used_at', 'timestamptz')
    .addUniqueConstraint('chat_bots_name', ['channel_id', 'name'])
    .execute();
  await inChannel('chat_overlays')
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addUniqueConstraint('chat_overlays_one', ['channel_id'])
    .execute();
  await inChannel('chat_webhooks')
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('events', 'jsonb', (column) => column.notNull())
    .addColumn('secret', 'text', (column) => column.notNull())
    // Rounds in a row in which nothing got through, and until when it is left alone for that.
    .addColumn('failures', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('retry_at', 'timestamptz')
    .addColumn('disabled_at', 'timestamptz')
    .addColumn('disabled_reason', 'text')
    .addColumn('dropped', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.createIndex('chat_webhooks_channel').on('chat_webhooks').column('channel_id').execute();
  await createDeliveries(db);
  // A bot is no account; its name stays when it goes.
  for (const table of ['chat_audit', 'chat_sanctions']) await db.schema.alterTable(table).addColumn('bot_name', 'text').execute();
}

async function createDeliveries(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('chat_deliveries')
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('number', 'bigserial', (column) => column.notNull())
    .addColumn('hook_id', 'uuid', (column) => column.notNull().references('chat_webhooks.id').onDelete('cascade'))
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull().check(sql`state in ('waiting', 'delivered', 'failed')`))
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    // While one is being sent, until when nobody else sends it.
    .addColumn('next_at', 'timestamptz', (column) => column.notNull())
    .addColumn('done_at', 'timestamptz')
    .addColumn('status', 'integer')
    .addColumn('error', 'text')
    .execute();
  await db.schema.createIndex('chat_deliveries_waiting').on('chat_deliveries').columns(['hook_id', 'number']).where(sql<boolean>`state = 'waiting'`).execute();
  await db.schema.createIndex('chat_deliveries_done').on('chat_deliveries').columns(['hook_id', 'number']).where(sql<boolean>`state <> 'waiting'`).execute();
}

async function dropApi(db: Kysely<unknown>): Promise<void> {
  for (const table of ['chat_audit', 'chat_sanctions']) await db.schema.alterTable(table).dropColumn('bot_name').execute();
  for (const table of ['chat_deliveries', 'chat_webhooks', 'chat_overlays', 'chat_bots', 'chat_emotes']) await db.schema.dropTable(table).execute();
}
