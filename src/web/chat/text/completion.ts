import type { ChatEmote } from '../../api/chat-contract.js';
import { EMOJI } from './emoji.js';

/** What is being typed at the cursor, and may be completed. */
export interface Fragment {
  kind: 'name' | 'code';
  /** Behind the `@` or `:`, in lower case. */
  typed: string;
  /** Where its sign stands. */
  start: number;
}

export interface Suggestion {
  /** What is put in its place. */
  insert: string;
  label: string;
  /** A picture or an emoji. */
  emote?: ChatEmote;
  emoji?: string;
}

const MAX_SUGGESTIONS = 6;

/** The name or code that ends at the cursor. */
export function fragmentAt(text: string, cursor: number): Fragment | undefined {
  const match = /(?:^|[\s(])([@:])([a-z0-9_-]{0,32})$/iu.exec(text.slice(0, cursor));
  const [, sign, typed = ''] = match ?? [];
  if (sign === undefined || (sign === ':' && typed.length < 2)) return undefined;
  return { kind: sign === '@' ? 'name' : 'code', typed: typed.toLowerCase(), start: cursor - typed.length - 1 };
}

/** What a fragment may become, the likeliest first. @param from.names the last who spoke first. */
export function suggestionsFor({ kind, typed }: Fragment, from: { names: string[]; emotes: ChatEmote[] }): Suggestion[] {
  if (kind === 'name') {
    return from.names.filter((name) => name.startsWith(typed) && name !== typed).slice(0, MAX_SUGGESTIONS).map((name) => ({ insert: `@${name}`, label: name }));
  }
  const emotes = from.emotes.filter(({ code }) => code.toLowerCase().includes(typed)).map((emote) => ({ insert: `:${emote.code}:`, label: `:${emote.code}:`, emote }));
  const emoji = EMOJI.filter(({ name }) => name.includes(typed)).map(({ emoji, name }) => ({ insert: emoji, label: name, emoji }));
  return [...emotes, ...emoji].slice(0, MAX_SUGGESTIONS);
}

/** The text with a suggestion in place of the fragment, and where the cursor stands then. */
export function completed(text: string, cursor: number, { start }: Fragment, { insert }: Suggestion): { text: string; cursor: number } {
  const before = `${text.slice(0, start)}${insert} `;
  return { text: before + text.slice(cursor).replace(/^ /, ''), cursor: before.length };
}
