import { sql } from 'kysely';
import type { Generated, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';
import type { SanctionKind } from '../events.js';
import type { ActiveSanction, Grounds } from './standing.js';

type PeopleTables = {
  chat_sanctions: {
    channel_id: string;
    user_id: string;
    kind: SanctionKind;
    reason: string;
    created_at: Date;
    until: Date | null;
    lifted_at: Generated<Date | null>;
  };
  chat_evidence: { user_id: string; kind: 'device' | 'address'; hash: string; first_at: Date; last_at: Date };
  /** What this room reads of accounts and channels. */
  users: { id: string; username: string; role: 'admin' | 'user'; created_at: Date; banned_at: Date | null };
  channels: { id: string; owner_id: string };
  channel_roles: { channel_id: string; user_id: string; role: 'moderator' | 'vip' };
  follows: { channel_id: string; user_id: string; followed_at: Date };
};

/** An account, with what its role in a channel follows from. */
export interface Person extends Grounds {
  username: string;
  createdAt: Date;
  isAccountBanned: boolean;
}

/** Hashes of what somebody writes from. */
export interface Origin {
  device: string;
  address: string;
}

/** Accounts on one address from which on it is taken for one that strangers share. */
const SHARED_BY = 3;

function tables(db: Db): Kysely<PeopleTables> {
  return db.withTables<PeopleTables>();
}

export async function findPerson(db: Db, channelId: string, by: { userId: string } | { username: string }): Promise<Person | undefined> {
  const query = tables(db).selectFrom('channels')
    .innerJoin('users', (join) => join.onTrue())
    .leftJoin('channel_roles', (join) => join.onRef('channel_roles.channel_id', '=', 'channels.id').onRef('channel_roles.user_id', '=', 'users.id'))
    .leftJoin('follows', (join) => join.onRef('follows.channel_id', '=', 'channels.id').onRef('follows.user_id', '=', 'users.id'))
    .select([
      'users.id as userId', 'users.username', 'users.role', 'users.created_at as createdAt', 'users.banned_at as bannedAt',
      'channels.owner_id as ownerId', 'channel_roles.role as granted', 'follows.followed_at as followsSince',
    ])
    .where('channels.id', '=', channelId);
  const row = await ('userId' in by ? query.where('users.id', '=', by.userId) : query.where('users.username', '=', by.username.toLowerCase())).executeTakeFirst();
  if (row === undefined) return undefined;
  const { role, bannedAt, ...person } = row;
  return { ...person, isAdmin: role === 'admin', isAccountBanned: bannedAt !== null };
}

/** Of an account in a channel, and of those that used the same device. */
export async function listActiveSanctions(db: Db, wish: { channelId: string; userId: string; device: string | undefined; evidenceSince: Date; now: Date }): Promise<ActiveSanction[]> {
  const { channelId, userId, device, evidenceSince, now } = wish;
  const rows = await tables(db).selectFrom('chat_sanctions')
    .select(['kind', 'reason', 'created_at as createdAt', 'until', 'user_id'])
    .where('channel_id', '=', channelId)
    .where('lifted_at', 'is', null)
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', now)]))
    .where((eb) => {
      const own = eb('user_id', '=', userId);
      if (device === undefined) return own;
      const neighbours = eb.selectFrom('chat_evidence').select('chat_evidence.user_id').where('chat_evidence.kind', '=', 'device').where('hash', '=', device).where('last_at', '>', evidenceSince);
      // A warning is for one account to acknowledge.
      return eb.or([own, eb.and([eb('user_id', 'in', neighbours), eb('kind', '<>', 'warning')])]);
    })
    // Its own first: only their reasons are told. Of those, the one that lasts longest.
    .orderBy((eb) => eb('user_id', '=', userId), 'desc').orderBy('until', (order) => order.desc().nullsFirst())
    .execute();
  return rows.map(({ user_id, ...sanction }) => ({ ...sanction, isOwn: user_id === userId }));
}

/**
 * Whether the account was made after somebody was banned from the channel who wrote from this address, and few wrote
 * from there who had their account before: those that were made since say nothing for each other.
 */
export async function isSuspect(db: Db, wish: { channelId: string; userId: string; createdAt: Date; address: string; evidenceSince: Date; now: Date }): Promise<boolean> {
  const { channelId, userId, createdAt, address, evidenceSince, now } = wish;
  const { rows } = await sql<{ others: number }>`
    with here as (
      select user_id from chat_evidence where kind = 'address' and hash = ${address} and last_at > ${evidenceSince} and user_id <> ${userId}
    ), bans as (
      select s.user_id, s.created_at from chat_sanctions s join here on here.user_id = s.user_id
      where s.channel_id = ${channelId} and s.kind = 'ban' and s.lifted_at is null and (s.until is null or s.until > ${now}) and s.created_at < ${createdAt}
    ), first_ban as (select min(created_at) as at from bans)
    select (
      select count(*)::integer from here join users u on u.id = here.user_id
      where u.created_at < first_ban.at and not exists (select 1 from bans where bans.user_id = here.user_id)
    ) as others
    from first_ban where first_ban.at is not null`.execute(db);
  return rows.some(({ others }) => others < SHARED_BY);
}

/** Names of accounts that used a device of this one, the latest first. */
export async function listOnSameDevice(db: Db, wish: { userId: string; evidenceSince: Date; limit: number }): Promise<string[]> {
  const { rows } = await sql<{ username: string }>`
    select u.username from chat_evidence own
    join chat_evidence other on other.kind = 'device' and other.hash = own.hash and other.user_id <> own.user_id and other.last_at > ${wish.evidenceSince}
    join users u on u.id = other.user_id
    where own.kind = 'device' and own.user_id = ${wish.userId} and own.last_at > ${wish.evidenceSince}
    group by u.username order by max(other.last_at) desc, u.username limit ${wish.limit}`.execute(db);
  return rows.map(({ username }) => username);
}

/** Notes where an account writes from. */
export async function upsertEvidence(db: Db, userId: string, origin: Origin, now: Date): Promise<void> {
  await tables(db).insertInto('chat_evidence')
    .values([
      { user_id: userId, kind: 'device', hash: origin.device, first_at: now, last_at: now },
      { user_id: userId, kind: 'address', hash: origin.address, first_at: now, last_at: now },
    ])
    .onConflict((conflict) => conflict.columns(['user_id', 'kind', 'hash']).doUpdateSet({ last_at: now }))
    .execute();
}

/** What is older proves nothing any more. */
export async function deleteEvidence(db: Db, before: Date): Promise<void> {
  await tables(db).deleteFrom('chat_evidence').where('last_at', '<', before).execute();
}

/** Which of these names are accounts. */
export async function listUsernames(db: Db, usernames: string[]): Promise<string[]> {
  if (usernames.length === 0) return [];
  const rows = await tables(db).selectFrom('users').select('username').where('username', 'in', usernames).execute();
  return rows.map(({ username }) => username);
}
