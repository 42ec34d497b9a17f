import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { Courier } from '../../src/chat/webhooks/courier.js';
import { insertDeliveries } from '../../src/chat/webhooks/queries.js';
import type { Outcome, Parcel } from '../../src/chat/webhooks/sender.js';
import type { Db } from '../../src/platform/index.js';
import { openDatabase } from '../support/accounts.js';
import { said } from '../support/chat-client.js';
import { openChatSite } from '../support/chat-site.js';
import { testDatabases } from '../support/database.js';
import { recordingLog } from '../support/log.js';
import { until } from '../support/until.js';
import { openReceiver } from '../support/webhook-receiver.js';

const webhook = z.object({ id: z.uuid(), failures: z.number(), dropped: z.number(), disabled: z.object({ reason: z.string() }).nullable() });
const made = z.object({ webhook, secret: z.string() });
const EVENTS = ['message', 'message-deleted', 'moderation', 'stream-started', 'stream-ended'];

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    const start = async (t: Test, allowPrivate = true) => {
      const site = await openChatSite(t, db, { webhooks: { allowPrivate } });
      const ada = await site.guest('ada');
      const call = (method: string, path: string, body?: unknown) => site.api(method, `/channels/ada/webhooks${path}`, { token: ada.token, body });
      const hook = async (url: string, events = EVENTS) => made.parse((await call('POST', '', { url, events })).body);
      const states = async () => z.object({ webhooks: z.array(webhook) }).parse((await call('GET', '')).body).webhooks;
      return { ...site, ada, call, hook, states };
    };

    t.test('a message is told once it is in the room, signed', async (t) => {
      const { ada, hook } = await start(t);
      const receiver = await openReceiver(t);
      const { secret } = await hook(receiver.url, ['message']);
      t.match(secret, /^whsec_[A-Za-z0-9_-]{32}$/);
      const { message } = await ada.get('chat-message', said('ada', 'ebb at six'));
      const [told] = await receiver.heard(1);
      t.match(told?.body, { event: 'message', channel: 'ada', data: { message: { id: message.id, seq: message.seq, text: 'ebb at six', author: { username: 'ada' } } } });
      t.match(told?.headers, { 'content-type': 'application/json', 'tidemark-event': 'message', 'tidemark-delivery': told?.body.id ?? '' });
      const [, seconds = '', signature = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(told?.headers['tidemark-signature'])) ?? [];
      t.equal(signature, createHmac('sha256', secret).update(`${seconds}.${told?.text}`).digest('hex'));
    });

    t.test('what moderators do, and what goes away, is told to who asked for it', async (t) => {
      const { ada, guest, hook } = await start(t);
      const [all, deletions] = [await openReceiver(t), await openReceiver(t)];
      await hook(all.url, ['moderation']);
      await hook(deletions.url, ['message-deleted']);
      const bob = await guest('bob');
      const { message } = await bob.get('chat-message', said('ada', 'spam'));
      await ada.get('delete-message', { channel: 'ada', messageId: message.id, reason: 'spam' });
      const { entry } = await ada.heard('acted');
      await ada.get('undo-act', { channel: 'ada', id: entry.id });
      await ada.get('ban-user', { channel: 'ada', username: 'bob' });
      const acts = (await all.heard(3)).map(({ body }) => body.data['entry']);
      t.match(acts.find((act) => JSON.stringify(act).includes('undone')), { act: 'delete-message', actor: 'ada', target: 'bob', undone: { by: 'ada' } });
      t.match(acts.find((act) => JSON.stringify(act).includes('ban-user')), { act: 'ban-user', target: 'bob' });
      const gone = (await deletions.heard(2)).map(({ body }) => body.data);
      t.ok(gone.some((data) => data['messageId'] === message.id));
      t.ok(gone.some((data) => data['username'] === 'bob'));
      t.equal(deletions.received.length, 2, 'an undone deletion is none');
    });

    t.test('what nobody sees is not told, and other channels are not told', async (t) => {
      const { ada, guest, hook } = await start(t);
      const receiver = await openReceiver(t);
      await hook(receiver.url, ['message']);
      const bob = await guest('bob');
      await ada.get('mute-user', { channel: 'ada', username: 'bob' });
      await bob.get('chat-message', said('ada', 'seen by moderators'));
      await bob.get('join-room', { channel: 'bob' });
      await bob.get('chat-message', said('bob', 'elsewhere'));
      await ada.get('chat-message', said('ada', 'seen by all'));
      t.same((await receiver.heard(1)).map(({ body }) => z.object({ text: z.string() }).parse(body.data['message']).text), ['seen by all']);
    });

    t.test('what was held, a bot\'s too, is told when a moderator lets it through', async (t) => {
      const { ada, api, hook } = await start(t);
      const receiver = await openReceiver(t);
      await hook(receiver.url, ['message']);
      await ada.get('add-term', { channel: 'ada', pattern: 'fishy', action: 'hold' });
      const { token } = z.object({ token: z.string() }).parse((await api('POST', '/channels/ada/bots', { token: ada.token, body: { name: 'tidebot', scopes: ['write'] } })).body);
      t.match(await api('POST', '/channels/ada/chat/messages', { token, body: { text: 'something fishy' } }), { status: 201, body: { isHeld: true } });
      const { items: [item] } = await ada.get('list-queue', { channel: 'ada' });
      await ada.get('resolve-queue-item', { channel: 'ada', id: item?.id ?? '', decision: 'approve' });
      t.match((await receiver.heard(1))[0]?.body.data, { message: { text: 'something fishy', seq: 1, author: { isBot: true } } });
    });

    t.test('the beginning and the end of a show are told', async (t) => {
      const { chat, channels, hook } = await start(t);
      const receiver = await openReceiver(t);
      await hook(receiver.url, ['stream-started', 'stream-ended']);
      const channel = await channels.get('ada');
      chat.showChanged(channel, 'stream-started', 'b1');
      await receiver.heard(1);
      chat.showChanged(channel, 'stream-ended', 'b1');
      t.same((await receiver.heard(2)).map(({ body }) => [body.event, body.data]), [['stream-started', { broadcastId: 'b1' }], ['stream-ended', { broadcastId: 'b1' }]]);
    });

    t.test('one that fails is tried again later, the same one, and then is well', async (t) => {
      const { ada, call, hook, pass, states } = await start(t);
      const receiver = await openReceiver(t, (response) => response.writeHead(500).end());
      const { webhook: { id } } = await hook(receiver.url, ['message']);
      await ada.get('chat-message', said('ada', 'again and again'));
      await receiver.heard(1);
      const failing = await until('the failure is written down', async () => (await states()).find(({ failures }) => failures === 1));
      t.equal(failing.disabled, null);
      t.match((await call('GET', `/${id}/deliveries`)).body, { deliveries: [{ event: 'message', state: 'waiting', attempts: 1, status: 500, error: 'answered 500' }] });
      receiver.answer = (response) => response.writeHead(200).end('ok');
      pass(13_000);
      const [first, second] = await receiver.heard(2);
      t.equal(second?.body.id, first?.body.id);
      await until('it is well', async () => (await states()).find(({ failures }) => failures === 0));
      t.match((await call('GET', `/${id}/deliveries`)).body, { deliveries: [{ state: 'delivered', attempts: 2, status: 200, error: null }] });
    });

    t.test('one that takes nothing is switched off, with the reason, and on again by its owner', async (t) => {
      const { ada, call, hook, pass, states } = await start(t);
      const receiver = await openReceiver(t, (response) => response.writeHead(503).end());
      const { webhook: { id } } = await hook(receiver.url, ['message']);
      await sql`update chat_webhooks set failures = 14`.execute(db);
      await ada.get('chat-message', said('ada', 'the last straw'));
      const { disabled } = await until('it is switched off', async () => (await states()).find((state) => state.disabled !== null));
      t.equal(disabled?.reason, 'nothing got through 15 times in a row; the last time: answered 503');
      await ada.get('chat-message', said('ada', 'not told'));
      receiver.answer = (response) => response.writeHead(204).end();
      t.match((await call('PATCH', `/${id}`, { isEnabled: true })).body, { webhook: { disabled: null, failures: 0 } });
      pass(13_000);
      await ada.get('chat-message', said('ada', 'told'));
      const texts = (await receiver.heard(3)).map(({ body }) => z.object({ text: z.string() }).parse(body.data['message']).text);
      t.same(texts.toSorted(), ['the last straw', 'the last straw', 'told'], 'what waited goes on; what came meanwhile does not');
    });

    t.test('a receiver that says it is gone is not asked again', async (t) => {
      const { ada, hook, states } = await start(t);
      const receiver = await openReceiver(t, (response) => response.writeHead(410).end());
      await hook(receiver.url, ['message']);
      await ada.get('chat-message', said('ada', 'hello?'));
      const { disabled } = await until('it is switched off', async () => (await states()).find((state) => state.disabled !== null));
      t.equal(disabled?.reason, 'the receiver says that it is gone (410)');
    });

    t.test('a test is sent at once, and says what came back', async (t) => {
      const { call, hook } = await start(t);
      const receiver = await openReceiver(t);
      const { webhook: { id } } = await hook(receiver.url, ['message']);
      t.match(await call('POST', `/${id}/test`), { status: 200, body: { status: 204, error: null } });
      t.match(receiver.received[0]?.body, { event: 'test', channel: 'ada', data: {} });
      receiver.answer = (response) => response.writeHead(404).end();
      t.match(await call('POST', `/${id}/test`), { status: 200, body: { status: 404, error: 'answered 404' } });
      for (let at = 0; at < 8; at++) await call('POST', `/${id}/test`);
      t.match(await call('POST', `/${id}/test`), { status: 429 });
    });

    t.test('nothing is sent into a private network', async (t) => {
      const { ada, call, states } = await start(t, false);
      const receiver = await openReceiver(t);
      t.match(await call('POST', '', { url: receiver.url, events: ['message'] }), { status: 422, body: { code: 'chat_webhook_address' } });
      const { webhook: { id } } = made.parse((await call('POST', '', { url: 'https://hooks.example.org/', events: ['message'] })).body);
      t.match(await call('PATCH', `/${id}`, { url: 'http://[::1]/' }), { status: 422 });
      // One from when private networks were allowed.
      await sql`update chat_webhooks set url = ${receiver.url}`.execute(db);
      await ada.get('chat-message', said('ada', 'hello'));
      await until('it failed', async () => (await states()).find(({ failures }) => failures === 1));
      t.match((await call('GET', `/${id}/deliveries`)).body, { deliveries: [{ error: 'the address is in a private network', status: null }] });
      t.equal(receiver.received.length, 0);
    });

    t.test('only the owner sees webhooks, and there are not too many', async (t) => {
      const { api, ada, call, guest, hook } = await start(t);
      const bob = await guest('bob');
      await ada.get('set-role', { channel: 'ada', username: 'bob', role: 'moderator' });
      const { webhook: { id }, secret } = await hook('http://127.0.0.1:9999/');
      t.match(await api('GET', '/channels/ada/webhooks', { token: bob.token }), { status: 403 });
      t.match(await api('POST', `/channels/ada/webhooks/${id}/test`, { token: bob.token }), { status: 403 });
      t.match(await api('DELETE', `/channels/bob/webhooks/${id}`, { token: bob.token }), { status: 404 }, 'through another channel');
      t.notMatch(JSON.stringify((await call('GET', '')).body), secret);
      t.match(await call('POST', '', { url: 'http://127.0.0.1:9999/', events: ['everything'] }), { status: 400 });
      for (let at = 0; at < 9; at++) await hook('http://127.0.0.1:9999/');
      t.match(await call('POST', '', { url: 'http://127.0.0.1:9999/', events: EVENTS }), { status: 409, body: { code: 'chat_too_many' } });
      t.equal((await call('DELETE', `/${id}`)).status, 204);
      t.equal((await call('DELETE', `/${id}`)).status, 404);
    });

    /** A webhook of ada's with deliveries that wait, and couriers that take them somewhere. */
    const queue = async (t: Test, events: string[]) => {
      const { call, states } = await start(t, false);
      // The site's own courier leaves it alone: it is tried again tomorrow.
      const { webhook: { id } } = made.parse((await call('POST', '', { url: 'https://hooks.example.org/', events: ['message'] })).body);
      const at = new Date(Date.now() + 86_400_000);
      await insertDeliveries(db, events.map((event, number) => ({ id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, hookId: id, event, body: '{}', at, notBefore: at })));
      const sent: string[] = [];
      const courier = (send: (parcel: Parcel) => Promise<Outcome> = async () => ({ status: 204, error: null }), options: { maxWaiting?: number } = {}) => {
        const one = new Courier({ db, log: recordingLog(), now: () => at, sender: { send: async (parcel) => { sent.push(parcel.id.slice(-2)); return send(parcel); } }, ...options });
        t.after(() => one.stop());
        return one;
      };
      return { at, sent, courier, states };
    };

    t.test('several servers take each delivery once', async (t) => {
      const { sent, courier } = await queue(t, Array.from({ length: 60 }, () => 'message'));
      const couriers = [courier(), courier(), courier()];
      for (const one of couriers) one.wake();
      await until('all are delivered', async () => (await countOf(db, 'delivered')) === 60 || undefined);
      t.equal(new Set(sent).size, 60);
      t.equal(sent.length, 60);
    });

    t.test('what a server was sending when it died is sent by another', async (t) => {
      const { at, sent, courier } = await queue(t, ['message']);
      await sql`update chat_deliveries set attempts = 1, next_at = ${new Date(at.getTime() - 1)}`.execute(db);
      courier().wake();
      await until('it is delivered', async () => (await countOf(db, 'delivered')) === 1 || undefined);
      t.same(sent, ['00']);
    });

    t.test('of a webhook that lags the oldest messages are dropped, and counted', async (t) => {
      const { sent, courier, states } = await queue(t, ['message', 'moderation', 'message', 'message', 'message']);
      courier(async () => ({ status: 204, error: null }), { maxWaiting: 2 }).wake();
      await until('the rest is delivered', async () => (await countOf(db, 'delivered')) === 3 || undefined);
      t.same(sent.toSorted(), ['01', '03', '04'], 'what moderators did is kept');
      t.equal((await states())[0]?.dropped, 2);
    });

    t.test('an event is given up after eight tries', async (t) => {
      const { courier } = await queue(t, ['message']);
      await sql`update chat_deliveries set attempts = 7`.execute(db);
      courier(async () => ({ status: 500, error: 'answered 500' })).wake();
      await until('it is given up', async () => (await countOf(db, 'failed')) === 1 || undefined);
      const { rows } = await sql<{ attempts: number; error: string }>`select attempts, error from chat_deliveries`.execute(db);
      t.same(rows, [{ attempts: 8, error: 'answered 500' }]);
    });
  });
}

async function countOf(db: Db, state: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::integer as count from chat_deliveries where state = ${state}`.execute(db);
  return rows[0]?.count ?? 0;
}
