import t from 'tap';
import { hasTerm, parseTerm, readingsOf } from '../../../src/chat/text/terms.js';

function has(text: string, pattern: string): boolean {
  const term = parseTerm(pattern);
  return term !== undefined && hasTerm(readingsOf(text), term);
}

t.test('a word is found however it is written, and only as a word', async (t) => {
  for (const text of ['bad', 'So BAD!', '!bad', 'bad?', '@bad', 'bád', 'ｂａｄ', '𝐛𝐚𝐝', 'bаd', 'b4d', 'b@d', 'b\u200dad', 'b a d', 'b.a.d', 'b-4-d, really', '«bad»']) t.equal(has(text, 'bad'), true, text);
  for (const text of ['badly', 'abad', 'ba', 'b', '', 'ba d', 'a bird']) t.equal(has(text, 'bad'), false, text);
});

t.test('an asterisk stands for letters within a word', async (t) => {
  t.equal(has('badly', 'bad*'), true);
  t.equal(has('unbadly', '*bad*'), true);
  t.equal(has('not bad', '*bad'), true);
  t.equal(has('bob and dad', 'b*d'), false, 'not for what is between words');
  t.equal(has('bananad', 'b*n*d'), true);
  t.equal(has('band', 'b*nn*d'), false);
  t.equal(has('ab', 'ab*b'), false, 'no letter counts twice');
});

t.test('several words are found next to each other', async (t) => {
  t.equal(has('you go, away!', 'go away'), true);
  t.equal(has('go far away', 'go away'), false);
  t.equal(has('away go', 'go away'), false);
  t.equal(has('buy followers2 now', 'buy follow*'), true);
});

t.test('other scripts have words too', async (t) => {
  t.equal(has('это плохо!', 'плохо'), true);
  t.equal(has('שָׁלוֹם', 'שלום'), true);
  t.equal(has('很 坏 的', '坏'), true);
});

t.test('what could never be found, or always, is no term', async (t) => {
  for (const pattern of ['', ' ', '*', '* *', '...', 'bad *']) t.equal(parseTerm(pattern), undefined, pattern);
});

t.test('a pattern that is made to be slow is not', async (t) => {
  const start = performance.now();
  t.equal(has(`${'a'.repeat(500)}b`, `${'*a'.repeat(49)}c`), false);
  t.ok(performance.now() - start < 100);
});
