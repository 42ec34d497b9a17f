import { sql } from 'kysely';
import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';
import { DEFAULT_MODES } from '../events.js';
import type { ChatModes } from '../events.js';

type RoomTables = {
  chat_rooms: {
    channel_id: string;
    last_seq: Generated<number>;
    /** JSON; what is not in it has its default. */
    modes: ColumnType<Partial<ChatModes>, string | undefined, string>;
    shield_until: Generated<Date | null>;
    pinned_id: Generated<string | null>;
  };
};

/** A channel's chat, as stored. */
export interface RoomRow {
  lastSeq: number;
  modes: ChatModes;
  shieldUntil: Date | null;
  pinnedId: string | null;
}

function tables(db: Db): Kysely<RoomTables> {
  return db.withTables<RoomTables>();
}

/** Makes the room where there is none yet. */
export async function getRoom(db: Db, channelId: string): Promise<RoomRow> {
  const found = await findRoom(db, channelId);
  if (found !== undefined) return found;
  await tables(db).insertInto('chat_rooms').values({ channel_id: channelId }).onConflict((conflict) => conflict.doNothing()).execute();
  return { lastSeq: 0, modes: DEFAULT_MODES, shieldUntil: null, pinnedId: null };
}

async function findRoom(db: Db, channelId: string): Promise<RoomRow | undefined> {
  const row = await tables(db).selectFrom('chat_rooms').selectAll().where('channel_id', '=', channelId).executeTakeFirst();
  return row && { lastSeq: row.last_seq, modes: { ...DEFAULT_MODES, ...row.modes }, shieldUntil: row.shield_until, pinnedId: row.pinned_id };
}

/** Holds those who come next until the end of the transaction. */
export async function lockRoom(tx: Db, channelId: string): Promise<void> {
  await tables(tx).selectFrom('chat_rooms').select('channel_id').where('channel_id', '=', channelId).forUpdate().execute();
}

/** Takes `count` sequence numbers; gives the last of them. Call `lockRoom` before anything else. */
export async function takeNumbers(tx: Db, channelId: string, count: number): Promise<number> {
  const row = await tables(tx).updateTable('chat_rooms')
    .set({ last_seq: sql<number>`last_seq + ${count}::integer` })
    .where('channel_id', '=', channelId)
    .returning('last_seq')
    .executeTakeFirstOrThrow();
  return row.last_seq;
}

/** Changes what is given; gives all. */
export async function updateModes(db: Db, channelId: string, changes: Partial<ChatModes>): Promise<ChatModes> {
  const row = await tables(db).updateTable('chat_rooms').set({ modes: sql<string>`modes || ${JSON.stringify(changes)}::jsonb` })
    .where('channel_id', '=', channelId).returning('modes').executeTakeFirstOrThrow();
  return { ...DEFAULT_MODES, ...row.modes };
}

export async function updateShield(db: Db, channelId: string, until: Date | null): Promise<void> {
  await tables(db).updateTable('chat_rooms').set({ shield_until: until }).where('channel_id', '=', channelId).execute();
}

export async function updatePinned(db: Db, channelId: string, messageId: string | null): Promise<void> {
  await tables(db).updateTable('chat_rooms').set({ pinned_id: messageId }).where('channel_id', '=', channelId).execute();
}
