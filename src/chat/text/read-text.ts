/** Endings that chats see; a full stop that somebody forgot the space after is no link. */
const ENDINGS = 'com|net|org|info|biz|io|co|tv|gg|me|ly|to|be|app|dev|xyz|top|site|online|club|shop|store|live|stream|link|click|page|cloud|fun|vip|pro|ws|cc|ru|de|fr|uk|nl|pl|it|es|eu|us|ca|br|jp|cn|in|ch|at|se|no|su|ua|tk|ml|ga|cf';
const LINK = new RegExp(`(?:https?:/{1,2}|www\\.)\\S|(?<![\\p{L}\\p{N}@])(?:[\\p{L}\\p{N}-]{1,63}\\.){1,5}(?:${ENDINGS})(?![\\p{L}\\p{N}])|(?:\\d{1,3}\\.){3}\\d{1,3}[:/]`, 'iu');
const MENTION = /(?<![\p{L}\p{N}_@-])@([a-z0-9_-]{1,30})/giu;
const CODE = /:([a-z0-9_]{2,32}):/gi;
const EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f\u20e3]/gu;
const MAX_MENTIONS = 10;

/** Whether there is something in it that leads elsewhere. */
export function hasLink(text: string): boolean {
  return LINK.test(text.normalize('NFKC'));
}

/** User names that are spoken to, in lower case. */
export function mentionsOf(text: string): string[] {
  const names = [...text.matchAll(MENTION)].flatMap(([, name]) => name === undefined ? [] : [name.toLowerCase()]);
  return [...new Set(names)].slice(0, MAX_MENTIONS);
}

/** Whether nothing but emoji and emotes of the channel is in it. */
export function isEmotesOnly(text: string, codes: ReadonlySet<string>): boolean {
  const rest = text.replace(CODE, (whole, code: string) => (codes.has(code) ? '' : whole)).replace(EMOJI, '');
  return rest.trim() === '';
}

/** `/me waves` is an action; everything else is said as it stands. */
export function readAction(text: string): { text: string; isAction: boolean } {
  const action = /^\/me\s+(.+)$/su.exec(text)?.[1];
  return action === undefined ? { text, isAction: false } : { text: action, isAction: true };
}
