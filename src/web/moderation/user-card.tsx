import { useMemo, useState, type FormEvent } from 'react';
import type { Sanction, UserCard } from '../api/chat-contract.js';
import type { ChatRoom } from '../chat/client/chat-room.js';
import type { RoomView } from '../chat/client/room-view.js';
import { Field } from '../controls/field.js';
import { Icon } from '../controls/icons.js';
import { Notice } from '../controls/notice.js';
import { ago, day } from '../words/time.js';
import { mayActOn } from './message-keys.js';
import { Line } from './queue.js';
import { useAsked, useDoing, type Run } from './use-asked.js';

const EVENTS = ['acted'] as const;
const TIMEOUTS = [{ seconds: 60, words: '1 min' }, { seconds: 600, words: '10 min' }, { seconds: 3_600, words: '1 h' }, { seconds: 86_400, words: '1 day' }, { seconds: 1_209_600, words: '14 days' }];
const ROLE_WORDS: Record<UserCard['role'], string> = { admin: 'Admin', owner: 'Streamer', moderator: 'Moderator', vip: 'VIP', follower: 'Follower', viewer: 'Viewer', reader: 'Reader' };
const KIND_WORDS = { ban: 'Ban', timeout: 'Timeout', mute: 'Mute', warning: 'Warning' };

interface CardProps {
  room: ChatRoom;
  view: RoomView;
  username: string;
  onPerson: (username: string | undefined) => void;
}

/** What is known of somebody, and what can be done. */
export function UserCardView({ room, view, username, onPerson }: CardProps) {
  const wish = useMemo(() => ({ channel: room.slug, username }), [room, username]);
  const { answer, problem } = useAsked(room, 'user-card', wish, EVENTS);
  const doing = useDoing(room);
  const failure = doing.problem ?? problem;
  const card = answer?.card;
  return (
    <article className="desk-card" aria-label={`About ${username}`}>
      <header>
        <button type="button" className="composer-icon" aria-label="Everybody" title="Everybody" onClick={() => onPerson(undefined)}><Icon name="back" /></button>
        <div>
          <h3>{card?.user.username ?? username}</h3>
          {card && <p>{ROLE_WORDS[card.role]} · here since {day(card.user.createdAt)}{card.followsSince && ` · follows since ${day(card.followsSince)}`}</p>}
        </div>
      </header>
      {failure && <Notice level="error">{failure}</Notice>}
      {card && <Details card={card} channel={room.slug} view={view} run={doing.run} onPerson={onPerson} />}
    </article>
  );
}

function Details({ card, channel, view, run, onPerson }: { card: UserCard; channel: string; view: RoomView; run: Run; onPerson: (username: string) => void }) {
  const { user, role, sameDevice } = card;
  const isMine = mayActOn(view.you.role, view.you.user?.username, { author: { ...user, role: role === 'reader' ? 'viewer' : role } }).maySanction;
  return (
    <>
      {sameDevice.length > 0 && <p className="desk-why">Same device: {sameDevice.map((name) => <button key={name} type="button" className="desk-name" onClick={() => onPerson(name)}>{name}</button>)}</p>}
      {isMine && <Acts card={card} channel={channel} run={run} />}
      {isMine && (view.you.role === 'owner' || view.you.role === 'admin') && <Roles card={card} channel={channel} run={run} />}
      <History sanctions={card.sanctions} />
      <Notes card={card} channel={channel} run={run} />
      <h4>Messages</h4>
      {card.messages.length === 0 ? <p className="desk-empty">None in this chat.</p> : <ol className="desk-context">{card.messages.map((message) => <Line key={message.id} message={message} />)}</ol>}
    </>
  );
}

function Acts({ card: { user: { username }, sanctions }, channel, run }: { card: UserCard; channel: string; run: Run }) {
  const [reason, setReason] = useState('');
  const on = { channel, username, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) };
  const isKept = sanctions.some((sanction) => sanction.kind !== 'warning' && isInForce(sanction));
  return (
    <div className="desk-acts">
      <Field label="Reason" maxLength={300} value={reason} onValue={setReason} />
      <div className="desk-row" role="group" aria-label="Time out">
        <span>Time out</span>
        {TIMEOUTS.map(({ seconds, words }) => <button key={seconds} type="button" className="button" onClick={() => void run('timeout-user', { ...on, seconds })}>{words}</button>)}
      </div>
      <div className="desk-row">
        <button type="button" className="button danger" onClick={() => void run('ban-user', on)}>Ban</button>
        <button type="button" className="button" title="Only moderators see what they write; they are not told" onClick={() => void run('mute-user', on)}>Mute</button>
        <button type="button" className="button" disabled={reason.trim() === ''} title={reason.trim() === '' ? 'A warning needs a reason' : 'They have to read it before they write again'} onClick={() => void run('warn-user', { channel, username, reason: reason.trim() })}>Warn</button>
        <button type="button" className="button" onClick={() => void run('delete-user-messages', on)}>Delete messages</button>
        {isKept && <button type="button" className="button primary" onClick={() => void run('unban-user', on)}>Let write again</button>}
      </div>
    </div>
  );
}

function Roles({ card: { user: { username }, role }, channel, run }: { card: UserCard; channel: string; run: Run }) {
  const set = (next: 'moderator' | 'vip' | 'none') => void run('set-role', { channel, username, role: next });
  return (
    <div className="desk-row" role="group" aria-label="Role">
      <button type="button" className="button" aria-pressed={role === 'moderator'} onClick={() => set(role === 'moderator' ? 'none' : 'moderator')}>Moderator</button>
      <button type="button" className="button" aria-pressed={role === 'vip'} onClick={() => set(role === 'vip' ? 'none' : 'vip')}>VIP</button>
    </div>
  );
}

function History({ sanctions }: { sanctions: Sanction[] }) {
  if (sanctions.length === 0) return null;
  return (
    <>
      <h4>History</h4>
      <ol className="desk-context">
        {sanctions.map((sanction) => (
          <li key={sanction.id} data-over={!isInForce(sanction) || undefined}>
            <b>{KIND_WORDS[sanction.kind]}</b> by {sanction.by}, {ago(sanction.at, Date.now())}{sanction.reason && <>: <bdi>{sanction.reason}</bdi></>}
            {sanction.lifted ? <small> lifted by {sanction.lifted.by}</small> : sanction.until && <small> until {new Date(sanction.until).toLocaleString()}</small>}
          </li>
        ))}
      </ol>
    </>
  );
}

function Notes({ card: { user: { username }, notes }, channel, run }: { card: UserCard; channel: string; run: Run }) {
  const [text, setText] = useState('');
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '' && await run('add-note', { channel, username, text: text.trim() })) setText('');
  };
  return (
    <>
      <h4>Notes</h4>
      {notes.length > 0 && <ol className="desk-context">{notes.map((note) => <li key={note.id}><bdi>{note.text}</bdi> <small>{note.by}, {ago(note.at, Date.now())}</small></li>)}</ol>}
      <form className="desk-add" onSubmit={(event) => void add(event)}>
        <Field label="For the other moderators" maxLength={500} value={text} onValue={setText} />
        <button type="submit" className="button" disabled={text.trim() === ''}>Add</button>
      </form>
    </>
  );
}

function isInForce({ lifted, until }: Sanction): boolean {
  return lifted === undefined && (until === undefined || Date.parse(until) > Date.now());
}
