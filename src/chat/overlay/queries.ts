import type { Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';

type OverlayTables = {
  chat_overlays: { id: string; channel_id: string; created_at: Date; token_hash: string };
};

export interface OverlayRow {
  id: string;
  channelId: string;
  tokenHash: string;
}

function tables(db: Db): Kysely<OverlayTables> {
  return db.withTables<OverlayTables>();
}

/** In place of the one before. */
export async function replaceOverlay(db: Db, overlay: { id: string; channelId: string; tokenHash: string; at: Date }): Promise<void> {
  const { id, channelId, tokenHash, at } = overlay;
  await tables(db).insertInto('chat_overlays')
    .values({ id, channel_id: channelId, token_hash: tokenHash, created_at: at })
    .onConflict((conflict) => conflict.column('channel_id').doUpdateSet({ id, token_hash: tokenHash, created_at: at }))
    .execute();
}

export async function findOverlay(db: Db, by: { channelId: string } | { tokenHash: string }): Promise<(OverlayRow & { createdAt: Date }) | undefined> {
  const query = tables(db).selectFrom('chat_overlays').select(['id', 'channel_id as channelId', 'token_hash as tokenHash', 'created_at as createdAt']);
  return ('channelId' in by ? query.where('channel_id', '=', by.channelId) : query.where('token_hash', '=', by.tokenHash)).executeTakeFirst();
}

export async function deleteOverlay(db: Db, channelId: string): Promise<void> {
  await tables(db).deleteFrom('chat_overlays').where('channel_id', '=', channelId).execute();
}
