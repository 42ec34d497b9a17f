import type { Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';

type KeyTables = {
  signing_keys: { channel_id: string; did: string; sealed_key: string; created_at: Date };
};

export interface StoredKey {
  did: string;
  /** The private part, encrypted. */
  sealedKey: string;
}

function tables(db: Db): Kysely<KeyTables> {
  return db.withTables<KeyTables>();
}

export async function findKey(db: Db, channelId: string): Promise<StoredKey | undefined> {
  return tables(db).selectFrom('signing_keys').select(['did', 'sealed_key as sealedKey']).where('channel_id', '=', channelId).executeTakeFirst();
}

/** Keeps the one that is there: of two servers that make one at once, the second takes that of the first. */
export async function insertKey(db: Db, channelId: string, key: StoredKey, createdAt: Date): Promise<void> {
  await tables(db).insertInto('signing_keys')
    .values({ channel_id: channelId, did: key.did, sealed_key: key.sealedKey, created_at: createdAt })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
