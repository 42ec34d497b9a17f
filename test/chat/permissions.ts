import t from 'tap';
import type { ClientEvents } from '../../src/chat/events.js';
import { openDatabase } from '../support/accounts.js';
import { said } from '../support/chat-client.js';
import type { ChatClient, Wish } from '../support/chat-client.js';
import { openChatSite } from '../support/chat-site.js';
import { testDatabases } from '../support/database.js';
import { until } from '../support/until.js';

const channel = 'ada';
const ID = '00000000-0000-4000-8000-000000000000';
const on = { channel, username: 'carol' };

/** Everything that only moderators may ask, or only the owner. */
const MODERATORS_ONLY: { [E in keyof ClientEvents]?: Wish<E> } = {
  'delete-message': { channel, messageId: ID }, 'delete-user-messages': on, 'clear-chat': { channel }, 'timeout-user': { ...on, seconds: 60 }, 'ban-user': on, 'mute-user': on,
  'warn-user': { ...on, reason: 'no' }, 'unban-user': on, 'pin-message': { channel, messageId: null }, 'set-modes': { channel, modes: { slowSec: 1 } }, 'raise-shield': { channel },
  'lower-shield': { channel }, 'set-role': { ...on, role: 'vip' }, 'list-terms': { channel }, 'add-term': { channel, pattern: 'x', action: 'hold' }, 'remove-term': { channel, id: ID },
  'list-queue': { channel }, 'resolve-queue-item': { channel, id: ID, decision: 'deny' }, 'list-sanctions': { channel }, 'user-card': on, 'add-note': { ...on, text: 'x' },
  'list-audit': { channel }, 'undo-act': { channel, id: ID },
};

/** The code of each answer, for whoever asks. */
async function codesOf(client: ChatClient): Promise<string[]> {
  const codes = new Set<string>();
  for (const [name, wish] of Object.entries(MODERATORS_ONLY)) {
    const reply: unknown = await client.socket.timeout(10_000).emitWithAck(name, wish);
    codes.add(typeof reply === 'object' && reply !== null && 'code' in reply ? `${reply.code}` : `${name} was done`);
  }
  return [...codes];
}

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('viewers, followers, VIPs, readers and moderators of other channels moderate nothing', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob, carol] = [await site.guest('ada'), await site.guest('bob'), await site.guest('carol')];
      t.same(await codesOf(bob), ['chat_not_allowed'], 'a viewer, who owns a channel of their own');
      await ada.get('set-role', { channel, username: 'bob', role: 'vip' });
      t.same(await codesOf(bob), ['chat_not_allowed'], 'a VIP');
      t.same(await codesOf(await site.arrive(undefined)), ['chat_sign_in_required'], 'a reader');
      const elsewhere = await site.arrive(carol.token, { channel: 'bob' });
      t.same(await codesOf(elsewhere), ['chat_not_in_room'], 'who is in another room');
      const { entries } = await ada.get('list-audit', { channel });
      t.same(entries.map(({ act }) => act), ['set-role'], 'and nothing was done');
    });

    t.test('an act of one channel does nothing in another', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, bob] = [await site.guest('ada'), await site.guest('bob')];
      const carol = await site.guest('carol', { channel: 'bob' });
      await bob.get('join-room', { channel: 'bob' });
      await ada.get('set-role', { channel, username: 'carol', role: 'moderator' });
      const { message } = await bob.get('chat-message', said('bob', 'mine'));
      await carol.get('join-room', { channel });
      t.match(await carol.ask('delete-message', { channel, messageId: message.id }), { code: 'chat_message_unknown' });
      t.match(await carol.ask('delete-message', { channel: 'bob', messageId: message.id }), { code: 'chat_not_allowed' });
      await bob.get('set-modes', { channel: 'bob', modes: { slowSec: 5 } });
      const [act] = (await bob.get('list-audit', { channel: 'bob' })).entries;
      t.match(await carol.ask('undo-act', { channel, id: act?.id ?? '' }), { code: 'chat_act_unknown' });
    });

    t.test('nobody acts on who stands as high', async (t) => {
      const site = await openChatSite(t, db);
      const [root, ada] = [await site.guest('root', { channel: 'root' }), await site.guest('ada')];
      const [mia, max, bob] = [await site.guest('mia'), await site.guest('max'), await site.guest('bob')];
      await root.get('join-room', { channel });
      for (const username of ['mia', 'max']) await ada.get('set-role', { channel, username, role: 'moderator' });
      t.match(await mia.heard('you-changed', ({ you }) => you.role === 'moderator'), { channel }, 'who is connected is told');
      for (const username of ['max', 'ada', 'root', 'mia']) t.match(await mia.ask('ban-user', { channel, username }), { code: 'chat_target_too_high' }, username);
      t.match(await ada.ask('timeout-user', { channel, username: 'root', seconds: 1 }), { code: 'chat_target_too_high' });
      t.match(await mia.ask('set-role', { channel, username: 'bob', role: 'vip' }), { code: 'chat_not_allowed' });
      t.ok((await mia.ask('ban-user', { channel, username: 'bob' })).ok);
      t.ok((await ada.ask('timeout-user', { channel, username: 'max', seconds: 60 })).ok);
      t.match(await max.ask('unban-user', { channel, username: 'bob' }), { code: 'chat_timed_out' }, 'a moderator who is timed out does not moderate');
      const { message } = await ada.get('chat-message', said(channel, 'words of the owner'));
      t.match(await mia.ask('delete-message', { channel, messageId: message.id }), { code: 'chat_target_too_high' });
      await bob.get('load-history', { channel });
      const { entries } = await ada.get('list-audit', { channel });
      const timeout = entries.find(({ act }) => act === 'timeout-user');
      t.match(await mia.ask('undo-act', { channel, id: timeout?.id ?? '' }), { code: 'chat_target_too_high' });
      t.match((await ada.get('list-audit', { channel })).entries.find(({ id }) => id === timeout?.id), { canUndo: true }, 'what was refused is not marked as undone');
    });

    t.test('a role that is taken away ends at once', async (t) => {
      const site = await openChatSite(t, db);
      const [ada, mia, bob] = [await site.guest('ada'), await site.guest('mia'), await site.guest('bob')];
      await ada.get('set-role', { channel, username: 'mia', role: 'moderator' });
      await ada.get('mute-user', { channel, username: 'bob' });
      await bob.get('chat-message', said(channel, 'first'));
      t.match(await mia.heard('new-message'), { text: 'first', hidden: 'muted' });
      await ada.get('set-role', { channel, username: 'mia', role: 'none' });
      await mia.heard('you-changed', ({ you }) => you.role === 'viewer');
      t.match(await mia.ask('list-queue', { channel }), { code: 'chat_not_allowed' });
      await bob.get('chat-message', said(channel, 'second'));
      await mia.get('load-history', { channel });
      t.same(mia.all('new-message').map(({ text }) => text), ['first']);
      const [given] = (await ada.get('list-audit', { channel })).entries;
      await ada.get('undo-act', { channel, id: given?.id ?? '' });
      await mia.heard('you-changed', ({ you }) => you.role === 'moderator');
      t.ok((await mia.ask('list-queue', { channel })).ok);
    });

    t.test('a token that has run out does nothing until there is a new one', async (t) => {
      const site = await openChatSite(t, db, { tokenSec: 2 });
      const ada = await site.guest('ada');
      await until('it has run out', async () => {
        const reply = await ada.ask('set-modes', { channel, modes: { slowSec: 0 } });
        return reply.ok ? undefined : reply.code === 'chat_token_expired' ? true : undefined;
      });
      t.match(await ada.ask('chat-message', said(channel, 'hello')), { code: 'chat_token_expired' });
      t.match(await ada.ask('authenticate', { token: ada.token }), { ok: false }, 'an old one is none');
      t.match(await (await site.arrive(ada.token)).ask('chat-message', said(channel, 'hello')), { code: 'chat_sign_in_required' });
    });
  });
}
