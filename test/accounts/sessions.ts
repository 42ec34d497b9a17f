import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import jwt from 'jsonwebtoken';
import { sql } from 'kysely';
import t from 'tap';
import { ADA, cookieOf, openDatabase, serveAccounts, signInOf } from '../support/accounts.js';
import type { Answer } from '../support/api-client.js';
import { testDatabases } from '../support/database.js';

const SECRET = 'a secret of thirty-two characters or more';
const CLEARED = /^tidemark_refresh=; Path=\/api\/v1\/auth; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Strict$/;

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    const start = async (t: Parameters<typeof serveAccounts>[0]) => {
      const server = await serveAccounts(t, { db, jwtSecret: SECRET });
      const registered = await server.api('POST', '/auth/register', { body: ADA });
      const refresh = (cookie: string | undefined): Promise<Answer> => server.api('POST', '/auth/refresh', cookie === undefined ? {} : { cookie });
      const pass = (seconds: number): void => { server.clock.now = new Date(server.clock.now.getTime() + seconds * 1000); };
      return { ...server, refresh, pass, registered, cookie: cookieOf(registered), ...signInOf(registered) };
    };

    t.test('each refresh gives the next token; the session goes on', async (t) => {
      const { api, refresh, pass, cookie, user } = await start(t);
      let current = cookie;
      for (let n = 0; n < 3; n++) {
        pass(900);
        const answer = await refresh(current);
        t.equal(answer.status, 200);
        t.strictSame(signInOf(answer).user, user);
        t.equal((await api('GET', '/auth/me', { token: signInOf(answer).accessToken })).status, 200);
        t.not(cookieOf(answer), current);
        current = cookieOf(answer);
      }
    });

    t.test('an old token used again ends the session: for the thief and for the owner', async (t) => {
      const { api, refresh, pass, cookie, accessToken, log } = await start(t);
      const next = cookieOf(await refresh(cookie));
      pass(11);
      const reused = await refresh(cookie);
      t.match(reused.body, { status: 401, code: 'session_ended' });
      t.match(reused.headers.getSetCookie(), [CLEARED]);
      t.match((await refresh(next)).body, { status: 401, code: 'session_ended' });
      t.match((await api('GET', '/auth/me', { token: accessToken })).body, { status: 401, code: 'unauthenticated' });
      t.strictSame(log.lines.filter((line) => line.level === 'warn').map((line) => line.message), ['old refresh token used again: session ended']);
    });

    t.test('the grace is for the token before the current one only', async (t) => {
      const { refresh, cookie } = await start(t);
      const second = cookieOf(await refresh(cookie));
      const third = cookieOf(await refresh(second));
      t.match((await refresh(cookie)).body, { code: 'session_ended' });
      t.match((await refresh(third)).body, { code: 'session_ended' });
    });

    t.test('two tabs that refresh at once both stay signed in', async (t) => {
      const { api, refresh, pass, cookie } = await start(t);
      const answers = await Promise.all([refresh(cookie), refresh(cookie), refresh(cookie)]);
      t.strictSame(answers.map((answer) => answer.status), [200, 200, 200]);
      const cookies = answers.map(cookieOf).filter((next) => next !== undefined);
      t.equal(cookies.length, 1, 'one of them has the next token; the browser keeps it for both');
      for (const answer of answers) t.equal((await api('GET', '/auth/me', { token: signInOf(answer).accessToken })).status, 200);
      pass(11);
      t.equal((await refresh(cookies[0])).status, 200);
    });

    t.test('signing out ends the session at once and clears the cookie', async (t) => {
      const { api, refresh, cookie = '', accessToken } = await start(t);
      const other = cookieOf(await api('POST', '/auth/login', { body: { login: 'ada', password: ADA.password } }));
      const out = await api('POST', '/auth/logout', { cookie });
      t.equal(out.status, 204);
      t.match(out.headers.getSetCookie(), [CLEARED]);
      t.match((await refresh(cookie)).body, { status: 401, code: 'session_ended' });
      t.equal((await api('GET', '/auth/me', { token: accessToken })).status, 401);
      t.equal((await refresh(other)).status, 200, 'another device stays signed in');
      t.equal((await api('POST', '/auth/logout')).status, 204, 'signing out twice is no error');
    });

    t.test('a session that is not used for 30 days is over', async (t) => {
      const { refresh, pass, cookie } = await start(t);
      pass(29 * 86_400);
      const used = await refresh(cookie);
      t.equal(used.status, 200);
      pass(30 * 86_400);
      t.match((await refresh(cookieOf(used))).body, { status: 401, code: 'session_ended' });
    });

    t.test('what was never a token is refused', async (t) => {
      const { refresh, cookie = '' } = await start(t);
      const [sessionId] = cookie.split('.');
      for (const bad of [undefined, 'tidemark_refresh=', 'tidemark_refresh=x', `${sessionId}.short`, 'tidemark_refresh=%E0%A4%A', 'other=1']) {
        t.match((await refresh(bad)).body, { status: 401, code: 'session_ended' }, String(bad));
      }
      t.equal((await refresh(cookie)).status, 200, 'and harms no session');
    });

    t.test("another site's page cannot refresh or sign out", async (t) => {
      const { api, refresh, cookie = '' } = await start(t);
      for (const action of ['refresh', 'logout']) {
        const { body } = await api('POST', `/auth/${action}`, { cookie, headers: { 'sec-fetch-site': 'same-site' } });
        t.match(body, { status: 403, code: 'cross_site' });
      }
      t.equal((await refresh(cookie)).status, 200);
    });

    t.test('access tokens: only ours, only these claims, only in time', async (t) => {
      const { api, accessToken, user } = await start(t);
      const { sid } = Object(jwt.decode(accessToken));
      const good = { algorithm: 'HS256', issuer: 'tidemark', audience: 'tidemark-api', subject: user.id, expiresIn: 60 } as const;
      t.equal((await api('GET', '/auth/me', { token: jwt.sign({ sid }, SECRET, good) })).status, 200);
      const { subject: _subject, ...anonymous } = good;
      const bad = {
        'of another secret': jwt.sign({ sid }, `${SECRET}!`, good),
        'unsigned': jwt.sign({ sid }, '', { ...good, algorithm: 'none' }),
        'of another algorithm': jwt.sign({ sid }, SECRET, { ...good, algorithm: 'HS512' }),
        'of another issuer': jwt.sign({ sid }, SECRET, { ...good, issuer: 'tide' }),
        'for another audience': jwt.sign({ sid }, SECRET, { ...good, audience: 'web' }),
        'expired': jwt.sign({ sid }, SECRET, { ...good, expiresIn: -1 }),
        'without a session': jwt.sign({}, SECRET, good),
        'without a user': jwt.sign({ sid }, SECRET, anonymous),
        'of another user': jwt.sign({ sid }, SECRET, { ...good, subject: '00000000-0000-4000-8000-000000000000' }),
        'rubbish': 'x.y.z',
      };
      for (const [what, token] of Object.entries(bad)) {
        const answer = await api('GET', '/auth/me', { token });
        t.match(answer.body, { status: 401, code: 'unauthenticated' }, what);
        t.equal(answer.headers.get('www-authenticate'), 'Bearer');
      }
      for (const authorization of ['', 'Basic YWRhOng=', 'Bearer']) {
        t.equal((await api('GET', '/auth/me', { headers: { authorization } })).status, 401, authorization);
      }
    });

    t.test('a user has at most 50 sessions; the oldest goes', async (t) => {
      const { api, refresh, pass, cookie, user } = await start(t);
      const row = sql`select gen_random_uuid(), ${user.id}::uuid, repeat('0', 64), now() + interval '1 minute', now() + interval '1 day'`;
      await sql`insert into sessions (id, user_id, token_hash, rotated_at, expires_at) ${row} from generate_series(1, 49)`.execute(db);
      pass(120);
      const latest = cookieOf(await api('POST', '/auth/login', { body: { login: 'ada', password: ADA.password } }));
      t.match((await refresh(cookie)).body, { code: 'session_ended' });
      t.equal((await refresh(latest)).status, 200);
    });

    t.test('the cookie travels only over https when the page did', async (t) => {
      const { api } = await serveAccounts(t, { db, trustProxy: 1 });
      const answer = await api('POST', '/auth/register', { body: ADA, headers: { 'x-forwarded-proto': 'https' } });
      t.match(answer.headers.getSetCookie(), [/; HttpOnly; Secure; SameSite=Strict$/]);
    });

    t.test('the signing secret is made on first boot, kept, and readable by the server alone', async (t) => {
      const dataDir = t.testdir();
      const first = await serveAccounts(t, { db, dataDir });
      const { accessToken } = signInOf(await first.api('POST', '/auth/register', { body: ADA }));
      const file = path.join(dataDir, 'jwt-secret');
      t.equal(statSync(file).mode & 0o777, 0o600);
      t.ok(jwt.verify(accessToken, readFileSync(file, 'utf8').trim()));
      const configured = t.testdir({ other: {} });
      await serveAccounts(t, { db, dataDir: path.join(configured, 'other'), jwtSecret: SECRET });
      t.notOk(existsSync(path.join(configured, 'other', 'jwt-secret')), 'none is made when one is configured');
    });
  });
}
