import { useState } from 'react';
import type { ChatMessage } from '../api/chat-contract.js';
import { Icon } from '../controls/icons.js';
import { MessageText, type Emotes } from './list/message-text.js';

/** Longer ones show two lines first. */
const LONG = 80;

/** What a moderator wants everybody to see; a reader may put it away. */
export function Pinned({ message, emotes, own }: { message: ChatMessage; emotes: Emotes; own: string | undefined }) {
  const [dismissed, setDismissed] = useState<string>();
  const [isWhole, setWhole] = useState(false);
  const isLong = message.text.length > LONG;
  if (dismissed === message.id) return null;
  return (
    <aside className="chat-pinned" aria-label="Pinned message" data-short={(isLong && !isWhole) || undefined}>
      <Icon name="pin" />
      <div>
        <p className="chat-pinned-text"><strong>{message.author.username}</strong> <MessageText message={message} emotes={emotes} own={own} /></p>
        {isLong && <button type="button" className="chat-plain" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>{isWhole ? 'Less' : 'More'}</button>}
      </div>
      <button type="button" className="composer-icon" aria-label="Hide the pinned message" title="Hide the pinned message" onClick={() => setDismissed(message.id)}><Icon name="close" /></button>
    </aside>
  );
}
