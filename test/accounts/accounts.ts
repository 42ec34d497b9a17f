import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import t from 'tap';
import { ADA, BOB, openDatabase, serveAccounts, signInOf } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('the first account is the admin, the next is not, and each is signed in', async (t) => {
      const { api } = await serveAccounts(t, { db });
      const first = await api('POST', '/auth/register', { body: { ...ADA, username: 'Ada' } });
      t.equal(first.status, 201);
      const { user, accessToken, expiresInSec } = signInOf(first);
      t.strictSame(user, { id: user.id, username: 'ada', email: 'Ada@Example.org', role: 'admin' });
      t.equal(expiresInSec, 900);
      t.match(first.headers.getSetCookie(), [
        /^tidemark_refresh=[\w-]+\.[\w-]{43}; Path=\/api\/v1\/auth; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
      ]);
      const second = await api('POST', '/auth/register', { body: BOB });
      t.equal(signInOf(second).user.role, 'user');
      t.strictSame((await api('GET', '/auth/me', { token: accessToken })).body, { user });
    });

    t.test('of several first accounts at once, exactly one is the admin', async (t) => {
      // Each transaction stays open long enough for the next password to be hashed, so that they meet.
      const { api, accounts } = await serveAccounts(t, { db, onRegistered: () => delay(100) });
      t.equal(await accounts.hasAccounts(), false);
      const answers = await Promise.all(Array.from({ length: 6 }, (_, n) =>
        api('POST', '/auth/register', { body: { username: `first${n}`, email: `first${n}@example.org`, password: 'all at the same time' } })));
      t.strictSame(answers.map((answer) => signInOf(answer).user.role).sort(), ['admin', 'user', 'user', 'user', 'user', 'user']);
      t.equal(await accounts.hasAccounts(), true);
    });

    t.test('closed registration takes the first account only, even of two at once', async (t) => {
      const { api } = await serveAccounts(t, { db, registration: 'closed', onRegistered: () => delay(100) });
      const answers = await Promise.all([ADA, BOB].map((body) => api('POST', '/auth/register', { body })));
      t.strictSame(answers.map((answer) => answer.status).sort(), [201, 403]);
      t.match((await api('POST', '/auth/register', { body: BOB })).body, { status: 403, code: 'registration_closed' });
    });

    t.test('what does not fit is said field by field', async (t) => {
      const { api } = await serveAccounts(t, { db });
      const answer = await api('POST', '/auth/register', { body: { username: '-x', email: 'nowhere', password: 'short', role: 'admin' } });
      t.equal(answer.status, 400);
      t.match(answer.body, {
        code: 'request_invalid',
        issues: [
          { path: 'username', message: 'must be 2 to 30 characters: a to z, 0 to 9, _ and -, starting with a letter or digit' },
          { path: 'email', message: 'must be an email address' },
          { path: 'password', message: 'must have at least 10 characters' },
          { path: '', message: 'Unrecognized key: "role"' },
        ],
      });
      for (const username of ['studio', 'API', 'hls']) {
        const { body } = await api('POST', '/auth/register', { body: { ...ADA, username } });
        t.match(body, { status: 400, issues: [{ path: 'username', message: 'is reserved: choose another' }] }, username);
      }
      t.match((await api('POST', '/auth/login', { body: { password: 'no name given' } })).body, { issues: [{ path: 'login' }] });
    });

    t.test('a name or an address has one account, whatever its case, even of two at once', async (t) => {
      const { api } = await serveAccounts(t, { db });
      const twins = await Promise.all(['one', 'two'].map((mail) =>
        api('POST', '/auth/register', { body: { ...ADA, email: `${mail}@example.org` } })));
      t.strictSame(twins.map((answer) => answer.status).sort(), [201, 409]);
      await api('POST', '/auth/register', { body: BOB });
      const sameName = await api('POST', '/auth/register', { body: { ...BOB, username: 'BOB', email: 'other@example.org' } });
      t.match(sameName.body, { status: 409, code: 'username_taken', issues: [{ path: 'username' }] });
      const sameMail = await api('POST', '/auth/register', { body: { ...BOB, username: 'robert', email: 'BOB@example.ORG' } });
      t.match(sameMail.body, { status: 409, code: 'email_taken', issues: [{ path: 'email' }] });
    });

    t.test('an account without what belongs to it does not exist', async (t) => {
      const { api, accounts } = await serveAccounts(t, { db, onRegistered: async () => { throw new Error('no room for the channel'); } });
      t.match((await api('POST', '/auth/register', { body: ADA })).body, { status: 500, code: 'internal' });
      t.equal(await accounts.hasAccounts(), false);
    });

    t.test('signing in takes the name or the address in any case; what is wrong is not told', async (t) => {
      const { api } = await serveAccounts(t, { db });
      await api('POST', '/auth/register', { body: ADA });
      for (const login of [{ login: 'ADA' }, { username: 'ada' }, { email: 'ada@example.ORG' }, { login: ' ada@example.org ' }]) {
        t.equal((await api('POST', '/auth/login', { body: { ...login, password: ADA.password } })).status, 200, JSON.stringify(login));
      }
      const wrong = await api('POST', '/auth/login', { body: { login: 'ada', password: 'not her password' } });
      const unknown = await api('POST', '/auth/login', { body: { login: 'eve', password: 'not her password' } });
      t.match(wrong.body, { status: 401, code: 'credentials_rejected' });
      t.strictSame(unknown.body, wrong.body);
      t.strictSame(wrong.headers.getSetCookie(), []);
    });

    t.test('a password is the same from any keyboard', async (t) => {
      const { api } = await serveAccounts(t, { db });
      await api('POST', '/auth/register', { body: { ...ADA, password: 'mar\u00e9e haute' } });
      t.equal((await api('POST', '/auth/login', { body: { login: 'ada', password: 'mare\u0301e haute' } })).status, 200);
    });

    t.test('a banned account cannot come in, nor stay', async (t) => {
      const { api } = await serveAccounts(t, { db });
      const { accessToken } = signInOf(await api('POST', '/auth/register', { body: ADA }));
      await sql`update users set banned_at = now()`.execute(db);
      t.match((await api('GET', '/auth/me', { token: accessToken })).body, { status: 403, code: 'account_banned' });
      t.match((await api('POST', '/auth/login', { body: { login: 'ada', password: ADA.password } })).body, { code: 'account_banned' });
      t.match((await api('POST', '/auth/login', { body: { login: 'ada', password: 'guessing words' } })).body, { code: 'credentials_rejected' });
    });

    t.test('the password is stored as argon2id', async (t) => {
      const { api } = await serveAccounts(t, { db });
      await api('POST', '/auth/register', { body: ADA });
      const { rows } = await sql<{ password_hash: string }>`select password_hash from users`.execute(db);
      t.match(rows[0]?.password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    });

    t.test('attempts of one address are limited; another is not touched', async (t) => {
      const { api } = await serveAccounts(t, { db, attemptsPer15Min: 3, trustProxy: 1 });
      const attempt = (from: string) =>
        api('POST', '/auth/login', { body: { login: 'ada', password: 'guessing words' }, headers: { 'x-forwarded-for': from } });
      for (let n = 0; n < 3; n++) t.equal((await attempt('2001:db8::1')).status, 401);
      const limited = await attempt('2001:db8::ffff');
      t.match(limited.body, { status: 429, code: 'rate_limited' });
      t.equal(limited.headers.get('retry-after'), '900');
      t.equal((await attempt('203.0.113.5')).status, 401);
    });

    t.test('a flood of sign-ins is cut, not queued without end', async (t) => {
      const { api } = await serveAccounts(t, { db });
      const answers = await Promise.all(Array.from({ length: 60 }, () =>
        api('POST', '/auth/login', { body: { login: 'nobody', password: 'guessing words' } })));
      const count = (status: number): number => answers.filter((answer) => answer.status === status).length;
      t.equal(count(401) + count(503), 60);
      t.ok(count(503) >= 1 && count(401) >= 41, `${count(401)} were checked`);
      const busy = answers.find((answer) => answer.status === 503);
      t.match(busy?.body, { code: 'too_busy' });
      t.equal(busy?.headers.get('retry-after'), '3');
      t.equal((await api('POST', '/auth/login', { body: { login: 'nobody', password: 'guessing words' } })).status, 401, 'over, it goes on');
    });
  });
}
