import type { ColumnType, Kysely } from 'kysely';
import { CID } from 'multiformats/cid';
import type { Db } from '../../platform/index.js';
import type { BlockPlace } from './places.js';

type Size = ColumnType<string | number | bigint, number, number>;
type BlockTables = {
  blocks: { cid: string; broadcast_id: string; file: string | null; offset_bytes: Size; size_bytes: Size; bytes: Buffer | null; is_file: boolean };
};

/** A block and whose it is. */
export interface StoredBlock extends BlockPlace {
  broadcastId: string;
}

/** A row has seven values, and Postgres takes 65,535 in one statement. */
const ROWS_TOGETHER = 1_000;

function tables(db: Db): Kysely<BlockTables> {
  return db.withTables<BlockTables>();
}

/** Notes where blocks are; the same block of the same broadcast stays where it was first. */
export async function insertBlocks(db: Db, broadcastId: string, places: BlockPlace[]): Promise<void> {
  for (let at = 0; at < places.length; at += ROWS_TOGETHER) {
    await tables(db).insertInto('blocks').values(places.slice(at, at + ROWS_TOGETHER).map(({ cid, file, offsetBytes, sizeBytes, bytes, isFile }) => ({
      cid: cid.toString(), broadcast_id: broadcastId, file: file ?? null, offset_bytes: offsetBytes, size_bytes: sizeBytes, bytes: bytes === undefined ? null : Buffer.from(bytes), is_file: isFile,
    }))).onConflict((conflict) => conflict.doNothing()).execute();
  }
}

/** Places where a block is, those of one broadcast first. @param wish.limit broadcasts may have the same slate, and one of them is enough */
export async function listPlaces(db: Db, cid: CID, wish: { near: string | undefined; limit: number }): Promise<StoredBlock[]> {
  let query = tables(db).selectFrom('blocks').selectAll().where('cid', '=', cid.toString());
  const { near } = wish;
  if (near !== undefined) query = query.orderBy((eb) => eb('broadcast_id', '=', near), 'desc');
  const rows = await query.limit(wish.limit).execute();
  return rows.map((row) => ({
    cid: CID.parse(row.cid), broadcastId: row.broadcast_id, file: row.file ?? undefined, offsetBytes: Number(row.offset_bytes), sizeBytes: Number(row.size_bytes), bytes: row.bytes ?? undefined, isFile: row.is_file,
  }));
}

/** Broadcasts that have any. */
export async function listOwners(db: Db): Promise<string[]> {
  const rows = await tables(db).selectFrom('blocks').select('broadcast_id').distinct().execute();
  return rows.map((row) => row.broadcast_id);
}

export async function deleteBlocks(db: Db, broadcastId: string): Promise<void> {
  await tables(db).deleteFrom('blocks').where('broadcast_id', '=', broadcastId).execute();
}
