import t from 'tap';
import { openDatabase } from '../support/accounts.js';
import { openChatSite } from '../support/chat-site.js';

t.test('who comes and goes', async (t) => {
  const db = await openDatabase(t, { url: '', dataDir: t.testdir() });

  t.test('is told with names in a small room; several windows are one person', async (t) => {
    const site = await openChatSite(t, db);
    const ada = await site.guest('ada');
    t.same(await ada.heard('viewer-joined'), { channel: 'ada', count: 1, chatters: [{ username: 'ada', role: 'owner' }] });
    const bob = await site.guest('bob');
    t.same(await ada.heard('viewer-joined'), { channel: 'ada', count: 1, chatters: [{ username: 'bob', role: 'viewer' }] });
    const second = await site.arrive(bob.token);
    await site.arrive(undefined);
    t.same(await ada.heard('viewer-joined'), { channel: 'ada', count: 1, chatters: [] }, 'a reader, and nobody for the second window');
    bob.close();
    await site.guest('eve');
    await ada.heard('viewer-joined');
    t.same(ada.all('viewer-left'), [], 'the other window is still there');
    second.close();
    t.same(await ada.heard('viewer-left'), { channel: 'ada', count: 1, chatters: [{ username: 'bob', role: 'viewer' }] });
  });

  t.test('is told once a second, and as a number in a big room', async (t) => {
    const site = await openChatSite(t, db);
    const ada = await site.guest('ada');
    await ada.heard('viewer-joined');
    await Promise.all(Array.from({ length: 60 }, () => site.arrive(undefined)));
    let seen = 0;
    while (seen < 60) seen += (await ada.heard('viewer-joined')).count;
    t.equal(seen, 60);
    await site.guest('bob');
    t.same(await ada.heard('viewer-joined'), { channel: 'ada', count: 1, chatters: [] });
  });

  t.test('moderators have the list, others do not', async (t) => {
    const site = await openChatSite(t, db);
    const ada = await site.guest('ada');
    const bob = await site.guest('bob');
    await site.arrive(undefined);
    t.same(await ada.get('list-chatters', { channel: 'ada' }), { ok: true, chatters: [{ username: 'ada', role: 'owner' }, { username: 'bob', role: 'viewer' }], readers: 1 });
    t.match(await bob.ask('list-chatters', { channel: 'ada' }), { ok: false, code: 'chat_not_allowed' });
    await bob.get('leave-room', { channel: 'ada' });
    t.match(await ada.get('list-chatters', { channel: 'ada' }), { chatters: [{ username: 'ada' }] });
  });

  t.test('the number of viewers is told when it changes', async (t) => {
    let viewers = 3;
    const site = await openChatSite(t, db, { viewers: () => viewers });
    const ada = await site.guest('ada');
    t.same(await ada.heard('viewer-count'), { channel: 'ada', viewers: 3 });
    viewers = 5;
    t.same(await ada.heard('viewer-count'), { channel: 'ada', viewers: 5 });
    t.match(await (await site.guest('bob')).get('join-room', { channel: 'ada' }), { room: { viewers: 5 } });
  });
});
