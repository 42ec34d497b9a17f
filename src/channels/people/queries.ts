import type { Generated, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';

/** What an owner makes of somebody in a channel. */
export type ChannelRole = 'moderator' | 'vip';

type PeopleTables = {
  channel_roles: { channel_id: string; user_id: string; role: ChannelRole; created_at: Date };
  follows: { channel_id: string; user_id: string; followed_at: Generated<Date> };
  users: { id: string; username: string };
};

export interface ChannelPerson {
  id: string;
  username: string;
  role: ChannelRole;
  since: Date;
}

function tables(db: Db): Kysely<PeopleTables> {
  return db.withTables<PeopleTables>();
}

export async function findUserId(db: Db, username: string): Promise<string | undefined> {
  return (await tables(db).selectFrom('users').select('id').where('username', '=', username.toLowerCase()).executeTakeFirst())?.id;
}

export async function listRoles(db: Db, channelId: string): Promise<ChannelPerson[]> {
  return tables(db).selectFrom('channel_roles')
    .innerJoin('users', 'users.id', 'channel_roles.user_id')
    .select(['users.id', 'users.username', 'channel_roles.role', 'channel_roles.created_at as since'])
    .where('channel_roles.channel_id', '=', channelId)
    .orderBy('users.username')
    .execute();
}

export async function findRole(db: Db, channelId: string, userId: string): Promise<ChannelRole | undefined> {
  const row = await tables(db).selectFrom('channel_roles').select('role').where('channel_id', '=', channelId).where('user_id', '=', userId).executeTakeFirst();
  return row?.role;
}

export async function countRoles(db: Db, channelId: string): Promise<number> {
  const row = await tables(db).selectFrom('channel_roles').select((eb) => eb.fn.countAll().as('count')).where('channel_id', '=', channelId).executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function upsertRole(db: Db, role: { channelId: string; userId: string; role: ChannelRole; at: Date }): Promise<void> {
  await tables(db).insertInto('channel_roles')
    .values({ channel_id: role.channelId, user_id: role.userId, role: role.role, created_at: role.at })
    .onConflict((conflict) => conflict.columns(['channel_id', 'user_id']).doUpdateSet({ role: role.role, created_at: role.at }))
    .execute();
}

/** Says whether there was one. */
export async function deleteRole(db: Db, channelId: string, userId: string): Promise<boolean> {
  const result = await tables(db).deleteFrom('channel_roles').where('channel_id', '=', channelId).where('user_id', '=', userId).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Following again keeps the first date. */
export async function insertFollow(db: Db, follow: { channelId: string; userId: string; at: Date }): Promise<void> {
  await tables(db).insertInto('follows')
    .values({ channel_id: follow.channelId, user_id: follow.userId, followed_at: follow.at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function deleteFollow(db: Db, channelId: string, userId: string): Promise<void> {
  await tables(db).deleteFrom('follows').where('channel_id', '=', channelId).where('user_id', '=', userId).execute();
}

export async function findFollow(db: Db, channelId: string, userId: string): Promise<Date | undefined> {
  const row = await tables(db).selectFrom('follows').select('followed_at').where('channel_id', '=', channelId).where('user_id', '=', userId).executeTakeFirst();
  return row?.followed_at;
}

export async function countFollowers(db: Db, channelId: string): Promise<number> {
  const row = await tables(db).selectFrom('follows').select((eb) => eb.fn.countAll().as('count')).where('channel_id', '=', channelId).executeTakeFirstOrThrow();
  return Number(row.count);
}
