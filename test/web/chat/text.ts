import t from 'tap';
import type { ChatEmote } from '../../../src/web/api/chat-contract.js';
import { completed, fragmentAt, suggestionsFor } from '../../../src/web/chat/text/completion.js';
import { failureWords, waitWords } from '../../../src/web/chat/text/failure-words.js';
import { nameHue } from '../../../src/web/chat/text/name-hue.js';
import { isPictureOnly, piecesOf } from '../../../src/web/chat/text/pieces.js';

const WAVE: ChatEmote = { id: 'e', code: 'wave', url: '/emotes/e.webp', isAnimated: false };
const KNOWN = { mentions: ['bob'], emotes: new Map([['wave', WAVE]]) };
const drawn = (text: string) => piecesOf(text, KNOWN).map((piece) => `${piece.kind} ${piece.kind === 'link' ? piece.href : piece.text}`);

t.test('a message is taken apart, and nothing of it is lost', async (t) => {
  t.same(drawn('hey @Bob :wave: see https://a.example/x?y=1#z.'), ['text hey ', 'mention @Bob', 'text  ', 'emote :wave:', 'text  see ', 'link https://a.example/x?y=1#z', 'text .']);
  t.same(drawn('@eve :smile: 12:30:45 a@bob'), ['text @eve :smile: 12:30:45 a@bob'], 'who is no account is no mention');
  t.same(drawn('(https://a.example/b)'), ['text (', 'link https://a.example/b', 'text )']);
  t.same(drawn('https://a.example/b_(c)'), ['link https://a.example/b_(c)']);
  for (const text of ['', ':wave::wave:', 'https://', 'x @bob,@bob']) t.equal(piecesOf(text, KNOWN).map((piece) => piece.text).join(''), text);
});

t.test('only pages of the web are links', async (t) => {
  for (const text of ['javascript:alert(1)', 'data:text/html,<b>', 'JaVaScRiPt://a.example/%0aalert(1)', 'vbscript:x', 'https://good.example@evil.example/', 'http://[', 'file:///etc/passwd', '//a.example']) {
    t.notMatch(drawn(text).join(), /^link /, text);
  }
});

t.test('a few emoji alone are large', async (t) => {
  t.same(['❤️', '😂 😂', ':wave:', 'ok 👍', '12', ''].map((text) => isPictureOnly(piecesOf(text, KNOWN))), [true, true, true, false, false, false]);
});

t.test('names and codes are completed at the cursor', async (t) => {
  const fragment = fragmentAt('hi @bo there', 6);
  t.same(fragment, { kind: 'name', typed: 'bo', start: 3 });
  if (fragment === undefined) return;
  const [first] = suggestionsFor(fragment, { names: ['bob', 'alice', 'bobby'], emotes: [] });
  t.same(first, { insert: '@bob', label: 'bob' });
  t.same(first && completed('hi @bo there', 6, fragment, first), { text: 'hi @bob there', cursor: 8 });
  t.same(fragmentAt('a@bo', 4), undefined, 'within a word it is none');
  t.same(fragmentAt(':w', 2), undefined, 'one letter could be anything');
  t.match(suggestionsFor({ kind: 'code', typed: 'wav', start: 0 }, { names: [], emotes: [WAVE] }), [{ insert: ':wave:' }, { insert: '👋' }]);
});

t.test('names can be read on light and on dark', async (t) => {
  for (let hue = 0; hue < 360; hue += 20) {
    t.ok(contrast(oklch(0.47, 0.11, hue), [1, 1, 1]) >= 4.5, `${hue}° on light`);
    t.ok(contrast(oklch(0.8, 0.1, hue), hex('0b202a')) >= 4.5, `${hue}° on dark`);
  }
  t.equal(nameHue('ada'), nameHue('ada'));
  t.ok(new Set(['ada', 'bob', 'cleo', 'dan', 'eve', 'finn'].map(nameHue)).size >= 4);
});

t.test('refusals in plain words', async (t) => {
  const failure = { ok: false, code: 'chat_slow_mode', message: 'slow mode: write again in 12 s', retryAfterSec: 12 } as const;
  t.equal(failureWords(failure, 12), 'Slow mode: 12 s');
  t.equal(failureWords({ ok: false, code: 'chat_text_links', message: 'links are off' }), 'Links are off.');
  t.same([12, 100, 7_200, 1_209_600].map(waitWords), ['12 s', '2 min', '2 h', '14 days']);
});

type Linear = [number, number, number];

/** CSS Color 4, OKLCH to linear sRGB, out of gamut cut off. */
function oklch(lightness: number, chroma: number, hue: number): Linear {
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)];
  const [l, m, s] = [lightness + 0.3963377774 * a + 0.2158037573 * b, lightness - 0.1055613458 * a - 0.0638541728 * b, lightness - 0.0894841775 * a - 1.291485548 * b].map((root) => root ** 3);
  if (l === undefined || m === undefined || s === undefined) throw new Error('three cones');
  const rgb: Linear = [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s];
  return [clamp(rgb[0]), clamp(rgb[1]), clamp(rgb[2])];
}

function hex(text: string): Linear {
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => linear(Number.parseInt(text.slice(at, at + 2), 16) / 255));
  return [r, g, b];
}

function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** WCAG 2.2, 1.4.3. */
function contrast(one: Linear, other: Linear): number {
  const [low, high] = [one, other].map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b).sort((a, b) => a - b);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}
