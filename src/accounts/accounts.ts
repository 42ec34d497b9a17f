import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { readOrMakeSecret } from '../platform/index.js';
import type { Component, Db, DbTransaction, Log } from '../platform/index.js';
import { AccessTokens } from './access-token.js';
import type { AccountsConfig } from './config.js';
import { AccountBanned, AccountTaken, CredentialsRejected, RegistrationClosed, SessionEnded, Unauthenticated } from './errors.js';
import { PasswordHasher } from './password-hasher.js';
import {
  deleteSession, findSession, findUserByLogin, findUserBySession, hasUsers, insertSession, insertUser, isUsernameTaken,
  lockUsers, rotateSession,
} from './queries.js';
import type { SessionRow, User } from './queries.js';
import { hashSecret, judgeToken, makeRefreshToken, parseRefreshToken, refreshTokenText } from './refresh-token.js';

/** Who makes a request. */
export type Caller = Pick<User, 'id' | 'username' | 'role'>;

/** What signing in gives. */
export interface SignIn {
  user: User;
  accessToken: string;
  expiresInSec: number;
  /** Undefined when the browser has the new one already, from the refresh that another of its tabs just made. */
  refresh: { token: string; expiresAt: Date } | undefined;
}

export interface AccountsOptions {
  db: Db;
  config: Pick<AccountsConfig, 'jwtSecret' | 'accessTokenMin' | 'refreshTokenDays' | 'registration'>;
  /** Keeps `jwt-secret` when the configuration has none. */
  dataDir: string;
  /** Adds what every new account has, in the same transaction: all of it exists, or nothing. */
  onRegistered: (tx: DbTransaction, user: User) => Promise<void>;
  log: Log;
  now?: () => Date;
}

/** Only the header is looked at. */
export interface AuthorizedRequest {
  headers: { authorization?: string | undefined };
}

const MAX_SESSIONS = 50;
const DAY_MS = 86_400_000;

/** Users and their sessions. */
export class Accounts implements Component {
  readonly #options: AccountsOptions;
  readonly #db: Db;
  readonly #log: Log;
  readonly #now: () => Date;
  readonly #hasher = new PasswordHasher();
  #accessTokens: AccessTokens | undefined;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#log = options.log;
    this.#now = options.now ?? (() => new Date());
  }

  /** Reads the signing secret, or makes it on first boot. */
  async start(): Promise<void> {
    const { config, dataDir } = this.#options;
    const secret = config.jwtSecret || (await readOrMakeSecret(path.join(dataDir, 'jwt-secret')));
    this.#accessTokens = new AccessTokens({ secret, lifeSec: config.accessTokenMin * 60 });
  }

  async stop(): Promise<void> {}

  async hasAccounts(): Promise<boolean> {
    return hasUsers(this.#db);
  }

  /**
   * Makes an account and signs it in; the first one is the admin, and can be made even when registration is closed.
   * @throws {RegistrationClosed} {AccountTaken} {TooBusy}
   */
  async register(account: { username: string; email: string; password: string }): Promise<SignIn> {
    await this.#refuseIfClosed(this.#db); // before the expensive hash; again inside the transaction
    const passwordHash = await this.#hasher.hash(account.password);
    const { username, email } = account;
    const user = await this.#db.transaction().execute(async (tx) => {
      await lockUsers(tx);
      const isFirst = await this.#refuseIfClosed(tx);
      const added: User = { id: randomUUID(), username, email, role: isFirst ? 'admin' : 'user' };
      const isNew = await insertUser(tx, { ...added, passwordHash, createdAt: this.#now() });
      if (!isNew) throw new AccountTaken((await isUsernameTaken(tx, username)) ? 'username' : 'email');
      await this.#options.onRegistered(tx, added);
      return added;
    });
    this.#log.info('account made', { user: user.id, username, role: user.role });
    return this.#openSession(user);
  }

  /** @throws {CredentialsRejected} {AccountBanned} {TooBusy} */
  async login(credentials: { login: string; password: string }): Promise<SignIn> {
    const row = await findUserByLogin(this.#db, credentials.login);
    const isRight = await this.#hasher.verify(row?.passwordHash, credentials.password);
    if (!row || !isRight) throw new CredentialsRejected();
    if (row.bannedAt) throw new AccountBanned();
    return this.#openSession(userOf(row));
  }

  /**
   * Exchanges a refresh token for the next one. A token that was exchanged before ends the whole session:
   * either the browser or somebody else holds a copy, and only signing in tells them apart.
   * @throws {SessionEnded} {AccountBanned}
   */
  async refresh(tokenText: string): Promise<SignIn> {
    const { session, secret } = await this.#getSession(tokenText);
    const verdict = judgeToken(session, secret, this.#now());
    if (verdict === 'reused' || verdict === 'expired') throw await this.#endSession(session, verdict);
    const row = await findUserBySession(this.#db, session.id, this.#now());
    if (!row) throw new SessionEnded();
    if (row.bannedAt) throw new AccountBanned();
    const refresh = verdict === 'current' ? await this.#rotate(session) : undefined;
    return this.#signIn(userOf(row), session.id, refresh);
  }

  /** Ends the session that the token belongs to, if it is one. */
  async logout(tokenText: string): Promise<void> {
    const found = await this.#getSession(tokenText).catch(() => undefined);
    if (!found) return;
    const verdict = judgeToken(found.session, found.secret, this.#now());
    if (verdict !== 'reused') await deleteSession(this.#db, found.session.id);
  }

  /** @throws {Unauthenticated} without a valid access token of a session that goes on; {AccountBanned} */
  async caller(request: AuthorizedRequest): Promise<Caller> {
    const user = await this.user(request);
    return { id: user.id, username: user.username, role: user.role };
  }

  /** Undefined when no token is sent. @throws {Unauthenticated} when a bad one is. */
  async findCaller(request: AuthorizedRequest): Promise<Caller | undefined> {
    return request.headers.authorization === undefined ? undefined : this.caller(request);
  }

  /** The whole account of the caller. @throws like `caller` */
  async user(request: AuthorizedRequest): Promise<User> {
    return (await this.#userOfToken(bearerOf(request))).user;
  }

  /** Who an access token stands for, and until when; for connections that outlive a request. @throws like `caller` */
  async bearer(accessToken: string): Promise<{ caller: Caller; expiresAt: Date }> {
    const { user: { id, username, role }, expiresAt } = await this.#userOfToken(accessToken);
    return { caller: { id, username, role }, expiresAt };
  }

  async #userOfToken(accessToken: string): Promise<{ user: User; expiresAt: Date }> {
    const { userId, sessionId, expiresAt } = this.#tokens().verify(accessToken);
    const row = await findUserBySession(this.#db, sessionId, this.#now());
    if (row?.id !== userId) throw new Unauthenticated('this session has ended');
    if (row.bannedAt) throw new AccountBanned();
    return { user: userOf(row), expiresAt };
  }

  /** @returns whether there is no account yet. */
  async #refuseIfClosed(db: Db): Promise<boolean> {
    const isFirst = !(await hasUsers(db));
    if (!isFirst && this.#options.config.registration === 'closed') throw new RegistrationClosed();
    return isFirst;
  }

  async #openSession(user: User): Promise<SignIn> {
    const token = makeRefreshToken(randomUUID());
    const expiresAt = this.#refreshExpiry();
    const session = { id: token.sessionId, userId: user.id, tokenHash: hashSecret(token.secret), rotatedAt: this.#now(), expiresAt };
    await insertSession(this.#db, session, MAX_SESSIONS);
    return this.#signIn(user, session.id, { token: refreshTokenText(token), expiresAt });
  }

  /** Undefined when another tab's request was faster by a hair. */
  async #rotate(session: SessionRow): Promise<SignIn['refresh']> {
    const next = makeRefreshToken(session.id);
    const expiresAt = this.#refreshExpiry();
    const nextHash = hashSecret(next.secret);
    const isOurs = await rotateSession(this.#db, { id: session.id, tokenHash: session.tokenHash, nextHash, rotatedAt: this.#now(), expiresAt });
    return isOurs ? { token: refreshTokenText(next), expiresAt } : undefined;
  }

  async #getSession(tokenText: string): Promise<{ session: SessionRow; secret: string }> {
    const token = parseRefreshToken(tokenText);
    const session = token && (await findSession(this.#db, token.sessionId));
    if (!session) throw new SessionEnded();
    return { session, secret: token.secret };
  }

  async #endSession(session: SessionRow, verdict: 'reused' | 'expired'): Promise<SessionEnded> {
    await deleteSession(this.#db, session.id);
    if (verdict === 'reused') this.#log.warn('old refresh token used again: session ended', { session: session.id });
    return new SessionEnded();
  }

  #signIn(user: User, sessionId: string, refresh: SignIn['refresh']): SignIn {
    const tokens = this.#tokens();
    return { user, accessToken: tokens.sign({ userId: user.id, sessionId }), expiresInSec: tokens.lifeSec, refresh };
  }

  #refreshExpiry(): Date {
    return new Date(this.#now().getTime() + this.#options.config.refreshTokenDays * DAY_MS);
  }

  #tokens(): AccessTokens {
    if (!this.#accessTokens) throw new Error('accounts are used before they are started');
    return this.#accessTokens;
  }
}

function userOf({ id, username, email, role }: User): User {
  return { id, username, email, role };
}

/** RFC 6750 §2.1. */
function bearerOf(request: AuthorizedRequest): string {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) throw new Unauthenticated();
  return token;
}
