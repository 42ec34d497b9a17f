import t from 'tap';
import { isSimilar, textKey } from '../../../src/chat/text/text-key.js';

const isSame = (a: string, b: string): boolean => isSimilar(textKey(a), textKey(b));

t.test('the same said in another way is the same', async (t) => {
  t.equal(isSame('Hello!', 'hello'), true);
  t.equal(isSame('heeellooo', 'hello'), true);
  t.equal(isSame('h e l l o', 'hello'), true);
  t.equal(isSame('Buy followers at example now', 'buy f0llowers at example now!!1'), true);
  t.equal(isSame('Buy followers at example now', 'Buy followers at examplee, now: x7'), true);
  t.equal(isSame('👍👍👍', '👍'), true);
  t.equal(isSame('...', '...'), true);
});

t.test('other things are not', async (t) => {
  t.equal(isSame('yes', 'no'), false);
  t.equal(isSame('👍', '👎'), false);
  t.equal(isSame('?', '!'), false);
  t.equal(isSame('I like the first half of the show', 'what a goal that was'), false);
  t.equal(isSame('谢谢你们', '你好'), false);
});

t.test('a key has a bound', async (t) => {
  t.equal([...textKey('ab'.repeat(10_000))].length, 200);
});
