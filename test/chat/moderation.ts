import t from 'tap';
import { openDatabase } from '../support/accounts.js';
import { said } from '../support/chat-client.js';
import { openChatSite } from '../support/chat-site.js';
import { testDatabases } from '../support/database.js';

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('what is deleted is gone for everybody, and can be brought back', async (t) => {
      const site = await openChatSite(t, db);
      const ada = await site.guest('ada');
      const bob = await site.guest('bob');
      const { message } = await bob.get('chat-message', said('ada', 'hello'));
      t.match(await ada.heard('new-message'), { id: message.id, text: 'hello', author: { username: 'bob' } });
      await ada.get('delete-message', { channel: 'ada', messageId: message.id, reason: 'rude' });
      t.same(await bob.heard('message-deleted'), { channel: 'ada', messageId: message.id });
      t.same((await bob.get('load-history', { channel: 'ada' })).messages, []);
      const { entry } = await ada.heard('acted');
      t.match(entry, { act: 'delete-message', actor: 'ada', target: 'bob', reason: 'rude', detail: { text: 'hello' }, canUndo: true });
      bob.forget();
      await ada.get('undo-act', { channel: 'ada', id: entry.id });
      t.match(await bob.heard('new-message'), { id: message.id, seq: message.seq });
      t.match((await bob.get('load-history', { channel: 'ada' })).messages, [{ id: message.id }]);
    });
  });
}
