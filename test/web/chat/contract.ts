import t from 'tap';
import type * as server from '../../../src/chat/events.js';
import type * as page from '../../../src/web/api/chat-contract.js';

type Same<A, B> = [A, B] extends [B, A] ? true : false;

t.test('the page and the server speak of the same events', async (t) => {
  // What differs does not compile.
  const asked: Same<server.ClientEvents, page.ClientEvents> = true;
  const told: Same<server.ServerEvents, page.ServerEvents> = true;
  t.ok(asked && told);
});
