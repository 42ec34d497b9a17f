import t from 'tap';
import { hasLink, isEmotesOnly, mentionsOf, readAction } from '../../../src/chat/text/read-text.js';

t.test('links are seen, with and without a scheme', async (t) => {
  for (const text of ['https://example.org', 'see HTTP://x', 'www.example.org', 'example.com', 'go to Example.COM/path now', 'ｅｘａｍｐｌｅ.com', 'a.b.example.net', '10.0.0.1:8000/x', 'münchen.de']) t.equal(hasLink(text), true, text);
  for (const text of ['hello', 'one. two', 'e.g. this', '3.14', 'bob@example.com'.replace('@', ' at ').replace('.com', ''), 'file.txt', '...com', 'v1.2.3']) t.equal(hasLink(text), false, text);
});

t.test('mentions are names, once each', async (t) => {
  t.same(mentionsOf('@Bob and @bob, @ada_1! not a@b.c'), ['bob', 'ada_1']);
  t.equal(mentionsOf(Array.from({ length: 50 }, (_, at) => `@u${at}`).join(' ')).length, 10);
});

t.test('emote-only takes emoji and the channel’s emotes', async (t) => {
  const codes = new Set(['wave']);
  for (const text of ['😀', '👩‍👩‍👧‍👦 🇩🇪', ':wave: :wave:', '1️⃣'.replace('1', ''), '❤️']) t.equal(isEmotesOnly(text, codes), true, text);
  for (const text of ['hi 😀', ':other:', 'x']) t.equal(isEmotesOnly(text, codes), false, text);
});

t.test('/me', async (t) => {
  t.same(readAction('/me waves'), { text: 'waves', isAction: true });
  t.same(readAction('/me'), { text: '/me', isAction: false });
  t.same(readAction('/mean'), { text: '/mean', isAction: false });
});
