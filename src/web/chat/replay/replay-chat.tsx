import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useApi } from '../../api/context.js';
import type { ChatMessage } from '../../api/chat-contract.js';
import { usePolled } from '../../api/poll.js';
import { plainWords } from '../../api/problem.js';
import '../chat.css';
import { MessageList } from '../list/message-list.js';
import type { Emotes } from '../list/message-text.js';
import { Replay } from './replay.js';

interface ReplayChatProps {
  broadcastId: string;
  /** The moment that the picture shows, ms since 1970; undefined before it plays. */
  momentMs: () => number | undefined;
  /** The channel, whose emotes are drawn. */
  slug: string;
  head?: ReactNode;
}

const LOOK_MS = 250;
const NOBODY: ReadonlySet<string> = new Set();

/** What was said during a show, beside its recording, as the picture goes. */
export function ReplayChat({ broadcastId, slug, momentMs, head }: ReplayChatProps) {
  const emotes = useEmotesOf(slug);
  const { messages, error } = useReplay(broadcastId, momentMs);
  return (
    <section className="chat" aria-label="Chat replay" data-replay>
      <header className="chat-head">
        <h2>Chat replay</h2>
        <span className="chat-gap" />
        {head}
      </header>
      <MessageList messages={messages ?? []} emotes={emotes} own={undefined} ownReactions={NOBODY}
        empty={messages !== undefined && error === undefined && <p>Nothing was said up to here.</p>} />
      {error !== undefined && <p className="chat-line" role="status">{plainWords(error)}</p>}
    </section>
  );
}

function useReplay(broadcastId: string, momentMs: () => number | undefined): { messages: ChatMessage[] | undefined; error: unknown } {
  const api = useApi();
  const [messages, setMessages] = useState<ChatMessage[]>();
  const [error, setError] = useState<unknown>();
  const replay = useRef<Replay>();
  const look = useCallback(() => {
    const moment = momentMs();
    if (moment === undefined || replay.current === undefined) return;
    const shown = replay.current.at(moment);
    // The same ones are the same list: nothing is drawn then.
    setMessages((before) => (before !== undefined && isSame(before, shown) ? before : shown));
  }, [momentMs]);
  useEffect(() => {
    const made = new Replay({
      load: (span, signal) => api.broadcastChat(broadcastId, span, signal),
      onChange: () => {
        setError(undefined);
        look();
      },
      onError: setError,
    });
    replay.current = made;
    const timer = setInterval(look, LOOK_MS);
    return () => {
      clearInterval(timer);
      made.close();
      replay.current = undefined;
      setMessages(undefined);
    };
  }, [api, broadcastId, look]);
  return { messages, error };
}

/** Without them the codes are read as they were written. */
function useEmotesOf(slug: string): Emotes {
  const api = useApi();
  const { value } = usePolled(useCallback((signal) => api.emotes(slug, signal), [api, slug]), { everyMs: 0 });
  return useMemo(() => new Map((value ?? []).map((emote) => [emote.code, emote])), [value]);
}

function isSame(before: ChatMessage[], now: ChatMessage[]): boolean {
  return before.length === now.length && before[0]?.id === now[0]?.id && before.at(-1)?.id === now.at(-1)?.id;
}
