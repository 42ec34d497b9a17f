import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';

/** What a bot may do. */
export type BotScope = 'read' | 'write' | 'moderate';

type BotTables = {
  chat_bots: {
    id: string;
    channel_id: string;
    created_at: Date;
    name: string;
    scopes: ColumnType<BotScope[], string, never>;
    token_hash: string;
    last_used_at: Generated<Date | null>;
  };
  users: { id: string; username: string };
};

/** A program that takes part in one channel's chat. */
export interface Bot {
  id: string;
  name: string;
  scopes: BotScope[];
  createdAt: Date;
  lastUsedAt: Date | null;
}

export interface BotRow extends Bot {
  channelId: string;
  tokenHash: string;
}

function tables(db: Db): Kysely<BotTables> {
  return db.withTables<BotTables>();
}

const COLUMNS = ['id', 'name', 'scopes', 'created_at as createdAt', 'last_used_at as lastUsedAt'] as const;

export async function listBots(db: Db, channelId: string): Promise<Bot[]> {
  return tables(db).selectFrom('chat_bots').select(COLUMNS).where('channel_id', '=', channelId).orderBy('name').execute();
}

export async function findBotByHash(db: Db, tokenHash: string): Promise<BotRow | undefined> {
  return tables(db).selectFrom('chat_bots').select([...COLUMNS, 'channel_id as channelId', 'token_hash as tokenHash']).where('token_hash', '=', tokenHash).executeTakeFirst();
}

export async function findBot(db: Db, channelId: string, id: string): Promise<Bot | undefined> {
  return tables(db).selectFrom('chat_bots').select(COLUMNS).where('channel_id', '=', channelId).where('id', '=', id).executeTakeFirst();
}

/** Says whether the name was free. */
export async function insertBot(db: Db, bot: { id: string; channelId: string; name: string; scopes: BotScope[]; tokenHash: string; createdAt: Date }): Promise<boolean> {
  const result = await tables(db).insertInto('chat_bots')
    .values({ id: bot.id, channel_id: bot.channelId, name: bot.name, scopes: JSON.stringify(bot.scopes), token_hash: bot.tokenHash, created_at: bot.createdAt })
    .onConflict((conflict) => conflict.columns(['channel_id', 'name']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Says whether there was one. */
export async function updateBotToken(db: Db, bot: { id: string; channelId: string; tokenHash: string }): Promise<boolean> {
  const result = await tables(db).updateTable('chat_bots').set({ token_hash: bot.tokenHash }).where('id', '=', bot.id).where('channel_id', '=', bot.channelId).executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function touchBot(db: Db, id: string, at: Date): Promise<void> {
  await tables(db).updateTable('chat_bots').set({ last_used_at: at }).where('id', '=', id).execute();
}

/** Says whether there was one. */
export async function deleteBot(db: Db, bot: { id: string; channelId: string }): Promise<boolean> {
  const result = await tables(db).deleteFrom('chat_bots').where('id', '=', bot.id).where('channel_id', '=', bot.channelId).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

export async function isAccountName(db: Db, name: string): Promise<boolean> {
  return (await tables(db).selectFrom('users').select('id').where('username', '=', name).executeTakeFirst()) !== undefined;
}
