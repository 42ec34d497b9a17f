import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { Api } from '../../src/web/api/api.js';
import { Session, type Remembered } from '../../src/web/api/session.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const USER = { id: 'u1', username: 'ada', email: 'ada@example.org', role: 'user' };

/** A server that answers by route, and everything asked of it in order. */
async function serve(t: Test, answers: Record<string, Answer>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const route = `${request.method} ${request.url}`;
    asked.push(`${route} ${request.headers.authorization ?? '-'}`);
    (answers[route] ?? reply(404, { code: 'not_found', detail: 'nothing here' }))(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  }));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { origin: `http://127.0.0.1:${address.port}`, asked, server };
}

function reply(status: number, body: unknown): Answer {
  return (_request, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? undefined : JSON.stringify(body));
}

const opened = (accessToken: string) => reply(200, { user: USER, accessToken, expiresInSec: 900 });

function memory(values: Record<string, string> = {}): Remembered & { values: Record<string, string> } {
  return {
    values,
    getItem: (key) => values[key] ?? null,
    setItem: (key, value) => { values[key] = value; },
    removeItem: (key) => { delete values[key]; },
  };
}

t.test('a viewer who never signed in costs no request', async (t) => {
  const { origin, asked } = await serve(t, {});
  const session = new Session({ origin, remembered: memory() });
  await session.restore();
  t.equal(session.state.name, 'signed-out');
  t.same(asked, []);
});

t.test('sign in, come back later, sign out', async (t) => {
  const { origin, asked } = await serve(t, {
    'POST /api/v1/auth/login': opened('one'), 'POST /api/v1/auth/refresh': opened('two'), 'POST /api/v1/auth/logout': reply(204, undefined),
  });
  const remembered = memory();
  await new Session({ origin, remembered }).signIn({ login: 'ada', password: 'correct horse' });
  t.notMatch(JSON.stringify(remembered.values), /one|correct/, 'nothing secret is kept');

  const later = new Session({ origin, remembered });
  const states: string[] = [];
  later.subscribe(() => states.push(later.state.name));
  await later.restore();
  t.equal(later.accessToken, 'two');
  await later.signOut();
  t.same(states, ['signed-in', 'signed-out']);
  t.equal(later.accessToken, undefined);
  t.same(remembered.values, {});
  t.same(asked.map((line) => line.split(' ')[1]), ['/api/v1/auth/login', '/api/v1/auth/refresh', '/api/v1/auth/logout']);
});

t.test('an access token that ran out is renewed once for all who wait', async (t) => {
  const isFresh: Answer = (request, response) =>
    (request.headers.authorization === 'Bearer two' ? reply(200, { streamKeys: [] }) : reply(401, { code: 'unauthenticated', detail: 'sign in first' }))(request, response);
  const { origin, asked } = await serve(t, {
    'POST /api/v1/auth/login': opened('one'), 'POST /api/v1/auth/refresh': opened('two'), 'GET /api/v1/channels/ada/stream-keys': isFresh,
  });
  const session = new Session({ origin, remembered: memory() });
  const api = new Api({ origin, session });
  await session.signIn({ login: 'ada', password: 'x' });
  t.same(await Promise.all([api.streamKeys('ada'), api.streamKeys('ada')]), [[], []]);
  t.equal(asked.filter((line) => line.includes('/refresh')).length, 1);
});

t.test('a session that is over signs out and says so', async (t) => {
  const refused = reply(401, { code: 'session_ended', detail: 'this session has ended: sign in again' });
  const { origin } = await serve(t, { 'POST /api/v1/auth/login': opened('one'), 'POST /api/v1/auth/refresh': refused, 'GET /api/v1/channels/ada/health': refused });
  const session = new Session({ origin, remembered: memory() });
  await session.signIn({ login: 'ada', password: 'x' });
  await t.rejects(new Api({ origin, session }).channelHealth('ada'), { code: 'session_ended', status: 401 });
  t.equal(session.state.name, 'signed-out');
});

t.test('a server that is away signs nobody out', async (t) => {
  const { origin, server } = await serve(t, {});
  server.close();
  server.closeAllConnections();
  const remembered = memory({ 'tidemark.signed-in': 'ada' });
  const session = new Session({ origin, remembered });
  await t.rejects(session.restore(), { code: 'unreachable', status: 0 });
  t.equal(session.state.name, 'unknown');
  t.same(Object.keys(remembered.values), ['tidemark.signed-in']);
});

t.test('an abort is an abort, not a problem', async (t) => {
  const { origin } = await serve(t, { 'GET /api/v1/live': () => undefined });
  const api = new Api({ origin, session: new Session({ origin, remembered: memory() }) });
  const left = new AbortController();
  const asking = api.live(left.signal);
  left.abort();
  await t.rejects(asking, { name: 'AbortError' });
});
