import { useCallback, useMemo, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'react-router-dom';
import type { ChatMessage } from '../api/chat-contract.js';
import { Viewers } from '../channel/live-badge.js';
import type { Follow } from '../channel/use-follow.js';
import { Icon } from '../controls/icons.js';
import './chat.css';
import './write/write.css';
import type { ChatRoom } from './client/chat-room.js';
import { isModerator, type RoomView } from './client/room-view.js';
import { useChatRoom, useRoomView } from './client/use-chat-room.js';
import { MessageActions } from './list/message-actions.js';
import { MessageList } from './list/message-list.js';
import type { Emotes } from './list/message-text.js';
import { PendingMessages } from './list/pending-messages.js';
import { Pinned } from './pinned.js';
import { ReportDialog } from './report-dialog.js';
import { asSentence } from '../api/problem.js';
import { waitWords } from './text/failure-words.js';
import { modesWords } from './text/modes-words.js';
import { Standing } from './write/standing.js';
import { useSecondsUntil } from './write/use-seconds.js';

/** What others add to the chat, such as a moderator's tools. */
export interface ChatExtras {
  /** In its head. */
  tools?: (room: ChatRoom, view: RoomView) => ReactNode;
  /** Buttons beside the others of the message that is pointed at. */
  messageActions?: (message: ChatMessage, room: ChatRoom) => ReactNode;
  /** The message that is pointed at, or none. */
  onActive?: (message: ChatMessage | undefined, room: ChatRoom) => void;
  onName?: (username: string, room: ChatRoom) => void;
}

export interface ChatProps extends ChatExtras {
  slug: string;
  follow: Follow;
  /** The moment of the show that is on the screen, ms since 1970. */
  momentMs?: () => number | undefined;
  /** Beside its title. */
  head?: ReactNode;
}

const NO_MOMENT = (): undefined => undefined;

/** A channel's chat: what is said, and where to write. */
export function Chat({ slug, follow, momentMs = NO_MOMENT, head, ...extras }: ChatProps) {
  const room = useChatRoom(slug);
  const view = useRoomView(room);
  return (
    <section className="chat" aria-label="Chat" data-phase={view.phase} data-role={view.you.role}>
      <header className="chat-head">
        <h2>Chat</h2>
        {view.room && view.room.viewers > 0 && <Viewers viewers={view.room.viewers} />}
        <span className="chat-gap" />
        {room && extras.tools?.(room, view)}
        {head}
      </header>
      {room && (isClosed(view) ? <MembersOnly view={view} /> : <Inside room={room} view={view} follow={follow} momentMs={momentMs} extras={extras} />)}
    </section>
  );
}

function Inside({ room, view, follow, momentMs, extras }: { room: ChatRoom; view: RoomView; follow: Follow; momentMs: () => number | undefined; extras: ChatExtras }) {
  const [replyTo, setReplyTo] = useState<ChatMessage>();
  const [reported, setReported] = useState<ChatMessage>();
  const emotes = useEmotes(view);
  const own = view.you.user?.username;
  const react = useCallback((messageId: string, emoji: string) => void room.react(messageId, emoji), [room]);
  const actionsOf = (message: ChatMessage): ReactNode => (
    <MessageActions message={message} emotes={emotes} onReact={(emoji) => react(message.id, emoji)} onReply={() => setReplyTo(message)}
      onReport={message.author.username === own || isModerator(view.you.role) ? undefined : () => setReported(message)}>
      {extras.messageActions?.(message, room)}
    </MessageActions>
  );
  const { onName, onActive } = extras;
  const nameHandler = useMemo(() => onName && ((username: string) => onName(username, room)), [onName, room]);
  return (
    <>
      {view.room?.pinned && <Pinned message={view.room.pinned} emotes={emotes} own={own} />}
      <MessageList messages={view.messages} emotes={emotes} own={own} ownReactions={view.ownReactions} hasEarlier={view.hasEarlier}
        onEarlier={() => void room.loadEarlier()} onFollow={(isFollowing) => room.follow(isFollowing)} onName={nameHandler}
        onReact={own === undefined ? undefined : react} actionsOf={own === undefined ? undefined : actionsOf}
        onActive={onActive && ((message) => onActive(message, room))} empty={view.phase === 'open' && <p>Nobody has said anything yet.</p>}>
        <PendingMessages room={room} view={view} />
      </MessageList>
      <div className="chat-foot">
        <ConnectionLine view={view} />
        {view.room && <ModesLine words={modesWords(view.room)} />}
        <Standing room={room} view={view} follow={follow} replyTo={replyTo} onReplied={() => setReplyTo(undefined)} momentMs={momentMs} />
      </div>
      {reported && <ReportDialog room={room} message={reported} onClose={() => setReported(undefined)} />}
    </>
  );
}

/** Only while something is amiss. */
function ConnectionLine({ view: { phase, refusal } }: { view: RoomView }) {
  if (phase === 'refused' && refusal) return <p className="chat-line" role="alert">{asSentence(refusal.message)}</p>;
  if (phase === 'connecting' && refusal === undefined) return null;
  if (phase !== 'reconnecting' && phase !== 'connecting') return null;
  return <p className="chat-line" role="status" data-busy>{refusal === undefined ? 'The chat is not connected. Trying again…' : <Retrying message={refusal.message} afterSec={refusal.retryAfterSec ?? 3} />}</p>;
}

function Retrying({ message, afterSec }: { message: string; afterSec: number }) {
  const untilMs = useMemo(() => Date.now() + afterSec * 1000, [message, afterSec]);
  const leftSec = useSecondsUntil(untilMs);
  return <>{asSentence(message)} Trying again{leftSec > 0 ? ` in ${waitWords(leftSec)}` : '…'}</>;
}

function ModesLine({ words }: { words: string[] }) {
  return words.length === 0 ? null : <ul className="chat-modes" aria-label="Rules that hold now">{words.map((word) => <li key={word}>{word}</li>)}</ul>;
}

function MembersOnly({ view }: { view: RoomView }) {
  const { pathname } = useLocation();
  return (
    <div className="chat-closed">
      <Icon name="key" />
      <p>{view.you.user === undefined ? 'Only members can read this chat.' : asSentence(view.refusal?.message ?? 'This chat cannot be read')}</p>
      {view.you.user === undefined && <Link className="button primary" to="/login" state={{ from: pathname }}>Sign in</Link>}
    </div>
  );
}

/** Whether there is nothing to read for this viewer. */
function isClosed({ phase, refusal, room, you }: RoomView): boolean {
  return (phase === 'refused' && refusal?.code === 'chat_sign_in_required') || (room?.modes.isMembersOnly === true && you.role === 'reader');
}

export function useEmotes({ room }: Pick<RoomView, 'room'>): Emotes {
  const emotes = room?.emotes;
  return useMemo(() => new Map((emotes ?? []).map((emote) => [emote.code, emote])), [emotes]);
}
