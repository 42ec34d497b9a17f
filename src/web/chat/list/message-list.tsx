import { useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactNode } from 'react';
import type { ChatMessage } from '../../api/chat-contract.js';
import { Icon } from '../../controls/icons.js';
import { Message, type MessageProps } from './message.js';
import { useFollowing } from './use-following.js';

interface MessageListProps extends Pick<MessageProps, 'emotes' | 'own' | 'ownReactions' | 'onReact' | 'onName'> {
  messages: ChatMessage[];
  hasEarlier?: boolean;
  onEarlier?: () => void;
  /** Whether the reader is at the end. */
  onFollow?: (isFollowing: boolean) => void;
  /** The buttons of the message that is pointed at. */
  actionsOf?: ((message: ChatMessage) => ReactNode) | undefined;
  /** The message that is pointed at, or none. */
  onActive?: ((message: ChatMessage | undefined) => void) | undefined;
  /** Below the last message, such as what is on its way. */
  children?: ReactNode;
  /** In place of messages. */
  empty?: ReactNode;
}

const NOTHING = (): void => undefined;

/** What was said, with the newest at the end. It stays there, unless its reader has scrolled up. */
export function MessageList(props: MessageListProps) {
  const { messages, hasEarlier = false, onEarlier = NOTHING, onFollow = NOTHING, actionsOf, children, empty } = props;
  const list = useRef<HTMLDivElement>(null);
  const { isFollowing, onScroll, toEnd } = useFollowing(list, { messages, onFollow, onNearTop: onEarlier });
  const unread = useUnread(messages, isFollowing);
  const active = useActive(messages, props.onActive);
  const shared = { emotes: props.emotes, own: props.own, ownReactions: props.ownReactions, onReact: props.onReact, onName: props.onName };
  return (
    <div className="chat-scroll">
      <div ref={list} className="chat-list" role="log" aria-live="polite" aria-relevant="additions" aria-label="Chat messages" tabIndex={0} onScroll={onScroll} {...(actionsOf && active.handlers)}>
        <ol>
          {hasEarlier && <li className="chat-earlier"><button type="button" className="chat-plain" onClick={onEarlier}>Earlier messages</button></li>}
          {messages.length === 0 && empty && <li className="chat-empty">{empty}</li>}
          {messages.map((message) => (
            <Message key={message.id} message={message} {...shared} {...(message.id === active.id && actionsOf ? { actions: actionsOf(message) } : {})} />
          ))}
          {children}
        </ol>
      </div>
      {!isFollowing && (
        <button type="button" className="chat-to-end" onClick={toEnd}>
          <Icon name="down" /> {unread === 0 ? 'To the newest' : `${unread} new ${unread === 1 ? 'message' : 'messages'}`}
        </button>
      )}
    </div>
  );
}

/** How many messages came since the reader left the end. */
function useUnread(messages: ChatMessage[], isFollowing: boolean): number {
  const last = useRef<string | undefined>();
  if (isFollowing) last.current = messages.at(-1)?.id;
  const seen = messages.findLastIndex(({ id }) => id === last.current);
  return messages.length - 1 - seen;
}

/** The message that a mouse, a tap or the arrow keys point at. */
function useActive(messages: ChatMessage[], onActive: MessageListProps['onActive']) {
  const [id, setId] = useState<string>();
  const point = (next: string | undefined): void => {
    if (next === id) return;
    setId(next);
    onActive?.(messages.find((message) => message.id === next));
  };
  const handlers = useHandlers({ messages, id, point });
  return { id, handlers };
}

function useHandlers({ messages, id, point }: { messages: ChatMessage[]; id: string | undefined; point: (id: string | undefined) => void }) {
  const now = useRef({ messages, id, point });
  now.current = { messages, id, point };
  return useMemo(() => ({
    onPointerOver: (event: PointerEvent) => {
      if (event.pointerType === 'mouse') now.current.point(messageAt(event.target) ?? now.current.id);
    },
    onPointerLeave: (event: PointerEvent) => {
      if (event.pointerType === 'mouse' && !event.currentTarget.contains(document.activeElement)) now.current.point(undefined);
    },
    onClick: (event: MouseEvent) => {
      if (event.target instanceof Element && event.target.closest('a, button') === null) now.current.point(messageAt(event.target));
    },
    onKeyDown: (event: KeyboardEvent) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (event.key === 'Escape') now.current.point(undefined);
      if (step === undefined || event.target !== event.currentTarget) return;
      event.preventDefault();
      const at = now.current.messages.findIndex((message) => message.id === now.current.id);
      const next = now.current.messages.at(at < 0 ? -1 : Math.min(Math.max(at + step, 0), now.current.messages.length - 1));
      now.current.point(next?.id);
      if (next) event.currentTarget.querySelector(`[data-message="${CSS.escape(next.id)}"]`)?.scrollIntoView({ block: 'nearest' });
    },
  }), []);
}

function messageAt(target: EventTarget): string | undefined {
  if (!(target instanceof Element)) return undefined;
  return target.closest<HTMLElement>('[data-message]')?.dataset['message'];
}
