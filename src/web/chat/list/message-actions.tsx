import { useState, type ReactNode } from 'react';
import type { ChatMessage } from '../../api/chat-contract.js';
import { Icon, type IconName } from '../../controls/icons.js';
import { QUICK_REACTIONS } from '../text/emoji.js';
import { EmojiPicker } from '../write/emoji-picker.js';
import type { Emotes } from './message-text.js';

interface MessageActionsProps {
  message: ChatMessage;
  emotes: Emotes;
  onReact: (emoji: string) => void;
  onReply: () => void;
  /** Undefined for one's own. */
  onReport: (() => void) | undefined;
  /** More of them, such as a moderator's. */
  children?: ReactNode;
}

/** What can be done with the message that is pointed at. */
export function MessageActions({ message, emotes, onReact, onReply, onReport, children }: MessageActionsProps) {
  const [isPicking, setPicking] = useState(false);
  const pick = (emoji: string) => {
    setPicking(false);
    onReact(emoji);
  };
  return (
    <span className="chat-actions" role="group" aria-label={`Message of ${message.author.username}`}>
      {QUICK_REACTIONS.map((emoji) => (
        <button key={emoji} type="button" title={`React with ${emoji}`} aria-label={`React with ${emoji}`} onClick={() => onReact(emoji)}>{emoji}</button>
      ))}
      <Action icon="smile" words="React with another emoji" isPressed={isPicking} onPress={() => setPicking(!isPicking)} />
      <Action icon="reply" words="Reply" onPress={onReply} />
      {onReport && <Action icon="flag" words="Report to the moderators" onPress={onReport} />}
      {children}
      {isPicking && <EmojiPicker emotes={[...emotes.values()]} onPick={pick} onClose={() => setPicking(false)} />}
    </span>
  );
}

function Action({ icon, words, isPressed, onPress }: { icon: IconName; words: string; isPressed?: boolean; onPress: () => void }) {
  return <button type="button" title={words} aria-label={words} aria-expanded={isPressed} onClick={onPress}><Icon name={icon} /></button>;
}
