import { sql } from 'kysely';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { openDatabase } from '../support/accounts.js';
import { connectChat, said } from '../support/chat-client.js';
import type { ChatClient } from '../support/chat-client.js';
import { openChatSite } from '../support/chat-site.js';
import type { ChatSiteOptions } from '../support/chat-site.js';
import { testDatabases } from '../support/database.js';

const made = z.object({ bot: z.object({ id: z.uuid(), name: z.string() }), token: z.string() });
const refusal = z.object({ data: z.object({ code: z.string() }) });
const posted = z.object({ message: z.object({ id: z.uuid(), seq: z.number().nullable() }), isHeld: z.boolean() });

/** Why the server ends a connection. */
const cutOffOf = ({ socket }: ChatClient): Promise<string> => new Promise((resolve) => socket.once('disconnect', resolve));

/** The code that the server refuses a connection with. */
async function refusalOf(connecting: Promise<ChatClient>): Promise<string> {
  const error: unknown = await connecting.then(() => 'it was taken', (reason: unknown) => reason);
  return refusal.parse(error).data.code;
}

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    const start = async (t: Test, options: ChatSiteOptions = {}) => {
      const site = await openChatSite(t, db, options);
      const ada = await site.guest('ada');
      const makeBot = async (scopes: string[], name = 'tidebot') => made.parse((await site.api('POST', '/channels/ada/bots', { token: ada.token, body: { name, scopes } })).body);
      const post = (token: string, body: object, channel = 'ada') => site.api('POST', `/channels/${channel}/chat/messages`, { token, body });
      return { ...site, ada, makeBot, post };
    };

    t.test('a token is shown once, and stored as a hash', async (t) => {
      const { ada, api, makeBot } = await start(t);
      const { bot, token } = await makeBot(['read', 'write', 'read']);
      t.match(token, /^tmb_[A-Za-z0-9_-]{32}$/);
      const listed = await api('GET', '/channels/ada/bots', { token: ada.token });
      t.match(listed.body, { bots: [{ id: bot.id, name: 'tidebot', scopes: ['read', 'write'], lastUsedAt: null }] });
      t.notMatch(JSON.stringify(listed.body), 'hash');
      const { rows } = await sql`select * from chat_bots`.execute(db);
      t.notMatch(JSON.stringify(rows), token.slice(4));
    });

    t.test('only the owner makes bots, and none with the name of somebody', async (t) => {
      const { ada, api, guest, makeBot } = await start(t);
      const bob = await guest('bob');
      await ada.get('set-role', { channel: 'ada', username: 'bob', role: 'moderator' });
      const make = (body: object, token = ada.token) => api('POST', '/channels/ada/bots', { token, body });
      t.match(await make({ name: 'mine', scopes: ['read'] }, bob.token), { status: 403 });
      t.match(await api('GET', '/channels/ada/bots', { token: bob.token }), { status: 403 });
      t.match(await make({ name: 'Bob', scopes: ['read'] }), { status: 409, body: { code: 'chat_bot_name_taken' } });
      await makeBot(['read']);
      t.match(await make({ name: 'tidebot', scopes: ['read'] }), { status: 409, body: { code: 'chat_bot_name_taken' } });
      t.match(await make({ name: 'x y', scopes: ['read'] }), { status: 400 });
      t.match(await make({ name: 'rest', scopes: ['all'] }), { status: 400 });
      t.match(await make({ name: 'rest', scopes: [] }), { status: 400 });
    });

    t.test('a bot writes by REST, marked as one, and once for a nonce', async (t) => {
      const { ada, makeBot, post } = await start(t);
      const { bot, token } = await makeBot(['write']);
      const first = await post(token, { text: 'high water at nine', nonce: 'nine-oclock' });
      t.equal(first.status, 201);
      t.match(await ada.heard('new-message'), { text: 'high water at nine', author: { id: bot.id, username: 'tidebot', isBot: true, role: 'vip' } });
      const again = await post(token, { text: 'high water at nine', nonce: 'nine-oclock' });
      t.equal(posted.parse(again.body).message.id, posted.parse(first.body).message.id);
      t.match(await post(token, { text: '' }), { status: 422, body: { code: 'chat_text_empty' } });
      t.equal((await ada.get('load-history', { channel: 'ada' })).messages.length, 1);
    });

    t.test('a bot does in the socket what its scopes say', async (t) => {
      const { ada, makeBot, url } = await start(t);
      const { token } = await makeBot(['read', 'write']);
      const bot = await connectChat(t, { url, token });
      t.match(await bot.ask('join-room', { channel: 'ada' }), { ok: true, you: { role: 'vip', user: { username: 'tidebot' } } });
      t.match(await bot.ask('chat-message', said('ada', 'ahoy')), { ok: true, message: { author: { isBot: true } } });
      const { id } = await ada.heard('new-message');
      t.match(await bot.ask('delete-message', { channel: 'ada', messageId: id }), { ok: false, code: 'chat_bot_scope_missing' });
      t.match(await bot.ask('react', { channel: 'ada', emoji: '❤️' }), { ok: false, code: 'chat_bot_scope_missing' });
      t.match(await bot.ask('authenticate', { token: null }), { ok: false, code: 'chat_bot_scope_missing' });
      t.match(await bot.ask('set-role', { channel: 'ada', username: 'ada', role: 'none' }), { ok: false, code: 'chat_bot_scope_missing' });
      const { token: reading } = await makeBot(['read'], 'listener');
      const listener = await connectChat(t, { url, token: reading });
      await listener.get('join-room', { channel: 'ada' });
      t.match(await listener.ask('chat-message', said('ada', 'may I?')), { ok: false, code: 'chat_bot_scope_missing' });
      const { token: writing } = await makeBot(['write'], 'talker');
      const talker = await connectChat(t, { url, token: writing });
      t.match(await talker.ask('join-room', { channel: 'ada' }), { ok: false, code: 'chat_bot_scope_missing' });
    });

    t.test('a bot that moderates is named in the audit log', async (t) => {
      const { ada, api, guest, makeBot } = await start(t);
      const bob = await guest('bob');
      const { token } = await makeBot(['moderate']);
      const { message } = await bob.get('chat-message', said('ada', 'spam'));
      t.match(await api('DELETE', `/channels/ada/chat/messages/${message.id}`, { token, body: { reason: 'spam' } }), { status: 204 });
      t.match(await ada.heard('acted'), { entry: { act: 'delete-message', actor: 'tidebot', target: 'bob', reason: 'spam' } });
      t.match(await bob.heard('message-deleted'), { messageId: message.id });
      t.match(await api('PUT', '/channels/ada/chat/timeouts/bob', { token, body: { seconds: 60, reason: 'spam' } }), { status: 204 });
      t.match(await bob.ask('chat-message', said('ada', 'still here')), { ok: false, code: 'chat_timed_out' });
      t.match(await api('PUT', '/channels/ada/chat/bans/bob', { token }), { status: 204 });
      t.match(await bob.ask('chat-message', said('ada', 'still here')), { ok: false, code: 'chat_banned' });
      t.match(await api('DELETE', '/channels/ada/chat/bans/bob', { token }), { status: 204 });
      t.match(await bob.ask('chat-message', said('ada', 'back again')), { ok: true });
      t.same(ada.all('acted').map(({ entry }) => [entry.act, entry.actor]), [['delete-message', 'tidebot'], ['timeout-user', 'tidebot'], ['ban-user', 'tidebot'], ['unban-user', 'tidebot']]);
    });

    t.test('what a bot must not do by REST, it is refused', async (t) => {
      const { ada, api, guest, makeBot, post } = await start(t);
      const bob = await guest('bob');
      const { token: writing } = await makeBot(['write']);
      const { token: moderating } = await makeBot(['moderate'], 'guard');
      t.match(await post(moderating, { text: 'hello' }), { status: 403, body: { code: 'chat_bot_scope_missing' } });
      t.match(await api('PUT', '/channels/ada/chat/bans/bob', { token: writing }), { status: 403, body: { code: 'chat_bot_scope_missing' } });
      t.match(await api('GET', '/channels/ada/chat/messages', { token: writing }), { status: 403, body: { code: 'chat_bot_scope_missing' } });
      t.match(await api('PUT', '/channels/ada/chat/bans/ada', { token: moderating }), { status: 403, body: { code: 'chat_target_too_high' } });
      t.match(await api('PUT', '/channels/bob/chat/bans/ada', { token: moderating }), { status: 403, body: { code: 'chat_bot_not_here' } });
      t.match(await post(writing, { text: 'hello' }, 'bob'), { status: 403, body: { code: 'chat_bot_not_here' } });
      t.match(await api('GET', '/channels/ada/bots', { token: moderating }), { status: 401 });
      t.match(await api('PUT', '/channels/ada/chat/timeouts/bob', { token: moderating, body: { seconds: 0 } }), { status: 400 });
      t.match(await api('PUT', '/channels/ada/chat/bans/bob', { token: bob.token }), { status: 403, body: { code: 'chat_not_allowed' } }, 'a viewer');
      t.match(await post(bob.token, { text: 'hello' }), { status: 403, body: { code: 'chat_bot_scope_missing' } }, 'people write in the socket');
      t.match(await api('PUT', '/channels/ada/chat/bans/bob', { token: ada.token }), { status: 204 }, 'a moderator without a bot');
    });

    t.test('a bot belongs to one channel in the socket, too', async (t) => {
      const { guest, makeBot, url } = await start(t);
      await guest('bob', { channel: 'ada' });
      const { token } = await makeBot(['read', 'write', 'moderate']);
      const bot = await connectChat(t, { url, token });
      t.match(await bot.ask('join-room', { channel: 'bob' }), { ok: false, code: 'chat_bot_not_here' });
      t.match(await bot.ask('join-room', { channel: 'ada' }), { ok: true, you: { role: 'moderator' } });
    });

    t.test('a bot counts against the limits of what it is', async (t) => {
      const { makeBot, post } = await start(t, { limits: { user: { messages: 2, windowSec: 10 }, moderator: { messages: 4, windowSec: 10 } } });
      const [writer, guard] = [await makeBot(['write']), await makeBot(['write', 'moderate'], 'guard')];
      const statuses = async (token: string) => {
        const answers: number[] = [];
        for (let at = 0; at < 5; at++) answers.push((await post(token, { text: `number ${at} ${'x'.repeat(at * 7)}` })).status);
        return answers;
      };
      t.same(await statuses(writer.token), [201, 201, 429, 429, 429]);
      t.same(await statuses(guard.token), [201, 201, 201, 201, 429]);
    });

    t.test('a token that was made anew or deleted ends at once', async (t) => {
      const { ada, api, makeBot, post, url } = await start(t);
      const { bot, token } = await makeBot(['read', 'write']);
      const connected = await connectChat(t, { url, token });
      const cutOff = cutOffOf(connected);
      const answer = await api('POST', `/channels/ada/bots/${bot.id}/token`, { token: ada.token });
      const { token: fresh } = z.object({ token: z.string() }).parse(answer.body);
      t.equal(await cutOff, 'io server disconnect');
      t.match(await post(token, { text: 'old' }), { status: 401, body: { code: 'chat_bot_token_rejected' } });
      t.equal(await refusalOf(connectChat(t, { url, token })), 'chat_bot_token_rejected');
      t.equal((await post(fresh, { text: 'fresh' })).status, 201);
      t.equal((await api('DELETE', `/channels/ada/bots/${bot.id}`, { token: ada.token })).status, 204);
      t.match(await post(fresh, { text: 'gone' }), { status: 401, body: { code: 'chat_bot_token_rejected' } });
      t.match(await api('DELETE', `/channels/ada/bots/${bot.id}`, { token: ada.token }), { status: 404 });
      t.match((await ada.get('load-history', { channel: 'ada' })).messages, [{ text: 'fresh', author: { username: 'tidebot', isBot: true } }], 'what it said stays');
    });

    t.test('an overlay reads, even a room for members, and does nothing else', async (t) => {
      const { ada, api, guest, url } = await start(t);
      const { token: bobToken } = await guest('bob');
      await ada.get('set-modes', { channel: 'ada', modes: { isMembersOnly: true } });
      t.match(await api('POST', '/channels/ada/overlay', { token: bobToken }), { status: 403 });
      const { token, path } = z.object({ token: z.string(), path: z.string() }).parse((await api('POST', '/channels/ada/overlay', { token: ada.token })).body);
      t.equal(path, `/ada/overlay?token=${token}`);
      const overlay = await connectChat(t, { url, overlay: token });
      t.match(await overlay.ask('join-room', { channel: 'ada' }), { ok: true, you: { role: 'reader' } });
      await ada.get('chat-message', said('ada', 'on the screen'));
      t.match(await overlay.heard('new-message'), { text: 'on the screen' });
      t.match(await overlay.ask('load-history', { channel: 'ada' }), { ok: true, messages: [{ text: 'on the screen' }] });
      t.match(await overlay.ask('chat-message', said('ada', 'hello')), { ok: false, code: 'chat_read_only' });
      t.match(await overlay.ask('react', { channel: 'ada', emoji: '❤️' }), { ok: false, code: 'chat_read_only' });
      t.match(await overlay.ask('authenticate', { token: ada.token }), { ok: false, code: 'chat_read_only' });
      t.match(await overlay.ask('join-room', { channel: 'bob' }), { ok: true }, 'a room that is open to anybody');
      t.match(await (await connectChat(t, { url })).ask('join-room', { channel: 'ada' }), { ok: false, code: 'chat_sign_in_required' }, 'without it');
    });

    t.test('a new overlay address ends the old one', async (t) => {
      const { ada, api, url } = await start(t);
      const make = async () => z.object({ token: z.string() }).parse((await api('POST', '/channels/ada/overlay', { token: ada.token })).body).token;
      t.match(await api('GET', '/channels/ada/overlay', { token: ada.token }), { body: { madeAt: null } });
      const old = await make();
      const overlay = await connectChat(t, { url, overlay: old });
      const cutOff = cutOffOf(overlay);
      const fresh = await make();
      t.equal(await cutOff, 'io server disconnect');
      t.equal(await refusalOf(connectChat(t, { url, overlay: old })), 'chat_overlay_token_rejected');
      await connectChat(t, { url, overlay: fresh });
      t.equal((await api('DELETE', '/channels/ada/overlay', { token: ada.token })).status, 204);
      t.equal(await refusalOf(connectChat(t, { url, overlay: fresh })), 'chat_overlay_token_rejected');
      t.equal(await refusalOf(connectChat(t, { url, overlay: 'tmo_x' })), 'chat_overlay_token_rejected');
    });
  });
}
