import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { ChatMessage } from '../../src/chat/events.js';
import { signInOf } from '../support/accounts.js';
import { apiClient } from '../support/api-client.js';
import { connectChat, said } from '../support/chat-client.js';
import type { ChatClient } from '../support/chat-client.js';
import { postgresMissing, startPostgres } from '../support/database.js';
import { end } from '../support/publisher.js';
import { redisMissing, startRedis } from '../support/redis.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import type { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

const skip = postgresMissing() || redisMissing();

t.test('two servers on one Postgres and one Redis are one chat', { skip }, async (t) => {
  const fleet = await startFleet(t);
  const [ada, bob, eve] = [await fleet.guest('ada', 0), await fleet.guest('bob', 1), await fleet.guest('eve', 1)];

  t.test('a message, a deletion, a mode, a role and a ban on one are seen on the other', async (t) => {
    const { message } = await bob.get('chat-message', said('ada', 'hello from the other server'));
    t.match(await ada.heard('new-message'), { id: message.id, seq: 1 });
    await ada.get('delete-message', { channel: 'ada', messageId: message.id });
    t.same(await bob.heard('message-deleted'), { channel: 'ada', messageId: message.id });

    await ada.get('set-role', { channel: 'ada', username: 'eve', role: 'vip' });
    t.match(await eve.heard('you-changed'), { you: { role: 'vip' } });
    await ada.get('set-modes', { channel: 'ada', modes: { slowSec: 60 } });
    t.match(await bob.heard('room-changed'), { modes: { slowSec: 60 } });
    t.match(await bob.ask('chat-message', said('ada', 'too soon')), { code: 'chat_slow_mode' }, 'the first message counts, though it is deleted');
    const elsewhere = await fleet.arrive('bob', 0);
    t.match(await elsewhere.ask('chat-message', said('ada', 'through the other door')), { code: 'chat_slow_mode' });
    await ada.get('set-modes', { channel: 'ada', modes: { slowSec: 0 } });

    await ada.get('ban-user', { channel: 'ada', username: 'bob', reason: 'spam' });
    t.match(await bob.heard('you-changed', ({ you }) => you.sanction !== undefined), { you: { sanction: { kind: 'ban', reason: 'spam' } } });
    t.match(await bob.ask('chat-message', said('ada', 'still here')), { code: 'chat_banned' });
    t.match(await elsewhere.ask('chat-message', said('ada', 'here too')), { code: 'chat_banned' });
    await ada.get('unban-user', { channel: 'ada', username: 'bob' });
    elsewhere.close();
  });

  t.test('chatters of both are in one list', async (t) => {
    const names = await until('the other server has told who is there', async () => {
      const { chatters } = await ada.get('list-chatters', { channel: 'ada' });
      return chatters.length === 3 && chatters.some(({ role }) => role === 'vip') ? chatters : undefined;
    });
    t.same(names, [{ username: 'ada', role: 'owner' }, { username: 'eve', role: 'vip' }, { username: 'bob', role: 'viewer' }]);
    ada.forget();
    const zoe = await fleet.guest('zoe', 1);
    t.same(await ada.heard('viewer-joined'), { channel: 'ada', count: 1, chatters: [{ username: 'zoe', role: 'viewer' }] });
    zoe.close();
    t.match(await ada.heard('viewer-left'), { count: 1, chatters: [{ username: 'zoe' }] });
  });

  t.test('limits count on both together', async (t) => {
    await fleet.guest('kim', 0);
    await ada.get('set-role', { channel: 'ada', username: 'kim', role: 'moderator' });
    const doors = [await fleet.arrive('kim', 0), await fleet.arrive('kim', 1)];
    const codes: string[] = [];
    for (let i = 0; i < 12; i++) {
      const reply = await doors[i % 2]?.ask('chat-message', said('ada', `${WORDS[i]} ${i * 7_919}`));
      codes.push(reply?.ok === true ? 'ok' : reply?.code ?? '');
    }
    t.same(codes, [...Array<string>(10).fill('ok'), 'rate_limited', 'rate_limited'], 'ten in a minute, not ten on each');
  });

  t.test('metrics tell of messages, refusals and Redis', async (t) => {
    const text = await (await fetch(`${fleet.servers[1].url}/metrics`)).text();
    t.match(text, /^tidemark_chat_messages_total\{outcome="ok"\} [1-9]/m);
    t.match(text, /^tidemark_chat_refusals_total\{code="chat_slow_mode"\} [1-9]/m);
    t.match(text, /^tidemark_redis_up 1$/m);
    t.match(text, /^tidemark_chat_connections [1-9]/m);
  });

  t.test('Redis goes away and comes back while both are written to', async (t) => {
    const write = writer(t, [await fleet.guest('una', 0), await fleet.guest('ivo', 1)]);
    const pia = await fleet.guest('pia', 1);
    const watchers = [await fleet.guest('wim', 0), pia];
    await write.until(20);
    await fleet.redis.stop('SIGTERM');
    await write.until(60);
    await ada.get('timeout-user', { channel: 'ada', username: 'bob', seconds: 600 });
    await ada.get('set-modes', { channel: 'ada', modes: { isUniqueChat: true } });
    const { message: doomed } = await eve.get('chat-message', said('ada', 'deleted while redis is away'));
    await pia.heard('new-message', ({ id }) => id === doomed.id);
    await ada.get('delete-message', { channel: 'ada', messageId: doomed.id });
    await pia.heard('message-deleted', ({ messageId }) => messageId === doomed.id);
    await pia.heard('room-changed', ({ modes }) => modes.isUniqueChat);
    await bob.heard('you-changed', ({ you }) => you.sanction?.kind === 'timeout');
    await fleet.redis.start();
    await write.until(100);
    const acknowledged = await write.end();
    await checkSeen(t, watchers, acknowledged);
    await checkHistory(t, ada, acknowledged);
    t.notMatch(fleet.output(), / error |uncaught/i);
    const { message } = await until('they are joined through Redis again', async () => {
      const told = await eve.get('chat-message', said('ada', `joined again ${Date.now()}`));
      return pia.heard('new-message', ({ id }) => id === told.message.id, 1_000).then(() => told, () => undefined);
    });
    t.ok(message.seq);
  });

  t.test('a Redis that hangs holds nobody up for long', async (t) => {
    fleet.redis.pause();
    const startedMs = performance.now();
    const { message } = await eve.get('chat-message', said('ada', 'redis hangs'));
    t.ok(performance.now() - startedMs < 5_000, `${Math.round(performance.now() - startedMs)} ms`);
    await ada.heard('new-message', ({ id }) => id === message.id);
    fleet.redis.resume();
  });

  t.test('Postgres is killed and comes back: writers are told, nothing is lost', async (t) => {
    const write = writer(t, [await fleet.guest('max', 0), await fleet.guest('liv', 1)]);
    const watchers = [await fleet.guest('tom', 0), await fleet.guest('ida', 1)];
    await write.until(20);
    await fleet.postgres.kill();
    t.match(await eve.ask('chat-message', said('ada', 'nowhere to write it')), { ok: false, code: 'internal_error' });
    await fleet.postgres.start();
    await write.until(60);
    const acknowledged = await write.end();
    await checkSeen(t, watchers, acknowledged);
    await checkHistory(t, ada, acknowledged);
  });

  t.test('a server is killed: its clients send again at the other one', async (t) => {
    const una = await fleet.arrive('una', 0);
    const write = writer(t, [una, await fleet.arrive('ivo', 1)], { onLost: () => fleet.arrive('una', 1) });
    const watchers = [await fleet.arrive('pia', 1)];
    await write.until(20);
    await end(fleet.servers[0].child, 'SIGKILL');
    await write.until(60);
    const acknowledged = await write.end();
    await checkSeen(t, watchers, acknowledged);
    await checkHistory(t, watchers[0] ?? eve, acknowledged);
    await until('the killed one is out of the list', async () => {
      const owner = await fleet.arrive('ada', 1);
      const { chatters } = await owner.get('list-chatters', { channel: 'ada' });
      owner.close();
      return chatters.some(({ username }) => username === 'wim') ? undefined : true;
    });
    t.equal(fleet.servers[1].child.exitCode, null);
  });
});

const WORDS = ['amber', 'birch', 'cobalt', 'dune', 'ember', 'fjord', 'gravel', 'harbor', 'indigo', 'juniper', 'kelp', 'lantern'];

/** Everybody saw each acknowledged message: once, when those with the same id are one. */
async function checkSeen(t: Test, watchers: ChatClient[], acknowledged: ChatMessage[]): Promise<void> {
  for (const watcher of watchers) {
    const seen = await until('all acknowledged messages are seen', () => {
      const ids = new Set(watcher.all('new-message').map(({ id }) => id));
      return acknowledged.every(({ id }) => ids.has(id)) ? watcher.all('new-message') : undefined;
    }, 30_000);
    const numbers = new Map(seen.map(({ id, seq }) => [id, seq]));
    t.equal(new Set(numbers.values()).size, numbers.size, 'no two messages have one number');
  }
}

/** Each acknowledged message is in the history, once, and so is its text. */
async function checkHistory(t: Test, client: ChatClient, acknowledged: ChatMessage[]): Promise<void> {
  const history: ChatMessage[] = [];
  for (let after = 0, hasMore = true; hasMore;) {
    const page = await client.get('load-history', { channel: 'ada', after });
    history.push(...page.messages);
    hasMore = page.hasMore;
    after = page.upTo;
  }
  const mine = new Set(acknowledged.map(({ text }) => text));
  const found = history.filter(({ text }) => mine.has(text));
  t.same(found.map(({ id }) => id).toSorted(), acknowledged.map(({ id }) => id).toSorted());
}

/** Clients that write without a pause; what is not acknowledged is sent again with the same nonce. */
function writer(t: Test, clients: ChatClient[], options: { onLost?: () => Promise<ChatClient> } = {}) {
  const acknowledged: ChatMessage[] = [];
  let isEnding = false;
  t.after(() => { isEnding = true; });
  const write = async (first: ChatClient): Promise<void> => {
    let client = first;
    for (let i = 0; !isEnding; i++) {
      const wish = said('ada', `${WORDS[i % WORDS.length]} ${randomUUID()}`);
      for (let isWritten = false; !isWritten;) {
        const reply = await client.socket.timeout(3_000).emitWithAck('chat-message', wish).catch(() => undefined);
        if (reply?.ok === true) acknowledged.push(reply.message);
        isWritten = reply?.ok === true;
        if (!isWritten && !client.socket.connected && options.onLost !== undefined) client = await options.onLost();
        if (!isWritten) await new Promise((resolve) => setTimeout(resolve, (reply?.retryAfterSec ?? 0.2) * 1_000));
      }
    }
  };
  const work = Promise.all(clients.map((client) => write(client)));
  return {
    until: async (count: number): Promise<void> => {
      const from = acknowledged.length;
      await until(`${count - from} more messages`, () => acknowledged.length >= count || undefined, 60_000);
    },
    end: async (): Promise<ChatMessage[]> => {
      isEnding = true;
      await work;
      return acknowledged;
    },
  };
}

async function startFleet(t: Test) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-fleet-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [postgres, redis] = [await startPostgres(t), await startRedis(t)];
  const env = {
    DATABASE_URL: postgres.url, REDIS_URL: redis.url, LOG_LEVEL: 'info', TRUST_PROXY: '1',
    JWT_SECRET: 'a secret of both servers, long enough', CHAT_DEVICE_SECRET: 'another secret of both, long enough',
  };
  const plenty = { messages: 10_000, windowSec: 10 };
  const settings = { chat: { limits: { user: plenty, address: plenty, room: plenty, moderator: { messages: 10, windowSec: 60 } } }, accounts: { attemptsPer15Min: 1_000 } };
  const start = async (name: string): Promise<ServerProcess> => startServerProcess(t, { folder: path.join(folder, name), httpPort: await freePort(), rtmpPort: await freePort(), env, settings });
  const servers = [await start('one'), await start('two')] as const;
  const tokens = new Map<string, string>();
  let arrivals = 0;
  const arrive = async (name: string, at: 0 | 1): Promise<ChatClient> => {
    const client = await connectChat(t, { url: servers[at].url, token: tokens.get(name), address: `10.0.${++arrivals}.1` });
    await client.get('join-room', { channel: 'ada' });
    return client;
  };
  return {
    postgres, redis, servers, arrive,
    output: () => servers.map((server) => server.output()).join('\n'),
    /** A new account that comes in through one of the servers. */
    guest: async (name: string, at: 0 | 1): Promise<ChatClient> => {
      const answer = await apiClient(`${servers[at].url}/api/v1`)('POST', '/auth/register', { body: { username: name, email: `${name}@example.org`, password: 'correct horse' }, headers: { 'x-forwarded-for': `10.1.${++arrivals}.1` } });
      tokens.set(name, signInOf(answer).accessToken);
      return arrive(name, at);
    },
  };
}
