import t from 'tap';
import { cleanText, lengthOf } from '../../../src/chat/text/clean-text.js';

t.test('what people write stays as it is', async (t) => {
  const kept = {
    'Vietnamese': 'Tiếng Việt: những người ở đây',
    'Hindi': 'नमस्ते, क्षत्रिय की ज़िंदगी',
    'Arabic with vowels': 'السَّلَامُ عَلَيْكُمْ',
    'Persian with a joiner': 'می\u200cخواهم',
    'Hebrew with points': 'שָׁלוֹם לְכֻלָּם',
    'Thai': 'ที่นี่มีน้ำแข็ง',
    'Sinhala with a joiner': 'ශ්\u200dරී ලංකා',
    'a family': '👩‍👩‍👧‍👦',
    'a kiss': '👩‍❤️‍💋‍👨',
    'skin': '👍🏽 👩🏿‍🚀',
    'flags': '🇩🇪🇻🇳🏳️‍🌈🏴‍☠️',
    'England': '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    'a keycap': '1️⃣ #️⃣',
    'markup': '<b>&amp;</b> "quoted" \\o/',
  };
  for (const [what, text] of Object.entries(kept)) t.equal(cleanText(text), text.normalize('NFC'), what);
});

t.test('what only abuse has in it goes', async (t) => {
  t.equal(cleanText('Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334a\u0321\u035e\u0335l\u0335'.normalize('NFD')).replace(/\P{M}/gu, '').length <= 9, true, 'towers of marks are cut down');
  t.equal(cleanText('abc\u202Edef\u2066ghi'), 'abcdefghi', 'nothing turns the text around it');
  t.equal(cleanText('he\u200bl\u2060l\ufeffo\u00ad\u3164\u2800'), 'hello', 'nothing invisible');
  t.equal(cleanText('a\u{e0041}\u{e007f}b'), 'ab', 'no letters that nobody sees');
  t.equal(cleanText('🏴\u{e0041}x'), '🏴x', 'nor behind a flag that is none');
  t.equal(cleanText('\u200d\u200dx\ufe0f\ufe0f\ufe0f'), 'x\ufe0f', 'joiners and selectors only where they belong');
  t.equal(cleanText('a\u0000b\u0007c\ud800d'), 'abcd', 'no controls, no half characters');
  t.equal(cleanText('\u0301\u0302 one\n\n\ttwo\u2003three '), 'one two three', 'one line');
  t.equal(cleanText('\u200b\u2800\u3164\u00a0'), '', 'what looks empty is empty');
});

t.test('a cleaned text is clean', async (t) => {
  for (const text of ['Z͑ͫ̓ͪ̂ͫ̽͏̴̙', '\u200d\u200d\u200b\ufe0fx', 'می\u200cخواهم', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', ' \u0301\u0301']) t.equal(cleanText(cleanText(text)), cleanText(text));
});

t.test('characters are counted as people see them, roughly', async (t) => {
  t.equal(lengthOf('😀😀'), 2);
  t.equal(lengthOf('é'.normalize('NFC')), 1);
});
