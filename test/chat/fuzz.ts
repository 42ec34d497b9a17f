import t from 'tap';
import { fuzzChat } from '../fuzz/chat/run.js';

// The database's folder is named after this, and its lock is a socket: its path is short.
t.test('hostile payloads', { timeout: 240_000 }, async (t) => {
  const { failures, outcomes } = await fuzzChat(t, { dataDir: t.testdir(), seed: 7, from: 0, count: 300 });
  t.same(failures, [], 'get error codes, and the chat goes on');
  t.ok(Object.keys(outcomes).length > 30, 'they reach many requests');
});
