import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import type { AuditEntry, ChatMessage, ServerEvents } from '../api/chat-contract.js';
import { Chat, type ChatProps } from '../chat/chat.js';
import type { ChatRoom } from '../chat/client/chat-room.js';
import { isModerator, type RoomView } from '../chat/client/room-view.js';
import { useChatRoom, useRoomEvent, useRoomView } from '../chat/client/use-chat-room.js';
import { Icon, type IconName } from '../controls/icons.js';
import { actWords } from './act-words.js';
import { isTyping, keyAct, mayActOn, type KeyAct } from './message-keys.js';
import { useDoing, type Run } from './use-asked.js';
import './moderation.css';

const Desk = lazy(async () => ({ default: (await import('./desk.js')).Desk }));

const TIMEOUT_SEC = 600;
const NOTICE_MS = 8_000;

/** The chat, and for who moderates it the tools to do so. */
export function ModeratedChat(props: ChatProps) {
  const room = useChatRoom(props.slug);
  const view = useRoomView(room);
  if (room === undefined || !isModerator(view.you.role)) return <Chat {...props} />;
  return <Moderated {...props} room={room} view={view} />;
}

function Moderated({ room, view, ...props }: ChatProps & { room: ChatRoom; view: RoomView }) {
  const [isOpen, setOpen] = useState(false);
  const [person, setPerson] = useState<string>();
  const { run, problem } = useDoing(room);
  const waiting = useWaiting(room);
  const point = useMessageKeys(room, view, run);
  const close = () => {
    setOpen(false);
    setPerson(undefined);
  };
  const openPerson = (username: string) => {
    setPerson(username);
    setOpen(true);
  };
  return (
    <>
      {isOpen && <Suspense fallback={null}><Desk room={room} view={view} waiting={waiting} person={person} onPerson={setPerson} onClose={close} /></Suspense>}
      <Chat {...props} onActive={point} onName={openPerson} head={<><DeskButton waiting={waiting} isOpen={isOpen} onPress={() => (isOpen ? close() : setOpen(true))} />{props.head}</>}
        messageActions={(message) => <ActionButtons message={message} view={view} onAct={(act) => void actOn(run, room, message, act)} onPin={() => void run('pin-message', { channel: room.slug, messageId: message.id })} onPerson={() => openPerson(message.author.username)} />} />
      <UndoNotice room={room} view={view} run={run} problem={problem} />
    </>
  );
}

function DeskButton({ waiting, isOpen, onPress }: { waiting: number; isOpen: boolean; onPress: () => void }) {
  const words = waiting === 0 ? 'Moderation' : `Moderation, ${waiting} waiting`;
  return (
    <button type="button" className="composer-icon desk-button" aria-label={words} title={words} aria-expanded={isOpen} onClick={onPress}>
      <Icon name="shield" />{waiting > 0 && <span className="desk-count" aria-hidden>{waiting}</span>}
    </button>
  );
}

function ActionButtons({ message, view, onAct, onPin, onPerson }: { message: ChatMessage; view: RoomView; onAct: (act: KeyAct) => void; onPin: () => void; onPerson: () => void }) {
  const { mayDelete, maySanction } = mayActOn(view.you.role, view.you.user?.username, message);
  return (
    <>
      {mayDelete && <Action icon="trash" words="Delete (D)" onPress={() => onAct('delete')} />}
      {maySanction && <Action icon="clock" words="Time out for 10 minutes (T)" onPress={() => onAct('timeout')} />}
      {maySanction && <Action icon="ban" words="Ban (B)" onPress={() => onAct('ban')} />}
      {message.hidden === undefined && <Action icon="pin" words="Pin" onPress={onPin} />}
      {message.author.isBot !== true && <Action icon="person" words={`About ${message.author.username}`} onPress={onPerson} />}
    </>
  );
}

function Action({ icon, words, onPress }: { icon: IconName; words: string; onPress: () => void }) {
  return <button type="button" title={words} aria-label={words} onClick={onPress}><Icon name={icon} /></button>;
}

function actOn(run: Run, { slug: channel }: ChatRoom, { id: messageId, author: { username } }: ChatMessage, act: KeyAct): Promise<boolean> {
  switch (act) {
    case 'delete': return run('delete-message', { channel, messageId });
    case 'timeout': return run('timeout-user', { channel, username, seconds: TIMEOUT_SEC });
    case 'ban': return run('ban-user', { channel, username });
  }
}

/** D, T and B act on the message that is pointed at. Gives what is told of that message. */
function useMessageKeys(room: ChatRoom, view: RoomView, run: Run): (message: ChatMessage | undefined) => void {
  const active = useRef<ChatMessage>();
  const now = useRef(view);
  now.current = view;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const act = keyAct(event);
      const message = active.current;
      if (act === undefined || message === undefined || isTyping(event.target) || !isListed(now.current, message)) return;
      const { mayDelete, maySanction } = mayActOn(now.current.you.role, now.current.you.user?.username, message);
      if (!(act === 'delete' ? mayDelete : maySanction)) return;
      event.preventDefault();
      void actOn(run, room, message, act);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [room, run]);
  return useCallback((message) => { active.current = message; }, []);
}

/** It may have been deleted while the pointer rested on it. */
function isListed({ messages }: RoomView, { id }: ChatMessage): boolean {
  return messages.some((message) => message.id === id);
}

/** How much waits for a moderator. */
function useWaiting(room: ChatRoom): number {
  const [waiting, setWaiting] = useState(0);
  useEffect(() => {
    void room.ask('list-queue', { channel: room.slug }).then((reply) => { if (reply.ok) setWaiting(reply.items.length); });
  }, [room]);
  useRoomEvent(room, 'queue-changed', useCallback<ServerEvents['queue-changed']>((event) => { if (event.channel === room.slug) setWaiting(event.waiting); }, [room]));
  return waiting;
}

/** In place of a question before each act: what was just done, and a way back. */
function UndoNotice({ room, view, run, problem }: { room: ChatRoom; view: RoomView; run: Run; problem: string | undefined }) {
  const [entry, setEntry] = useState<AuditEntry>();
  const own = view.you.user?.username;
  useRoomEvent(room, 'acted', useCallback<ServerEvents['acted']>(({ channel, entry: acted }) => {
    if (channel === room.slug && acted.actor === own) setEntry(acted.canUndo ? acted : undefined);
  }, [room, own]));
  useEffect(() => {
    const timer = setTimeout(() => setEntry(undefined), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [entry]);
  if (entry === undefined && problem === undefined) return null;
  return (
    <p className="desk-undo" role="status">
      {entry === undefined ? problem : <>You {actWords(entry)}. <button type="button" className="button" onClick={() => void run('undo-act', { channel: room.slug, id: entry.id })}>Undo</button></>}
    </p>
  );
}
