import type { ChatMessage } from '../../api/chat-contract.js';
import { EmotePicture, type Emotes } from './message-text.js';

/** What a message was answered with, each with its count; a press joins in, or takes it back. */
export function Reactions({ message, emotes, own, onReact }: {
  message: ChatMessage; emotes: Emotes; own: ReadonlySet<string>; onReact: ((emoji: string) => void) | undefined;
}) {
  const counted = Object.entries(message.reactions ?? {}).filter(([, count]) => count > 0);
  if (counted.length === 0) return null;
  return (
    <span className="chat-reactions">
      {counted.map(([emoji, count]) => (
        <button key={emoji} type="button" aria-pressed={own.has(`${message.id} ${emoji}`)} disabled={onReact === undefined} onClick={() => onReact?.(emoji)}
          aria-label={`${emoji}, ${count}`}>
          <ReactionSign emoji={emoji} emotes={emotes} /> {count}
        </button>
      ))}
    </span>
  );
}

/** An emoji, or a channel's emote by its code. */
export function ReactionSign({ emoji, emotes }: { emoji: string; emotes: Emotes }) {
  const emote = emotes.get(emoji.replaceAll(':', ''));
  return emote === undefined ? <span>{emoji}</span> : <EmotePicture emote={emote} />;
}
