import type { ColumnType, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';

/** Who finds a clip: everybody, or who has its address. */
export type ClipVisibility = 'public' | 'unlisted';

type ClipsTables = {
  clips: {
    id: string;
    broadcast_id: string;
    channel_id: string;
    maker_id: string;
    title: string;
    visibility: ClipVisibility;
    starts_at: Date;
    duration_ms: number;
    /** Drivers give 64 bits as text or number. */
    size_bytes: ColumnType<string | number | bigint, number, number>;
    created_at: Date;
  };
  /** What this room reads of a show, its channel and an account. */
  broadcasts: { id: string; channel_id: string };
  channels: { id: string; owner_id: string; slug: string; title: string };
  users: { id: string; username: string };
};

export interface NewClip {
  id: string;
  broadcastId: string;
  makerId: string;
  title: string;
  visibility: ClipVisibility;
  /** Wall-clock time of its first picture. */
  startAt: Date;
  durationMs: number;
  sizeBytes: number;
  createdAt: Date;
}

export interface Clip extends NewClip {
  makerName: string;
  channel: { slug: string; title: string };
  ownerId: string;
}

export interface ClipsWish {
  channelId: string;
  /** Only public ones, or all. */
  isPublicOnly: boolean;
  /** Those that were made earlier. */
  before?: Date | undefined;
  limit: number;
}

function tables(db: Db): Kysely<ClipsTables> {
  return db.withTables<ClipsTables>();
}

export async function insertClip(db: Db, clip: NewClip): Promise<void> {
  await tables(db).insertInto('clips')
    .columns(['id', 'broadcast_id', 'channel_id', 'maker_id', 'title', 'visibility', 'starts_at', 'duration_ms', 'size_bytes', 'created_at'])
    .values((eb) => ({
      id: clip.id,
      broadcast_id: clip.broadcastId,
      channel_id: eb.selectFrom('broadcasts').select('channel_id').where('id', '=', clip.broadcastId),
      maker_id: clip.makerId,
      title: clip.title,
      visibility: clip.visibility,
      starts_at: clip.startAt,
      duration_ms: Math.round(clip.durationMs),
      size_bytes: clip.sizeBytes,
      created_at: clip.createdAt,
    }))
    .execute();
}

export async function findClip(db: Db, id: string): Promise<Clip | undefined> {
  const row = await selectClips(db).where('clips.id', '=', id).executeTakeFirst();
  return row && clipOf(row);
}

/** The newest first. */
export async function listClips(db: Db, wish: ClipsWish): Promise<Clip[]> {
  let query = selectClips(db).where('clips.channel_id', '=', wish.channelId);
  if (wish.isPublicOnly) query = query.where('clips.visibility', '=', 'public');
  if (wish.before !== undefined) query = query.where('clips.created_at', '<', wish.before);
  const rows = await query.orderBy('clips.created_at', 'desc').orderBy('clips.id').limit(wish.limit).execute();
  return rows.map(clipOf);
}

/** How many an account has made since then, and still has. */
export async function countClips(db: Db, makerId: string, since: Date): Promise<number> {
  const row = await tables(db).selectFrom('clips').select((eb) => eb.fn.countAll().as('made'))
    .where('maker_id', '=', makerId).where('created_at', '>', since).executeTakeFirstOrThrow();
  return Number(row.made);
}

export async function deleteClip(db: Db, id: string): Promise<void> {
  await tables(db).deleteFrom('clips').where('id', '=', id).execute();
}

export async function listClipIds(db: Db): Promise<string[]> {
  return (await tables(db).selectFrom('clips').select('id').execute()).map(({ id }) => id);
}

function selectClips(db: Db) {
  return tables(db).selectFrom('clips')
    .innerJoin('channels', 'channels.id', 'clips.channel_id')
    .innerJoin('users', 'users.id', 'clips.maker_id')
    .select([
      'clips.id', 'clips.broadcast_id as broadcastId', 'clips.maker_id as makerId', 'clips.title', 'clips.visibility', 'clips.starts_at as startAt',
      'clips.duration_ms as durationMs', 'clips.size_bytes as sizeBytes', 'clips.created_at as createdAt', 'users.username as makerName',
      'channels.slug', 'channels.title as channelTitle', 'channels.owner_id as ownerId',
    ]);
}

type ClipRow = Awaited<ReturnType<ReturnType<typeof selectClips>['execute']>>[number];

function clipOf({ slug, channelTitle, sizeBytes, ...row }: ClipRow): Clip {
  return { ...row, channel: { slug, title: channelTitle }, sizeBytes: Number(sizeBytes) };
}
