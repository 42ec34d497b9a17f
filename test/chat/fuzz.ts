import t from 'tap';
import { fuzzChat } from '../fuzz/chat/run.js';

t.test('hostile payloads get error codes, and the chat goes on', { timeout: 240_000 }, async (t) => {
  const { failures, outcomes } = await fuzzChat(t, { dataDir: t.testdir(), seed: 7, from: 0, count: 1_500 });
  t.same(failures, []);
  t.ok(Object.keys(outcomes).length > 30, 'they reach many requests');
});
