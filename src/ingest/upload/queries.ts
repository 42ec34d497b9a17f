import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Db, Migrations } from '../../platform/index.js';

/** `file`: one body that can be resumed (tus). `chunks`: pieces in any order. */
export type UploadKind = 'file' | 'chunks';

/** It moves forward only. */
export type UploadState = 'receiving' | 'queued' | 'probing' | 'encoding' | 'ready' | 'failed';

/** Drivers give 64 bits as text or number. */
type BigInteger = ColumnType<string | number | bigint, number, number>;

type UploadsTables = {
  uploads: {
    id: string;
    channel_id: string;
    maker_id: string;
    kind: UploadKind;
    file_name: string;
    title: string;
    description: string;
    state: Generated<UploadState>;
    size_bytes: BigInteger;
    progress: Generated<number>;
    attempts: Generated<number>;
    problem_code: Generated<string | null>;
    problem: Generated<string | null>;
    created_at: Date;
    updated_at: Date;
  };
  /** What this room reads of a channel. */
  channels: { id: string; owner_id: string; slug: string; ladder: ColumnType<'auto' | 'off' | string[] | null, never, never> };
};

export interface NewUpload {
  /** Of the broadcast and its recording, too. */
  id: string;
  channelId: string;
  makerId: string;
  kind: UploadKind;
  fileName: string;
  title: string;
  description: string;
  /** Of a file as announced; of chunks 0 until they are joined. */
  sizeBytes: number;
  createdAt: Date;
}

export interface Upload extends NewUpload {
  channel: { slug: string; ownerId: string; ladder: 'auto' | 'off' | string[] | null };
  state: UploadState;
  /** Of encoding, 0 to 1. */
  progress: number;
  /** How often preparing it was begun and came to no end. */
  attempts: number;
  problem: { code: string; message: string } | undefined;
  updatedAt: Date;
}

/** In the order in which an upload passes through them. */
const ORDER: UploadState[] = ['receiving', 'queued', 'probing', 'encoding', 'ready', 'failed'];
/** Those that a restart of the server goes on with. */
const WAITING: UploadState[] = ['queued', 'probing', 'encoding'];
const FINISHED: UploadState[] = ['ready', 'failed'];

export const uploadsMigrations: Migrations = {
  '030-uploads': { up: createUploads, down: dropUploads },
};

async function createUploads(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('uploads')
    .addColumn('id', 'uuid', (column) => column.primaryKey())
    .addColumn('channel_id', 'uuid', (column) => column.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('maker_id', 'uuid', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('file_name', 'text', (column) => column.notNull())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull().defaultTo('receiving'))
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('progress', 'real', (column) => column.notNull().defaultTo(0))
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('problem_code', 'text')
    .addColumn('problem', 'text')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('uploads_channel').on('uploads').columns(['channel_id', 'created_at']).execute();
  await db.schema.createIndex('uploads_state').on('uploads').columns(['state', 'created_at']).execute();
}

async function dropUploads(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('uploads').execute();
}

function tables(db: Db): Kysely<UploadsTables> {
  return db.withTables<UploadsTables>();
}

export async function insertUpload(db: Db, upload: NewUpload): Promise<void> {
  const { id, channelId, makerId, kind, fileName, title, description, sizeBytes, createdAt } = upload;
  await tables(db).insertInto('uploads').values({
    id, channel_id: channelId, maker_id: makerId, kind, file_name: fileName, title, description, size_bytes: sizeBytes, created_at: createdAt, updated_at: createdAt,
  }).execute();
}

export async function findUpload(db: Db, id: string): Promise<Upload | undefined> {
  const row = await selectUploads(db).where('uploads.id', '=', id).executeTakeFirst();
  return row && uploadOf(row);
}

/** The newest first. */
export async function listUploads(db: Db, channelId: string, limit: number): Promise<Upload[]> {
  const rows = await selectUploads(db).where('uploads.channel_id', '=', channelId).orderBy('uploads.created_at', 'desc').orderBy('uploads.id').limit(limit).execute();
  return rows.map(uploadOf);
}

export async function listReceiving(db: Db): Promise<Upload[]> {
  return (await selectUploads(db).where('uploads.state', '=', 'receiving').execute()).map(uploadOf);
}

/** The one that has waited longest, but none of these. */
export async function findWaiting(db: Db, exceptIds: string[]): Promise<Upload | undefined> {
  const waiting = selectUploads(db).where('uploads.state', 'in', WAITING);
  const row = await (exceptIds.length === 0 ? waiting : waiting.where('uploads.id', 'not in', exceptIds)).orderBy('uploads.updated_at').orderBy('uploads.id').executeTakeFirst();
  return row && uploadOf(row);
}

/** Moves an upload on; the time of the move decides whose turn it is, and when it is forgotten; says whether it was there and not that far yet. */
export async function moveUpload(db: Db, id: string, state: UploadState, changes: { sizeBytes?: number; problem?: { code: string; message: string }; at?: Date } = {}): Promise<boolean> {
  const before = ORDER.slice(0, ORDER.indexOf(state)).filter((earlier) => !FINISHED.includes(earlier));
  const { sizeBytes, problem, at } = changes;
  const result = await tables(db).updateTable('uploads')
    .set({ state, ...(at === undefined ? {} : { updated_at: at }), ...(sizeBytes === undefined ? {} : { size_bytes: sizeBytes }), ...(problem === undefined ? {} : { problem_code: problem.code, problem: problem.message }) })
    .where('id', '=', id).where('state', 'in', before).executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Begins to prepare, after a restart anew from the start; gives how often that came to no end. */
export async function beginAttempt(db: Db, id: string): Promise<number> {
  const row = await tables(db).updateTable('uploads')
    .set((eb) => ({ state: 'probing', progress: 0, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id).where('state', 'in', WAITING).returning('attempts').executeTakeFirst();
  return row?.attempts ?? 0;
}

/** That attempt says nothing about the file. */
export async function forgiveAttempt(db: Db, id: string): Promise<void> {
  await tables(db).updateTable('uploads').set((eb) => ({ attempts: eb('attempts', '-', 1) })).where('id', '=', id).where('state', 'in', WAITING).where('attempts', '>', 0).execute();
}

export async function storeProgress(db: Db, id: string, progress: number): Promise<void> {
  await tables(db).updateTable('uploads').set({ progress }).where('id', '=', id).where('state', '=', 'encoding').execute();
}

export async function countUnfinished(db: Db, makerId: string): Promise<number> {
  const row = await tables(db).selectFrom('uploads').select(({ fn }) => fn.countAll().as('count')).where('maker_id', '=', makerId).where('state', 'not in', FINISHED).executeTakeFirst();
  return Number(row?.count ?? 0);
}

/** Says whether there was one. */
export async function deleteUpload(db: Db, id: string): Promise<boolean> {
  return (await tables(db).deleteFrom('uploads').where('id', '=', id).executeTakeFirst()).numDeletedRows === 1n;
}

/** What was finished before a time is nobody's news any more. */
export async function deleteFinishedBefore(db: Db, time: Date): Promise<void> {
  await tables(db).deleteFrom('uploads').where('state', 'in', FINISHED).where('updated_at', '<', time).execute();
}

/** Those whose bytes are still needed. */
export async function listUnfinishedIds(db: Db): Promise<string[]> {
  const rows = await tables(db).selectFrom('uploads').select('id').where('state', 'not in', FINISHED).execute();
  return rows.map(({ id }) => id);
}

function selectUploads(db: Db) {
  return tables(db).selectFrom('uploads').innerJoin('channels', 'channels.id', 'uploads.channel_id').select([
    'uploads.id', 'uploads.channel_id as channelId', 'uploads.maker_id as makerId', 'uploads.kind', 'uploads.file_name as fileName', 'uploads.title', 'uploads.description',
    'uploads.state', 'uploads.size_bytes as sizeBytes', 'uploads.progress', 'uploads.attempts', 'uploads.problem_code as problemCode', 'uploads.problem',
    'uploads.created_at as createdAt', 'uploads.updated_at as updatedAt', 'channels.slug', 'channels.owner_id as ownerId', 'channels.ladder',
  ]);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectUploads>['execute']>>[number];

function uploadOf({ slug, ownerId, ladder, problemCode, problem, sizeBytes, ...row }: Row): Upload {
  return {
    ...row,
    channel: { slug, ownerId, ladder },
    sizeBytes: Number(sizeBytes),
    problem: problemCode === null ? undefined : { code: problemCode, message: problem ?? '' },
  };
}
