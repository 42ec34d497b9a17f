import type { ChatEmote } from '../../api/chat-contract.js';

/** A stretch of a message that is drawn in one way. */
export type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'mention'; text: string; username: string }
  | { kind: 'emote'; text: string; emote: ChatEmote };

const SPECIAL = /(?<link>https?:\/\/[^\s<>"]+)|(?<![\p{L}\p{N}_@-])@(?<name>[a-z0-9_-]{1,30})|:(?<code>[a-z0-9_]{2,32}):/giu;
/** Belongs to the sentence, not to the address. */
const AFTER_LINK = /[.,;:!?'*_~]+$/;

/** Takes a message apart. Only names that are accounts are mentions, only codes that the channel has are emotes. */
export function piecesOf(text: string, known: { mentions: string[]; emotes: ReadonlyMap<string, ChatEmote> }): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(SPECIAL)) {
    const piece = specialPiece(match.groups ?? {}, known);
    if (piece === undefined) continue;
    if (match.index > from) pieces.push({ kind: 'text', text: text.slice(from, match.index) });
    pieces.push(piece);
    from = match.index + piece.text.length;
  }
  return from < text.length ? [...pieces, { kind: 'text', text: text.slice(from) }] : pieces;
}

function specialPiece(found: Record<string, string | undefined>, known: Parameters<typeof piecesOf>[1]): Piece | undefined {
  const { link, name, code } = found;
  if (link !== undefined) return linkPiece(link);
  if (name !== undefined) return known.mentions.includes(name.toLowerCase()) ? { kind: 'mention', text: `@${name}`, username: name.toLowerCase() } : undefined;
  const emote = known.emotes.get(code ?? '');
  return emote && { kind: 'emote', text: `:${code}:`, emote };
}

function linkPiece(found: string): Piece | undefined {
  const text = closed(found.replace(AFTER_LINK, ''));
  const href = safeAddress(text);
  return href === undefined ? undefined : { kind: 'link', text, href };
}

/** A bracket that was opened before the address is closed after it. */
function closed(link: string): string {
  const isStray = link.endsWith(')') && !link.includes('(');
  return isStray ? link.slice(0, -1) : link;
}

/** What a link may lead to: a page of the web, without a name in it that looks like another site's. */
function safeAddress(text: string): string | undefined {
  try {
    const { protocol, username, password, href } = new URL(text);
    return ['http:', 'https:'].includes(protocol) && username === '' && password === '' ? href : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a message is nothing but a few emoji or emotes: those are drawn large. */
export function isPictureOnly(pieces: Piece[]): boolean {
  const isPicture = (piece: Piece): boolean => piece.kind === 'emote' || (piece.kind === 'text' && /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f\s]*$/u.test(piece.text));
  const length = pieces.reduce((sum, piece) => sum + (piece.kind === 'emote' ? 2 : piece.text.length), 0);
  return pieces.every(isPicture) && length <= 16 && length > 0;
}
