import t from 'tap';
import { openDatabase } from '../support/accounts.js';
import { said } from '../support/chat-client.js';
import { openChatSite } from '../support/chat-site.js';
import { testDatabases } from '../support/database.js';

const channel = 'ada';

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('what is deleted is gone for everybody, and can be brought back once', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob] = [await site.guest('ada'), await site.guest('bob')];
      const { message } = await bob.get('chat-message', said(channel, 'hello'));
      t.match(await ada.heard('new-message'), { id: message.id, text: 'hello', author: { username: 'bob' } });
      await ada.get('delete-message', { channel, messageId: message.id, reason: 'rude' });
      t.same(await bob.heard('message-deleted'), { channel, messageId: message.id });
      t.same((await bob.get('load-history', { channel })).messages, []);
      const { entry } = await ada.heard('acted');
      t.match(entry, { act: 'delete-message', actor: 'ada', target: 'bob', reason: 'rude', detail: { text: 'hello' }, canUndo: true });
      bob.forget();
      await ada.get('undo-act', { channel, id: entry.id });
      t.match(await bob.heard('new-message'), { id: message.id, seq: message.seq });
      t.match((await bob.get('load-history', { channel })).messages, [{ id: message.id }]);
      t.match(await ada.ask('undo-act', { channel, id: entry.id }), { ok: false, code: 'chat_not_undoable' });
      t.match((await ada.get('list-audit', { channel })).entries, [{ id: entry.id, canUndo: false, undone: { by: 'ada' } }]);
    });

    t.test('a ban holds for the second socket, after a reconnect, and with a new account on the same device', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob] = [await site.guest('ada'), await site.guest('bob')];
      await bob.get('chat-message', said(channel, 'spam'));
      const second = await site.arrive(bob.token);
      await ada.get('ban-user', { channel, username: 'bob', reason: 'spam' });
      t.same(await second.heard('user-cleared'), { channel, userId: bob.id });
      t.match(await second.heard('you-changed'), { you: { sanction: { kind: 'ban', reason: 'spam' } } });
      const refusal = { ok: false, code: 'chat_banned' };
      t.match(await bob.ask('chat-message', said(channel, 'more')), refusal);
      t.match(await second.ask('chat-message', said(channel, 'more')), refusal);
      bob.close();
      t.match(await (await site.arrive(bob.token)).ask('chat-message', said(channel, 'more')), refusal);
      const again = await site.guest('bobby', { device: bob.device });
      t.match(await again.ask('chat-message', said(channel, 'it is me')), { ...refusal, message: 'you are banned from this chat' }, 'whose reason it was is not told');
      t.match(await (await site.guest('carol')).ask('chat-message', said(channel, 'hello')), { ok: true, isHeld: false });
      t.same((await ada.get('user-card', { channel, username: 'bob' })).card.sameDevice, ['bobby'], 'who was refused is remembered too');
      await ada.get('unban-user', { channel, username: 'bob' });
      t.match(await again.ask('chat-message', said(channel, 'back')), { ok: true });
    });

    t.test('a made-up device token is none', async (t) => {
      const site = await openChatSite(t, db);
      const ada = await site.guest('ada');
      const forged = `${'A'.repeat(22)}.${'B'.repeat(22)}`;
      const bob = await site.guest('bob', { device: forged });
      t.not(bob.device, forged);
      t.equal((await site.arrive(bob.token, { device: bob.device })).device, bob.device);
      t.ok(ada);
    });

    t.test('evidence of a device runs out', async (t) => {
      const site = await openChatSite(t, db, { evidenceDays: 30 });
      const [ada, bob] = [await site.guest('ada'), await site.guest('bob')];
      await bob.get('chat-message', said(channel, 'spam'));
      await ada.get('ban-user', { channel, username: 'bob' });
      site.pass(29 * 86_400_000);
      const early = await site.guest('early', { device: bob.device });
      t.match(await early.ask('chat-message', said(channel, 'hello')), { code: 'chat_banned' });
      site.pass(2 * 86_400_000);
      const late = await site.guest('late', { device: bob.device });
      t.match(await late.ask('chat-message', said(channel, 'hello')), { ok: true });
    });

    t.test('a new account from the address of somebody who was banned is looked at first', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob] = [await site.guest('ada'), await site.guest('bob', { address: '192.0.2.10' })];
      const neighbour = await site.guest('old', { address: '192.0.2.99' });
      await bob.get('chat-message', said(channel, 'spam'));
      site.pass(1_000);
      await ada.get('ban-user', { channel, username: 'bob' });
      site.pass(1_000);
      for (const name of ['new1', 'new2', 'new3', 'new4', 'new5']) {
        const puppet = await site.guest(name, { address: '192.0.2.77' });
        t.match(await puppet.ask('chat-message', said(channel, `hello from ${name}`)), { ok: true, isHeld: true }, 'those before do not make the address one that many share');
      }
      t.match(await neighbour.ask('chat-message', said(channel, 'I was here before')), { isHeld: false });
      t.match(await (await site.guest('far', { address: '192.0.3.77' })).ask('chat-message', said(channel, 'from elsewhere')), { isHeld: false });
      t.match((await ada.get('list-queue', { channel })).items[0], { kind: 'held', reason: 'a new account, from where a banned one wrote', message: { hidden: 'held', author: { username: 'new1' } } });
    });

    t.test('an address that many share is not punished', async (t) => {
      const site = await openChatSite(t, db);
      const address = '198.51.100.1';
      const [ada, bob] = [await site.guest('ada'), await site.guest('bob', { address })];
      await bob.get('chat-message', said(channel, 'spam'));
      for (const name of ['one', 'two', 'three']) await (await site.guest(name, { address })).get('chat-message', said(channel, `I am ${name}`));
      site.pass(1_000);
      await ada.get('ban-user', { channel, username: 'bob' });
      site.pass(1_000);
      t.match(await (await site.guest('four', { address })).ask('chat-message', said(channel, 'hello')), { isHeld: false });
    });

    t.test('a timeout ends by itself, and can be undone', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob] = [await site.guest('ada'), await site.guest('bob')];
      await ada.get('timeout-user', { channel, username: '@Bob', seconds: 600, reason: 'calm down' });
      const { you } = await bob.heard('you-changed');
      t.match(you.sanction, { kind: 'timeout', reason: 'calm down' });
      t.equal(Math.round((Date.parse(you.sanction?.until ?? '') - site.clock.now.getTime()) / 1_000), 600);
      t.match(await bob.ask('chat-message', said(channel, 'hello')), { code: 'chat_timed_out', retryAfterSec: 600 });
      site.pass(600_000);
      t.match(await bob.ask('chat-message', said(channel, 'hello')), { ok: true });
      await ada.get('mute-user', { channel, username: 'bob' });
      await ada.get('timeout-user', { channel, username: 'bob', seconds: 1_209_600 });
      const [timeout] = (await ada.get('list-audit', { channel })).entries;
      await ada.get('undo-act', { channel, id: timeout?.id ?? '' });
      await bob.get('chat-message', said(channel, 'I can write'));
      t.match((await ada.get('list-sanctions', { channel })).sanctions, [{ kind: 'mute', username: 'bob' }], 'undoing one leaves the other');
      t.match(await ada.ask('timeout-user', { channel, username: 'bob', seconds: 1_209_601 }), { code: 'request_invalid' });
    });

    t.test('who is muted does not notice; nobody but moderators sees them', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob, carol] = [await site.guest('ada'), await site.guest('bob'), await site.guest('carol')];
      const { message: before } = await carol.get('chat-message', said(channel, 'first'));
      await ada.get('mute-user', { channel, username: 'bob', reason: 'troll' });
      for (const client of [ada, bob, carol]) client.forget();
      const { message, isHeld } = await bob.get('chat-message', said(channel, 'can you see me'));
      t.same([isHeld, message.hidden, message.seq], [false, undefined, before.seq], 'it looks like any other');
      const { message: answer } = await bob.get('chat-message', said(channel, 'hello?', { replyTo: message.id }));
      t.match(answer.replyTo, { id: message.id, username: 'bob' });
      t.match(await ada.heard('new-message'), { id: message.id, hidden: 'muted' });
      const { message: next } = await carol.get('chat-message', said(channel, 'second'));
      t.equal(next.seq, (before.seq ?? 0) + 1, 'it takes no number');
      await carol.get('load-history', { channel });
      t.same(carol.all('new-message').map(({ text }) => text), ['second']);
      const texts = async (client: typeof bob) => (await client.get('load-history', { channel })).messages.map(({ text, hidden }) => (hidden === undefined ? text : `${text} (${hidden})`));
      t.same(await texts(await site.arrive(bob.token).then((again) => ({ ...bob, ...again }))), ['first', 'can you see me', 'hello?', 'second'], 'also after they came again');
      t.same(await texts(carol), ['first', 'second']);
      t.same(await texts(ada), ['first', 'can you see me (muted)', 'hello? (muted)', 'second']);
      t.match(await carol.ask('chat-message', said(channel, 'look', { replyTo: message.id })), { code: 'chat_message_unknown' });
      await ada.get('set-modes', { channel, modes: { isUniqueChat: true } });
      t.match(await carol.ask('chat-message', said(channel, 'can you see me')), { ok: true }, 'nor does unique chat give it away');
    });

    t.test('moderators see messages some seconds earlier, and what they delete by then nobody else sees', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob, carol] = [await site.guest('ada'), await site.guest('bob'), await site.guest('carol')];
      await ada.get('set-modes', { channel, modes: { delaySec: 1 } });
      const { message: bad } = await bob.get('chat-message', said(channel, 'bad'));
      t.match(await ada.heard('new-message'), { id: bad.id });
      t.same((await carol.get('load-history', { channel })).messages, [], 'history waits too');
      t.match((await bob.get('load-history', { channel })).messages, [{ id: bad.id }], 'but for the author');
      const { message: reply } = await ada.get('chat-message', said(channel, 'no', { replyTo: bad.id }));
      await ada.get('delete-message', { channel, messageId: bad.id });
      const { message: good } = await bob.get('chat-message', said(channel, 'a good one'));
      const direct = await ada.get('chat-message', said(channel, 'hello all'));
      const heard = await carol.heard('new-message');
      t.equal(heard.id, direct.message.id, 'moderators are not late, unless they quote what is');
      t.equal((await carol.get('load-history', { channel })).upTo, (bad.seq ?? 0) - 1, 'up to there everybody has all');
      await carol.heard('new-message', ({ id }) => id === good.id);
      await carol.heard('new-message', ({ id }) => id === reply.id);
      t.equal(carol.all('new-message').some(({ id }) => id === bad.id), false);
      site.pass(1_000);
      t.same((await carol.get('load-history', { channel })).messages.map(({ text, replyTo }) => [text, replyTo?.text]), [['no', undefined], ['a good one', undefined], ['hello all', undefined]]);
    });

    t.test('a held message waits for a decision', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob, carol] = [await site.guest('ada'), await site.guest('bob'), await site.guest('carol')];
      const { term } = await ada.get('add-term', { channel, pattern: ' Bad*  ', action: 'hold' });
      t.equal(term.pattern, 'bad*');
      for (const word of ['red', 'green', 'blue', 'black', 'white', 'pink', 'brown']) await carol.get('chat-message', said(channel, word));
      carol.forget();
      const { message, isHeld } = await bob.get('chat-message', said(channel, 'badly said'));
      const { message: worse } = await bob.get('chat-message', said(channel, 'the worst of all badness'));
      t.same([isHeld, message.seq], [true, null]);
      t.same(await ada.heard('queue-changed', ({ waiting }) => waiting === 2), { channel, waiting: 2 });
      const { items } = await ada.get('list-queue', { channel });
      t.match(items, [{ kind: 'held', reason: 'has a blocked term', reporters: [], message: { id: message.id, text: 'badly said' } }, {}]);
      t.equal(items[0]?.context.length, 5);
      t.equal(items[0]?.context.at(-1)?.seq, 7);
      const decide = (at: number, decision: 'approve' | 'deny') => ada.ask('resolve-queue-item', { channel, id: items[at]?.id ?? '', decision });
      t.match(await carol.ask('resolve-queue-item', { channel, id: items[0]?.id ?? '', decision: 'approve' }), { code: 'chat_not_allowed' });
      t.same(carol.all('new-message'), []);
      t.ok((await decide(0, 'approve')).ok);
      t.match(await carol.heard('new-message'), { id: message.id, seq: 8, text: 'badly said' });
      t.match(await decide(0, 'deny'), { code: 'chat_queue_item_unknown' });
      t.ok((await decide(1, 'deny')).ok);
      t.match(await bob.heard('message-deleted'), { messageId: worse.id });
      const [denial] = (await ada.get('list-audit', { channel })).entries;
      t.match(denial, { act: 'deny-message', target: 'bob', canUndo: true });
      await ada.get('undo-act', { channel, id: denial?.id ?? '' });
      t.match((await ada.get('list-queue', { channel })).items, [{ message: { id: worse.id } }], 'undone, it waits again');
      await ada.get('ban-user', { channel, username: 'bob' });
      t.same((await ada.get('list-queue', { channel })).items, [], 'a ban takes with it what waits');
    });

    t.test('reports of one message are one item', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob, carol, dave] = [await site.guest('ada'), await site.guest('bob'), await site.guest('carol'), await site.guest('dave')];
      const { message } = await bob.get('chat-message', said(channel, 'something'));
      const report = { channel, messageId: message.id, reason: 'rude' };
      await carol.get('report-message', report);
      await carol.get('report-message', { ...report, reason: 'again' });
      await dave.get('report-message', { ...report, reason: 'spam' });
      const [item, ...others] = (await ada.get('list-queue', { channel })).items;
      t.match(item, { kind: 'report', reason: 'rude · spam', reporters: ['carol', 'dave'], message: { id: message.id } });
      t.same(others, []);
      await ada.get('resolve-queue-item', { channel, id: item?.id ?? '', decision: 'approve' });
      await bob.get('report-message', report);
      t.same((await ada.get('list-queue', { channel })).items, [], 'what was found good stays so');
      const { message: second } = await bob.get('chat-message', said(channel, 'something else altogether'));
      await carol.get('report-message', { ...report, messageId: second.id });
      const { items: [next] } = await ada.get('list-queue', { channel });
      await ada.get('resolve-queue-item', { channel, id: next?.id ?? '', decision: 'deny' });
      t.match(await carol.heard('message-deleted'), { messageId: second.id });
      t.match(await carol.ask('report-message', { ...report, messageId: second.id }), { code: 'chat_message_unknown' });
      await ada.get('mute-user', { channel, username: 'dave' });
      const { message: third } = await bob.get('chat-message', said(channel, 'and now the weather'));
      t.match(await dave.ask('report-message', { ...report, messageId: third.id }), { ok: true });
      t.same((await ada.get('list-queue', { channel })).items, [], 'reports of who is muted go nowhere');
      t.match(await (await site.arrive(undefined)).ask('report-message', report), { code: 'chat_sign_in_required' });
    });

    t.test('moderators keep notes and look people up', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob] = [await site.guest('ada'), await site.guest('bob')];
      await bob.get('chat-message', said(channel, 'one'));
      const { message } = await bob.get('chat-message', said(channel, 'and two'));
      await ada.get('delete-message', { channel, messageId: message.id });
      await ada.get('warn-user', { channel, username: 'bob', reason: 'be kind' });
      await ada.get('add-note', { channel, username: 'bob', text: 'new here' });
      const { card } = await ada.get('user-card', { channel, username: 'bob' });
      t.match(card, {
        user: { id: bob.id, username: 'bob' }, role: 'viewer', notes: [{ text: 'new here', by: 'ada' }], sameDevice: [],
        sanctions: [{ kind: 'warning', reason: 'be kind', by: 'ada' }], messages: [{ text: 'one' }, { text: 'and two', hidden: 'deleted' }],
      });
      t.match(await bob.ask('chat-message', said(channel, 'hello')), { code: 'chat_warning_pending' });
      t.equal((await bob.get('acknowledge-warning', { channel })).you.sanction, undefined);
      t.match(await bob.ask('chat-message', said(channel, 'sorry')), { ok: true });
      t.match(await ada.ask('user-card', { channel, username: 'nobody' }), { code: 'chat_user_unknown' });
    });

    t.test('the log has pages', async (t) => {
      const site = await openChatSite(t, db);
      const ada = await site.guest('ada');
      for (let slowSec = 1; slowSec <= 5; slowSec++) await ada.get('set-modes', { channel, modes: { slowSec } });
      const first = await ada.get('list-audit', { channel, limit: 3 });
      const rest = await ada.get('list-audit', { channel, limit: 3, before: first.entries.at(-1)?.id });
      t.same([first.hasMore, rest.hasMore], [true, false]);
      t.equal(new Set([...first.entries, ...rest.entries].map(({ id }) => id)).size, 5, 'all of them, at one moment of the clock too');
    });

    t.test('modes: what one changes, another does not undo', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob] = [await site.guest('ada'), await site.guest('bob')];
      await ada.get('set-modes', { channel, modes: { slowSec: 30 } });
      const [slow] = (await ada.get('list-audit', { channel })).entries;
      await ada.get('set-modes', { channel, modes: { links: 'nobody' } });
      await ada.get('undo-act', { channel, id: slow?.id ?? '' });
      t.match(await bob.heard('room-changed', ({ modes }) => modes.links === 'nobody' && modes.slowSec === 0), { modes: { slowSec: 0, links: 'nobody' } });
    });

    t.test('slow mode holds for what is sent at the same time', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob] = [await site.guest('ada'), await site.guest('bob')];
      const second = await site.arrive(bob.token);
      await ada.get('set-modes', { channel, modes: { slowSec: 30 } });
      const replies = await Promise.all([bob.ask('chat-message', said(channel, 'one')), second.ask('chat-message', said(channel, 'two things')), bob.ask('chat-message', said(channel, 'the third'))]);
      t.same(replies.map((reply) => (reply.ok ? 'sent' : reply.code)).sort(), ['chat_slow_mode', 'chat_slow_mode', 'sent']);
    });
  });
}
