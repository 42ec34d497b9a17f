import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/index.js';

export const channelsMigrations: Migrations = {
  '002-channels': { up: createChannels, down: dropChannels },
  '004-channel-latency': { up: addLatency, down: dropLatency },
  '005-channel-real-time': { up: preferRealTime, down: preferBalanced },
  '006-channel-recording': { up: addRecording, down: dropRecording },
  '008-channel-return': { up: addReturn, down: dropReturn },
  '019-channel-people': { up: createPeople, down: dropPeople },
};

async function createChannels(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('channels')
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('owner_id', 'uuid', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('slug', 'text', (column) => column.notNull().unique())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('ladder', 'jsonb')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('channels_owner').on('channels').column('owner_id').execute();
  await db.schema.createTable('stream_keys')
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('channel_id', 'uuid', (column) => column.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('key_hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('last_used_at', 'timestamptz')
    .execute();
  await db.schema.createIndex('stream_keys_channel').on('stream_keys').column('channel_id').execute();
}

async function dropChannels(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('stream_keys').execute();
  await db.schema.dropTable('channels').execute();
}

async function addLatency(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('channels').addColumn('latency', 'text', (column) => column.notNull().defaultTo('balanced')).execute();
}

async function dropLatency(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('channels').dropColumn('latency').execute();
}

/** For new channels; those that exist keep what they have. */
async function preferRealTime(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('channels').alterColumn('latency', (column) => column.setDefault('real-time')).execute();
}

/** What came before knows no `real-time`. */
async function preferBalanced(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('channels').alterColumn('latency', (column) => column.setDefault('balanced')).execute();
  await sql`update channels set latency = 'ultra-low' where latency = 'real-time'`.execute(db);
}

async function addRecording(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('channels')
    .addColumn('is_recorded', 'boolean', (column) => column.notNull().defaultTo(true))
    .addColumn('recording_visibility', 'text', (column) => column.notNull().defaultTo('public'))
    .execute();
}

async function dropRecording(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('channels').dropColumn('is_recorded').dropColumn('recording_visibility').execute();
}

async function addReturn(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('channels')
    .addColumn('reconnect_grace_sec', 'integer')
    .addColumn('ends_on_unpublish', 'boolean', (column) => column.notNull().defaultTo(true))
    .execute();
}

async function dropReturn(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('channels').dropColumn('reconnect_grace_sec').dropColumn('ends_on_unpublish').execute();
}

async function createPeople(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('channel_roles')
    .addColumn('channel_id', 'uuid', (column) => column.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('user_id', 'uuid', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('role', 'text', (column) => column.notNull().check(sql`role in ('moderator', 'vip')`))
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('channel_roles_one', ['channel_id', 'user_id'])
    .execute();
  await db.schema.createTable('follows')
    .addColumn('channel_id', 'uuid', (column) => column.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('user_id', 'uuid', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('followed_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('follows_one', ['channel_id', 'user_id'])
    .execute();
  await db.schema.createIndex('follows_user').on('follows').column('user_id').execute();
}

async function dropPeople(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('follows').execute();
  await db.schema.dropTable('channel_roles').execute();
}
