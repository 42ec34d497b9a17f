import type { ChatEmote, ChatMessage } from '../../api/chat-contract.js';
import { isPictureOnly, piecesOf, type Piece } from '../text/pieces.js';

export type Emotes = ReadonlyMap<string, ChatEmote>;

/** What was said, with its links, names and emotes. */
export function MessageText({ message, emotes, own }: { message: Pick<ChatMessage, 'text' | 'mentions'>; emotes: Emotes; own?: string | undefined }) {
  const pieces = piecesOf(message.text, { mentions: message.mentions, emotes });
  return (
    <span className="chat-text" data-large={isPictureOnly(pieces) || undefined} dir="auto">
      {pieces.map((piece, at) => <PieceView key={at} piece={piece} own={own} />)}
    </span>
  );
}

function PieceView({ piece, own }: { piece: Piece; own: string | undefined }) {
  switch (piece.kind) {
    case 'text': return piece.text;
    case 'link': return <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow ugc">{piece.text}</a>;
    case 'mention': return <span className="chat-mention" data-own={piece.username === own || undefined}>{piece.text}</span>;
    case 'emote': return <EmotePicture emote={piece.emote} />;
  }
}

/** Pictures are this server's; another address would tell a stranger who reads along. */
export function EmotePicture({ emote: { code, url } }: { emote: ChatEmote }) {
  if (!/^\/(?![/\\])/.test(url)) return `:${code}:`;
  return <img className="chat-emote" src={url} alt={`:${code}:`} title={`:${code}:`} decoding="async" draggable={false} />;
}
