/** Letters that are drawn like Latin ones, and figures that stand in for letters (after Unicode TS #39, the common ones). */
const LOOKALIKES: Record<string, string> = {
  а: 'a', в: 'b', е: 'e', ё: 'e', і: 'i', ї: 'i', ј: 'j', к: 'k', м: 'm', н: 'h', о: 'o', р: 'p', с: 'c', т: 't', у: 'y', х: 'x', ѕ: 's', ԁ: 'd', ԛ: 'q', ԝ: 'w',
  α: 'a', β: 'b', ε: 'e', η: 'n', ι: 'i', κ: 'k', ν: 'v', ο: 'o', ρ: 'p', τ: 't', υ: 'u', χ: 'x', ı: 'i', ł: 'l', ø: 'o', đ: 'd',
  0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's', '€': 'e', '!': 'i',
};
/** Those of the lookalikes that stand between words too. */
const SIGN = /[@$€!]/;
const MAX_KEY = 200;
/** Longer texts than this are compared by how much they have in common. */
const MIN_SIMILAR = 12;
const SIMILAR = 0.85;

/** Words as they are read, whatever they are written with: lower case, without accents, lookalikes as Latin letters. */
export function plainWords(text: string): string[] {
  return wordsOf([...folded(text)].map((letter) => LOOKALIKES[letter] ?? letter).join(''));
}

/** The same with signs as what they are: `bad!` ends with one, `b!d` has a letter in it, and nothing tells which. */
export function wordsWithoutSigns(text: string): string[] {
  return wordsOf([...folded(text)].map((letter) => (SIGN.test(letter) ? ' ' : LOOKALIKES[letter] ?? letter)).join(''));
}

/** Joiners between letters show nothing. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/[\p{M}\u200c\u200d]+/gu, '').toLowerCase();
}

function wordsOf(text: string): string[] {
  return text.split(/[^\p{L}\p{N}\p{Extended_Pictographic}]+/u).filter((word) => word !== '');
}

/** What two messages share when they say the same: spacing, marks, case and stretched letters do not count. */
export function textKey(text: string): string {
  const key = wordsWithoutSigns(text).join('').replace(/(.)\1+/gu, '$1');
  return [...(key === '' ? text : key)].slice(0, MAX_KEY).join('');
}

/** Whether two keys are of nearly the same text. */
export function isSimilar(a: string, b: string): boolean {
  if (a === b) return true;
  if (Math.min(a.length, b.length) < MIN_SIMILAR) return false;
  return sharedPairs(a, b) >= SIMILAR;
}

/** Sørensen–Dice coefficient of the pairs of neighbours, 0 to 1. */
function sharedPairs(a: string, b: string): number {
  const counts = new Map<string, number>();
  for (const pair of pairsOf(a)) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  let shared = 0;
  for (const pair of pairsOf(b)) {
    const left = counts.get(pair) ?? 0;
    if (left === 0) continue;
    shared++;
    counts.set(pair, left - 1);
  }
  return (2 * shared) / (a.length - 1 + b.length - 1);
}

function pairsOf(text: string): string[] {
  return Array.from({ length: text.length - 1 }, (_, at) => text.slice(at, at + 2));
}
