import { useState, type ReactNode } from 'react';
import { remembered } from '../api/remembered.js';
import { Icon } from '../controls/icons.js';
import './chat.css';

const KEY = 'tidemark.chat-closed';

/**
 * A page with a chat: in a column of its own, or, where the screen is narrow, below the picture. On a wide screen it can
 * be put away, and stays so.
 */
export function WithChat({ chat, children }: { chat: (head: ReactNode) => ReactNode; children: ReactNode }) {
  const [isOpen, setOpen] = useState(() => remembered().getItem(KEY) === null);
  const toggle = () => {
    if (isOpen) remembered().setItem(KEY, 'yes');
    else remembered().removeItem(KEY);
    setOpen(!isOpen);
  };
  const words = isOpen ? 'Hide the chat' : 'Show the chat';
  return (
    <div className="with-chat" data-chat={isOpen ? 'open' : 'closed'}>
      {children}
      {isOpen
        ? <div className="with-chat-side">{chat(<button type="button" className="composer-icon" aria-label={words} title={words} onClick={toggle}><Icon name="close" /></button>)}</div>
        : <button type="button" className="button with-chat-open" onClick={toggle}><Icon name="chat" /> {words}</button>}
    </div>
  );
}

/** The shape of a chat while it is loaded. */
export function ChatSkeleton() {
  return <section className="chat" aria-busy="true" aria-label="Chat"><header className="chat-head"><h2>Chat</h2></header></section>;
}

/** Opens the chat in a window of its own. */
export function PopoutButton({ slug }: { slug: string }) {
  const words = 'Open the chat in its own window';
  const open = () => void window.open(`/${encodeURIComponent(slug)}/chat`, `tidemark-chat-${slug}`, 'popup,width=420,height=760');
  return <button type="button" className="composer-icon chat-popout-button" aria-label={words} title={words} onClick={open}><Icon name="window" /></button>;
}
