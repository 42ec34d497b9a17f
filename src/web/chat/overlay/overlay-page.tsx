import { useEffect, useMemo, useState } from 'react';
import { useParams, useSearchParams } from 'react-router-dom';
import type { ChatMessage } from '../../api/chat-contract.js';
import { ChatProvider, useSession } from '../../api/context.js';
import { remembered } from '../../api/remembered.js';
import { ChatClient } from '../client/chat-client.js';
import { useChatRoom, useRoomView } from '../client/use-chat-room.js';
import { useEmotes } from '../chat.js';
import { Message } from '../list/message.js';
import { overlayLook, type OverlayLook } from './look.js';
import './overlay.css';

const NOBODY: ReadonlySet<string> = new Set();

/** A channel's chat over a picture, for a browser source of OBS: no controls, nothing behind the text. */
export function Overlay() {
  const slug = (useParams()['slug'] ?? '').toLowerCase();
  const [query] = useSearchParams();
  const session = useSession();
  const token = query.get('token') ?? undefined;
  // Its own connection: it shows a token in place of an account.
  const chat = useMemo(() => new ChatClient({ origin: '', session, remembered: remembered(), overlay: token }), [session, token]);
  useEffect(() => () => chat.close(), [chat]);
  return <ChatProvider chat={chat}><Lines slug={slug} look={overlayLook(query)} /></ChatProvider>;
}

function Lines({ slug, look }: { slug: string; look: OverlayLook }) {
  const room = useChatRoom(slug);
  const view = useRoomView(room);
  const emotes = useEmotes(view);
  const messages = useFresh(view.messages, look);
  return (
    <main className="overlay" style={look.style}>
      <ol>
        {messages.map((message) => <Message key={message.id} message={message} emotes={emotes} own={undefined} ownReactions={NOBODY} />)}
      </ol>
    </main>
  );
}

/** The last messages that are not too old. Old is counted from when they came, by the page's clock. */
function useFresh(messages: ChatMessage[], { fadeSec, max }: OverlayLook): ChatMessage[] {
  const [nowMs, setNowMs] = useState(Date.now);
  const [arrivals] = useState(() => new Map<string, number>());
  for (const { id } of messages) if (!arrivals.has(id)) arrivals.set(id, Date.now());
  useEffect(() => {
    if (fadeSec === 0) return;
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [fadeSec]);
  useEffect(() => {
    const there = new Set(messages.map(({ id }) => id));
    for (const id of arrivals.keys()) if (!there.has(id)) arrivals.delete(id);
  }, [messages, arrivals]);
  const shown = messages.slice(-max).filter(({ hidden }) => hidden === undefined);
  return fadeSec === 0 ? shown : shown.filter(({ id }) => nowMs - (arrivals.get(id) ?? nowMs) < fadeSec * 1_000);
}
