import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/index.js';
import { apiMigration } from './migrations-api.js';

export const chatMigrations: Migrations = {
  '020-chat': { up: createChat, down: dropChat },
  '021-chat-desk': { up: addDesk, down: dropDesk },
  '022-chat-api': apiMigration,
  '023-chat-bot-messages': { up: indexBots, down: dropBotIndexes },
};

/** What is gone for readers stays for moderators: a deleted message keeps its row. */
async function createChat(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('chat_rooms')
    .addColumn('channel_id', 'uuid', (column) => column.primaryKey().references('channels.id').onDelete('cascade'))
    // Its row lock orders the messages: numbers are given in the order in which they become visible.
    .addColumn('last_seq', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('modes', 'jsonb', (column) => column.notNull().defaultTo('{}'))
    .addColumn('shield_until', 'timestamptz')
    .addColumn('pinned_id', 'uuid')
    .execute();
  await createMessages(db);
  await createModeration(db);
}

async function createMessages(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('chat_messages')
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('channel_id', 'uuid', (column) => column.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('seq', 'integer')
    .addColumn('author_id', 'uuid', (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('bot_id', 'uuid')
    .addColumn('author_name', 'text', (column) => column.notNull())
    .addColumn('author_role', 'text', (column) => column.notNull())
    .addColumn('author_tier', 'smallint')
    .addColumn('nonce', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('text_key', 'text', (column) => column.notNull())
    .addColumn('is_action', 'boolean', (column) => column.notNull())
    .addColumn('reply_to', 'uuid')
    .addColumn('mentions', 'jsonb', (column) => column.notNull())
    .addColumn('sent_at', 'timestamptz', (column) => column.notNull())
    .addColumn('stream_at', 'timestamptz', (column) => column.notNull())
    .addColumn('broadcast_id', 'uuid', (column) => column.references('broadcasts.id').onDelete('set null'))
    .addColumn('state', 'text', (column) => column.notNull().check(sql`state in ('shown', 'muted', 'held', 'deleted')`))
    .addColumn('shown_at', 'timestamptz')
    .addColumn('deleted_at', 'timestamptz')
    // The line of the audit log that deleted it, which may be undone.
    .addColumn('deleted_by', 'uuid')
    .execute();
  const index = (name: string) => db.schema.createIndex(name).on('chat_messages');
  await index('chat_messages_room').unique().columns(['channel_id', 'seq']).execute();
  await index('chat_messages_nonce').unique().columns(['channel_id', 'author_id', 'nonce']).execute();
  await index('chat_messages_author').columns(['channel_id', 'author_id', 'sent_at']).execute();
  await index('chat_messages_key').columns(['channel_id', 'text_key', 'sent_at']).execute();
  await index('chat_messages_show').columns(['broadcast_id', 'stream_at']).execute();
  await db.schema.createTable('chat_reactions')
    .addColumn('message_id', 'uuid', (column) => column.notNull().references('chat_messages.id').onDelete('cascade'))
    .addColumn('user_id', 'uuid', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('emoji', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('chat_reactions_one', ['message_id', 'user_id', 'emoji'])
    .execute();
}

async function createModeration(db: Kysely<unknown>): Promise<void> {
  const inChannel = (name: string) => db.schema.createTable(name)
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('channel_id', 'uuid', (column) => column.notNull().references('channels.id').onDelete('cascade'));
  await inChannel('chat_sanctions')
    .addColumn('user_id', 'uuid', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('ban', 'timeout', 'mute', 'warning')`))
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('actor_id', 'uuid', (column) => column.references('users.id').onDelete('set null'))
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('until', 'timestamptz')
    .addColumn('lifted_at', 'timestamptz')
    .addColumn('lifted_by', 'uuid', (column) => column.references('users.id').onDelete('set null'))
    .execute();
  await db.schema.createIndex('chat_sanctions_user').on('chat_sanctions').columns(['channel_id', 'user_id']).execute();
  // Where somebody wrote from, as keyed hashes: what a ban holds against new accounts.
  await db.schema.createTable('chat_evidence')
    .addColumn('user_id', 'uuid', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('device', 'address')`))
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('first_at', 'timestamptz', (column) => column.notNull())
    .addColumn('last_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('chat_evidence_one', ['user_id', 'kind', 'hash'])
    .execute();
  await db.schema.createIndex('chat_evidence_hash').on('chat_evidence').columns(['kind', 'hash']).execute();
  await inChannel('chat_terms')
    .addColumn('pattern', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull().check(sql`action in ('hold', 'block')`))
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addUniqueConstraint('chat_terms_once', ['channel_id', 'pattern'])
    .execute();
  await inChannel('chat_queue')
    .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('held', 'report')`))
    .addColumn('message_id', 'uuid', (column) => column.notNull().references('chat_messages.id').onDelete('cascade'))
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('reporter_id', 'uuid', (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('decision', 'text', (column) => column.check(sql`decision in ('approve', 'deny')`))
    .execute();
  await db.schema.createIndex('chat_queue_waiting').on('chat_queue').columns(['channel_id', 'created_at']).where(sql<boolean>`decision is null`).execute();
  await inChannel('chat_notes')
    .addColumn('user_id', 'uuid', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('author_id', 'uuid', (column) => column.references('users.id').onDelete('set null'))
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('chat_notes_user').on('chat_notes').columns(['channel_id', 'user_id']).execute();
  await inChannel('chat_audit')
    .addColumn('actor_id', 'uuid', (column) => column.references('users.id').onDelete('set null'))
    .addColumn('act', 'text', (column) => column.notNull())
    .addColumn('target_id', 'uuid', (column) => column.references('users.id').onDelete('set null'))
    .addColumn('message_id', 'uuid')
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('detail', 'jsonb', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('undone_at', 'timestamptz')
    .addColumn('undone_by', 'uuid', (column) => column.references('users.id').onDelete('set null'))
    .execute();
  await db.schema.createIndex('chat_audit_channel').on('chat_audit').columns(['channel_id', 'created_at']).execute();
}

async function dropChat(db: Kysely<unknown>): Promise<void> {
  for (const table of ['chat_audit', 'chat_notes', 'chat_queue', 'chat_terms', 'chat_evidence', 'chat_sanctions', 'chat_reactions', 'chat_messages', 'chat_rooms']) {
    await db.schema.dropTable(table).execute();
  }
}

/** What moderators decide from: the place of what the room does not see, what a deletion took away, one item for a message. */
async function addDesk(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('chat_messages').addColumn('after_seq', 'integer').addColumn('state_before', 'text').execute();
  await db.schema.createIndex('chat_messages_shown').on('chat_messages').columns(['channel_id', 'shown_at']).execute();
  await db.schema.createIndex('chat_messages_hidden').on('chat_messages').columns(['channel_id', 'after_seq']).where(sql<boolean>`after_seq is not null`).execute();
  await db.schema.createIndex('chat_queue_report').unique().on('chat_queue').columns(['message_id', 'reporter_id']).where(sql<boolean>`kind = 'report'`).execute();
  await db.schema.createIndex('chat_queue_held').unique().on('chat_queue').column('message_id').where(sql<boolean>`kind = 'held'`).execute();
}

async function dropDesk(db: Kysely<unknown>): Promise<void> {
  for (const index of ['chat_queue_held', 'chat_queue_report', 'chat_messages_hidden', 'chat_messages_shown']) await db.schema.dropIndex(index).execute();
  await db.schema.alterTable('chat_messages').dropColumn('state_before').dropColumn('after_seq').execute();
}

/** What a bot says is found as what an account says is: without reading the whole room. */
async function indexBots(db: Kysely<unknown>): Promise<void> {
  await sql`create unique index chat_messages_bot_nonce on chat_messages (channel_id, bot_id, nonce) where bot_id is not null`.execute(db);
  await sql`create index chat_messages_bot on chat_messages (channel_id, bot_id, sent_at) where bot_id is not null`.execute(db);
}

async function dropBotIndexes(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('chat_messages_bot').execute();
  await db.schema.dropIndex('chat_messages_bot_nonce').execute();
}
