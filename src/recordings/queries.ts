import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Db } from '../platform/index.js';

/** Who finds a recording: everybody, who has its address, or its owner. */
export type Visibility = 'public' | 'unlisted' | 'private';

/** `incomplete`: something of the show is not on the disk. */
export type RecordingState = 'recording' | 'ready' | 'incomplete';

/** Drivers give 64 bits as text or number. */
type BigInteger = ColumnType<string | number | bigint, number | undefined, number>;

type RecordingsTables = {
  recordings: {
    id: string;
    channel_id: string;
    title: string;
    description: Generated<string>;
    visibility: Visibility;
    is_kept: Generated<boolean>;
    state: RecordingState;
    duration_ms: BigInteger;
    size_bytes: BigInteger;
    started_at: Date;
    ended_at: ColumnType<Date | null, Date | undefined, Date>;
  };
  /** What this room reads of a channel. */
  channels: { id: string; owner_id: string; slug: string; title: string; is_recorded: boolean; recording_visibility: Visibility };
};

export interface Recording {
  /** Of the broadcast, too. */
  id: string;
  channel: { slug: string; title: string };
  ownerId: string;
  title: string;
  description: string;
  visibility: Visibility;
  /** Retention leaves it alone. */
  isKept: boolean;
  state: RecordingState;
  durationMs: number;
  sizeBytes: number;
  startedAt: Date;
  /** Null while it is being made. */
  endedAt: Date | null;
}

export interface RecordingChanges {
  title?: string | undefined;
  description?: string | undefined;
  visibility?: Visibility | undefined;
  isKept?: boolean | undefined;
}

export interface RecordingsWish {
  /** All channels when left out. */
  channelId?: string;
  /** Only public ones, or all. */
  isPublicOnly: boolean;
  /** Those that started earlier. */
  before?: Date | undefined;
  limit: number;
}

/** A finished recording, as retention sees it. */
export interface StoredRecording {
  id: string;
  startedAt: Date;
  endedAt: Date;
  sizeBytes: number;
  isKept: boolean;
}

function tables(db: Db): Kysely<RecordingsTables> {
  return db.withTables<RecordingsTables>();
}

/** What a recording begins with. */
export interface NewRecording {
  /** Of the broadcast. */
  id: string;
  channelId: string;
  title: string;
  description?: string;
  startedAt: Date;
}

/** Begins a recording with the settings of its channel; says whether the channel records. @param options.isWanted whatever the channel does with its shows. */
export async function insertRecording(db: Db, recording: NewRecording, options: { isWanted: boolean } = { isWanted: false }): Promise<boolean> {
  const { id, channelId, title, description = '', startedAt } = recording;
  const channel = await tables(db).selectFrom('channels').select(['recording_visibility as visibility', 'is_recorded as isRecorded'])
    .where('id', '=', channelId).executeTakeFirst();
  if (channel === undefined || !(channel.isRecorded || options.isWanted)) return false;
  await tables(db).insertInto('recordings')
    .values({ id, channel_id: channelId, title, description, visibility: channel.visibility, state: 'recording', started_at: startedAt })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return true;
}

/** Ends what is being recorded; one that has ended stays as it is. */
export async function completeRecording(db: Db, end: { id: string; state: 'ready' | 'incomplete'; durationMs: number; sizeBytes: number; endedAt: Date }): Promise<void> {
  await tables(db).updateTable('recordings')
    .set({ state: end.state, duration_ms: Math.round(end.durationMs), size_bytes: end.sizeBytes, ended_at: end.endedAt })
    .where('id', '=', end.id).where('state', '=', 'recording').execute();
}

export async function findRecording(db: Db, id: string): Promise<Recording | undefined> {
  const row = await selectRecordings(db).where('recordings.id', '=', id).executeTakeFirst();
  return row && recordingOf(row);
}

/** Finished ones, the newest first. */
export async function listRecordings(db: Db, wish: RecordingsWish): Promise<Recording[]> {
  let query = selectRecordings(db).where('recordings.state', '!=', 'recording');
  if (wish.channelId !== undefined) query = query.where('recordings.channel_id', '=', wish.channelId);
  if (wish.isPublicOnly) query = query.where('recordings.visibility', '=', 'public');
  if (wish.before !== undefined) query = query.where('recordings.started_at', '<', wish.before);
  const rows = await query.orderBy('recordings.started_at', 'desc').orderBy('recordings.id').limit(wish.limit).execute();
  return rows.map(recordingOf);
}

/** Changes only what is given. */
export async function updateRecording(db: Db, id: string, { title, description, visibility, isKept }: RecordingChanges): Promise<void> {
  const columns = {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(visibility === undefined ? {} : { visibility }),
    ...(isKept === undefined ? {} : { is_kept: isKept }),
  };
  if (Object.keys(columns).length === 0) return;
  await tables(db).updateTable('recordings').set(columns).where('id', '=', id).execute();
}

export async function deleteRecording(db: Db, id: string): Promise<void> {
  await tables(db).deleteFrom('recordings').where('id', '=', id).execute();
}

/** All ids, or those in one state. */
export async function listRecordingIds(db: Db, state?: RecordingState): Promise<string[]> {
  const query = tables(db).selectFrom('recordings').select('id');
  const rows = await (state === undefined ? query : query.where('state', '=', state)).execute();
  return rows.map(({ id }) => id);
}

/** Every finished recording. */
export async function listStored(db: Db): Promise<StoredRecording[]> {
  const rows = await tables(db).selectFrom('recordings')
    .select(['id', 'started_at as startedAt', 'ended_at as endedAt', 'size_bytes as sizeBytes', 'is_kept as isKept'])
    .where('state', '!=', 'recording').execute();
  return rows.map((row) => ({ ...row, endedAt: row.endedAt ?? row.startedAt, sizeBytes: Number(row.sizeBytes) }));
}

function selectRecordings(db: Db) {
  return tables(db).selectFrom('recordings')
    .innerJoin('channels', 'channels.id', 'recordings.channel_id')
    .select([
      'recordings.id', 'channels.slug', 'channels.title as channelTitle', 'channels.owner_id as ownerId', 'recordings.title',
      'recordings.description', 'recordings.visibility', 'recordings.is_kept as isKept', 'recordings.state',
      'recordings.duration_ms as durationMs', 'recordings.size_bytes as sizeBytes', 'recordings.started_at as startedAt',
      'recordings.ended_at as endedAt',
    ]);
}

type RecordingRow = Awaited<ReturnType<ReturnType<typeof selectRecordings>['execute']>>[number];

function recordingOf({ slug, channelTitle, durationMs, sizeBytes, ...row }: RecordingRow): Recording {
  return { ...row, channel: { slug, title: channelTitle }, durationMs: Number(durationMs), sizeBytes: Number(sizeBytes) };
}
