import { plainWords, wordsWithoutSigns } from './text-key.js';

/** The words that a pattern has, and whether any letters may come before, between or after their pieces. */
export interface Term {
  /** Of each word, the pieces between its asterisks. */
  words: string[][];
}

/** Reads a blocked term, such as `bad*`, `*word*` or `two words`; undefined when nothing of it could ever be found. */
export function parseTerm(pattern: string): Term | undefined {
  const words = pattern.trim().split(/\s+/).map((word) => word.split('*').map((piece) => plainWords(piece).join('')));
  return words.some((pieces) => pieces.every((piece) => piece === '')) ? undefined : { words };
}

/** The ways to read a text, each as words. Made once for all terms: it is most of the work. */
export function readingsOf(text: string): string[][] {
  const readings = [plainWords(text), wordsWithoutSigns(text)];
  return [...readings, ...readings.map(joinedLetters)];
}

/** Whether a text, read in any way, has the words of the term next to each other. */
export function hasTerm(readings: string[][], { words }: Term): boolean {
  return readings.some((spoken) => spoken.some((_, start) => words.every((pieces, offset) => matches(spoken[start + offset], pieces))));
}

/** Letters that stand alone, one after the other, are read as one word: `b a d`, `b.a.d`. */
function joinedLetters(words: string[]): string[] {
  const joined: string[] = [];
  let isOpen = false;
  for (const word of words) {
    const isLetter = [...word].length === 1;
    if (isLetter && isOpen) joined.push((joined.pop() ?? '') + word);
    else joined.push(word);
    isOpen = isLetter;
  }
  return joined;
}

/** Each piece is looked for behind the one before it: time grows with the length of the word, whatever the pattern. */
function matches(word: string | undefined, pieces: string[]): boolean {
  const [first = '', ...rest] = pieces;
  if (word === undefined || !word.startsWith(first)) return false;
  const last = rest.pop();
  if (last === undefined) return word === first;
  let from = first.length;
  for (const piece of rest) {
    const at = word.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return word.length - last.length >= from && word.endsWith(last);
}
