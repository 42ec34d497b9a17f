import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Db, DbTransaction } from '../platform/index.js';

/** Rungs wanted: the server's choice (`auto`), none (`off`), or their names. */
export type Ladder = 'auto' | 'off' | string[];

/** How near to the live moment players stay, where a viewer has not chosen. */
export type Latency = 'real-time' | 'ultra-low' | 'balanced' | 'stable';

/** Who finds a recording: everybody, who has its address, or its owner. */
export type Visibility = 'public' | 'unlisted' | 'private';

/** What becomes of the channel's shows. */
export interface RecordingSettings {
  isOn: boolean;
  /** Of new recordings. */
  visibility: Visibility;
}

type ChannelsTables = {
  channels: {
    id: string;
    owner_id: string;
    slug: string;
    title: string;
    description: Generated<string>;
    /** JSON. */
    ladder: ColumnType<Ladder | null, string | null | undefined, string | null>;
    latency: Generated<Latency>;
    is_recorded: Generated<boolean>;
    recording_visibility: Generated<Visibility>;
    reconnect_grace_sec: Generated<number | null>;
    ends_on_unpublish: Generated<boolean>;
    created_at: Date;
  };
  stream_keys: {
    id: string;
    channel_id: string;
    label: string;
    key_hash: string;
    created_at: Date;
    last_used_at: Generated<Date | null>;
  };
  /** What this room reads of an account. */
  users: { id: string; username: string; banned_at: Date | null };
};

export interface Channel {
  id: string;
  ownerId: string;
  /** User name of the owner. */
  owner: string;
  slug: string;
  title: string;
  description: string;
  /** Null takes the server's setting. */
  ladder: Ladder | null;
  latency: Latency;
  recording: RecordingSettings;
  /** How long a broadcast waits for its encoder, seconds; null takes the server's setting. */
  reconnectGraceSec: number | null;
  /** Whether an encoder that says that it is done ends the broadcast. */
  endsOnUnpublish: boolean;
}

export interface ChannelChanges {
  title?: string | undefined;
  description?: string | undefined;
  ladder?: Ladder | null | undefined;
  latency?: Latency | undefined;
  reconnectGraceSec?: number | null | undefined;
  endsOnUnpublish?: boolean | undefined;
  recording?: { isOn?: boolean | undefined; visibility?: Visibility | undefined } | undefined;
}

/** A key as its owner sees it later: without the key. */
export interface StreamKey {
  id: string;
  label: string;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** A key with what decides whether it may publish. */
export interface StreamKeyRow {
  id: string;
  keyHash: string;
  lastUsedAt: Date | null;
  channelId: string;
  slug: string;
  title: string;
  ladder: Ladder | null;
  latency: Latency;
  isRecorded: boolean;
  reconnectGraceSec: number | null;
  endsOnUnpublish: boolean;
  ownerBannedAt: Date | null;
}

function tables(db: Db): Kysely<ChannelsTables> {
  return db.withTables<ChannelsTables>();
}

export async function insertChannel(
  tx: DbTransaction,
  channel: { id: string; ownerId: string; slug: string; title: string; createdAt: Date },
): Promise<void> {
  const { id, ownerId, slug, title, createdAt } = channel;
  await tables(tx).insertInto('channels').values({ id, owner_id: ownerId, slug, title, created_at: createdAt }).execute();
}

export async function findChannel(db: Db, slug: string): Promise<Channel | undefined> {
  const row = await tables(db).selectFrom('channels')
    .innerJoin('users', 'users.id', 'channels.owner_id')
    .select([
      'channels.id', 'channels.owner_id as ownerId', 'users.username as owner', 'channels.slug', 'channels.title',
      'channels.description', 'channels.ladder', 'channels.latency', 'channels.is_recorded as isOn',
      'channels.recording_visibility as visibility', 'channels.reconnect_grace_sec as reconnectGraceSec',
      'channels.ends_on_unpublish as endsOnUnpublish',
    ])
    .where('channels.slug', '=', slug)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { isOn, visibility, ...channel } = row;
  return { ...channel, recording: { isOn, visibility } };
}

/** Changes only what is given. */
export async function updateChannel(db: Db, id: string, changes: ChannelChanges): Promise<void> {
  const { title, description, ladder, latency, reconnectGraceSec, endsOnUnpublish, recording = {} } = changes;
  const columns = {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(ladder === undefined ? {} : { ladder: ladder === null ? null : JSON.stringify(ladder) }),
    ...(latency === undefined ? {} : { latency }),
    ...(reconnectGraceSec === undefined ? {} : { reconnect_grace_sec: reconnectGraceSec }),
    ...(endsOnUnpublish === undefined ? {} : { ends_on_unpublish: endsOnUnpublish }),
    ...(recording.isOn === undefined ? {} : { is_recorded: recording.isOn }),
    ...(recording.visibility === undefined ? {} : { recording_visibility: recording.visibility }),
  };
  if (Object.keys(columns).length === 0) return;
  await tables(db).updateTable('channels').set(columns).where('id', '=', id).execute();
}

/** Makes other changes of the channel's keys wait for the end of this transaction; gives their number. */
export async function lockAndCountStreamKeys(tx: DbTransaction, channelId: string): Promise<number> {
  await tables(tx).selectFrom('channels').select('id').where('id', '=', channelId).forUpdate().execute();
  const rows = await tables(tx).selectFrom('stream_keys').select('id').where('channel_id', '=', channelId).execute();
  return rows.length;
}

export async function insertStreamKey(
  tx: DbTransaction,
  key: { id: string; channelId: string; label: string; keyHash: string; createdAt: Date },
): Promise<void> {
  const { id, channelId, label, keyHash, createdAt } = key;
  await tables(tx).insertInto('stream_keys')
    .values({ id, channel_id: channelId, label, key_hash: keyHash, created_at: createdAt })
    .execute();
}

export async function listStreamKeys(db: Db, channelId: string): Promise<StreamKey[]> {
  return tables(db).selectFrom('stream_keys')
    .select(['id', 'label', 'created_at as createdAt', 'last_used_at as lastUsedAt'])
    .where('channel_id', '=', channelId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** Says whether there was such a key. */
export async function deleteStreamKey(db: Db, key: { id: string; channelId: string }): Promise<boolean> {
  const result = await tables(db).deleteFrom('stream_keys')
    .where('id', '=', key.id)
    .where('channel_id', '=', key.channelId)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

export async function findStreamKey(db: Db, keyHash: string): Promise<StreamKeyRow | undefined> {
  return tables(db).selectFrom('stream_keys')
    .innerJoin('channels', 'channels.id', 'stream_keys.channel_id')
    .innerJoin('users', 'users.id', 'channels.owner_id')
    .select([
      'stream_keys.id', 'stream_keys.key_hash as keyHash', 'stream_keys.last_used_at as lastUsedAt',
      'channels.id as channelId', 'channels.slug', 'channels.title', 'channels.ladder', 'channels.latency',
      'channels.is_recorded as isRecorded', 'channels.reconnect_grace_sec as reconnectGraceSec', 'channels.ends_on_unpublish as endsOnUnpublish',
      'users.banned_at as ownerBannedAt',
    ])
    .where('stream_keys.key_hash', '=', keyHash)
    .executeTakeFirst();
}

export async function touchStreamKey(db: Db, id: string, usedAt: Date): Promise<void> {
  await tables(db).updateTable('stream_keys').set({ last_used_at: usedAt }).where('id', '=', id).execute();
}
