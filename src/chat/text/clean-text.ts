/** Characters of a message, as people count them roughly: code points. */
export const MAX_TEXT = 500;
/** Marks on one letter: Vietnamese and Hebrew need two or three, a tower of them needs more. */
const MAX_MARKS = 3;

/** Controls, but not the white space among them. */
const CONTROLS = /[^\P{Cc}\t\n\r]/gu;
const LONELY_SURROGATES = /\p{Cs}/gu;
/** What turns the direction of the text around it (UAX #9), in the room of others too. */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** What takes no place, or looks like nothing: filters are led astray with it. */
const INVISIBLE = /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}]/gu;
/** Letters that nobody sees, but in a flag: those of England, Scotland and Wales are spelled with them. */
const TAGS = /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f})|[\u{e0000}-\u{e0fff}]/gu;
/** Joiners belong between letters and between emoji; variation selectors behind something. */
const STRAY_JOINER = /(?<![\p{L}\p{M}\p{Extended_Pictographic}\ufe0f\u{1f3fb}-\u{1f3ff}])[\u200c\u200d]|[\u200c\u200d](?![\p{L}\p{M}\p{Extended_Pictographic}])/gu;
const STRAY_SELECTOR = /(?<![\p{L}\p{N}\p{S}\p{P}])[\ufe00-\ufe0f]|(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]/gu;
const TOWER = new RegExp(`(\\p{M}{${MAX_MARKS}})\\p{M}+`, 'gu');
const LONELY_MARKS = /(^|[\s\p{Z}])\p{M}+/gu;

/**
 * A message without what only abuse has in it: one line, composed (NFC), no towers of marks, nothing invisible,
 * nothing that turns the direction of other people's text.
 */
export function cleanText(text: string): string {
  return text.replace(LONELY_SURROGATES, '').normalize('NFC')
    .replace(CONTROLS, '').replace(BIDI, '').replace(INVISIBLE, '').replace(TAGS, '$1')
    .replace(STRAY_JOINER, '').replace(STRAY_SELECTOR, '')
    .replace(TOWER, '$1').replace(LONELY_MARKS, '$1')
    .replace(/[\s\p{Z}]+/gu, ' ').trim();
}

export function lengthOf(text: string): number {
  return [...text].length;
}
