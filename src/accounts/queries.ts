import { sql } from 'kysely';
import type { Generated, Kysely } from 'kysely';
import type { Db, DbTransaction } from '../platform/index.js';

type AccountsTables = {
  users: {
    id: string;
    username: string;
    email: string;
    password_hash: string;
    role: 'admin' | 'user';
    created_at: Date;
    banned_at: Generated<Date | null>;
  };
  sessions: {
    id: string;
    user_id: string;
    token_hash: string;
    previous_hash: Generated<string | null>;
    rotated_at: Date;
    expires_at: Date;
  };
};

/** An account, as its owner and the API see it. */
export interface User {
  id: string;
  username: string;
  email: string;
  role: 'admin' | 'user';
}

export interface UserRow extends User {
  passwordHash: string;
  bannedAt: Date | null;
}

/** One sign-in: the family of all refresh tokens that came from it. */
export interface SessionRow {
  id: string;
  tokenHash: string;
  previousHash: string | null;
  rotatedAt: Date;
  expiresAt: Date;
}

const USER_COLUMNS = [
  'users.id', 'users.username', 'users.email', 'users.role', 'users.password_hash as passwordHash', 'users.banned_at as bannedAt',
] as const;

function tables(db: Db): Kysely<AccountsTables> {
  return db.withTables<AccountsTables>();
}

export async function hasUsers(db: Db): Promise<boolean> {
  return (await tables(db).selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** Makes every other registration wait for the end of this transaction, so that exactly one finds the table empty. */
export async function lockUsers(tx: DbTransaction): Promise<void> {
  await sql`lock table users in share row exclusive mode`.execute(tx);
}

/** Adds the account unless its name or address is taken; says whether it did. */
export async function insertUser(tx: DbTransaction, user: User & { passwordHash: string; createdAt: Date }): Promise<boolean> {
  const { passwordHash, createdAt, ...columns } = user;
  const result = await tables(tx).insertInto('users')
    .values({ ...columns, password_hash: passwordHash, created_at: createdAt })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function isUsernameTaken(db: Db, username: string): Promise<boolean> {
  return (await tables(db).selectFrom('users').select('id').where('username', '=', username).executeTakeFirst()) !== undefined;
}

/** Finds by user name, or by email address in any case. A user name has no `@`, so the two cannot be confused. */
export async function findUserByLogin(db: Db, login: string): Promise<UserRow | undefined> {
  const query = tables(db).selectFrom('users').select(USER_COLUMNS);
  const matching = login.includes('@')
    ? query.where(sql<string>`lower(email)`, '=', sql<string>`lower(${login})`)
    : query.where('username', '=', login.toLowerCase());
  return matching.executeTakeFirst();
}

/** The user of a session that has not ended. */
export async function findUserBySession(db: Db, sessionId: string, now: Date): Promise<UserRow | undefined> {
  return tables(db).selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(USER_COLUMNS)
    .where('sessions.id', '=', sessionId)
    .where('sessions.expires_at', '>', now)
    .executeTakeFirst();
}

/** Adds a session, and removes the user's expired ones and the oldest beyond `keep`. */
export async function insertSession(
  db: Db,
  session: { id: string; userId: string; tokenHash: string; rotatedAt: Date; expiresAt: Date },
  keep: number,
): Promise<void> {
  const sessions = tables(db);
  await sessions.insertInto('sessions').values({
    id: session.id, user_id: session.userId, token_hash: session.tokenHash, rotated_at: session.rotatedAt, expires_at: session.expiresAt,
  }).execute();
  const kept = sessions.selectFrom('sessions').select('id').where('user_id', '=', session.userId)
    .where('expires_at', '>', session.rotatedAt).orderBy('rotated_at', 'desc').limit(keep);
  await sessions.deleteFrom('sessions').where('user_id', '=', session.userId).where('id', 'not in', kept).execute();
}

export async function findSession(db: Db, id: string): Promise<SessionRow | undefined> {
  return tables(db).selectFrom('sessions')
    .select(['id', 'token_hash as tokenHash', 'previous_hash as previousHash', 'rotated_at as rotatedAt', 'expires_at as expiresAt'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Puts the next token in place of the current one; false when another request did so first. */
export async function rotateSession(
  db: Db,
  rotation: { id: string; tokenHash: string; nextHash: string; rotatedAt: Date; expiresAt: Date },
): Promise<boolean> {
  const { id, tokenHash, nextHash, rotatedAt, expiresAt } = rotation;
  const result = await tables(db).updateTable('sessions')
    .set({ token_hash: nextHash, previous_hash: tokenHash, rotated_at: rotatedAt, expires_at: expiresAt })
    .where('id', '=', id)
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function deleteSession(db: Db, id: string): Promise<void> {
  await tables(db).deleteFrom('sessions').where('id', '=', id).execute();
}
