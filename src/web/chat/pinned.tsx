import { useState } from 'react';
import type { ChatMessage } from '../api/chat-contract.js';
import { Icon } from '../controls/icons.js';
import { MessageText, type Emotes } from './list/message-text.js';

/** What a moderator wants everybody to see; a reader may put it away. */
export function Pinned({ message, emotes, own }: { message: ChatMessage; emotes: Emotes; own: string | undefined }) {
  const [dismissed, setDismissed] = useState<string>();
  if (dismissed === message.id) return null;
  return (
    <aside className="chat-pinned" aria-label="Pinned message">
      <Icon name="pin" />
      <p><strong>{message.author.username}</strong> <MessageText message={message} emotes={emotes} own={own} /></p>
      <button type="button" className="composer-icon" aria-label="Hide the pinned message" title="Hide the pinned message" onClick={() => setDismissed(message.id)}><Icon name="close" /></button>
    </aside>
  );
}
