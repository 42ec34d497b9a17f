import { useMemo, useState } from 'react';
import type { ChatMessage, QueueItem } from '../api/chat-contract.js';
import type { ChatRoom } from '../chat/client/chat-room.js';
import { Notice } from '../controls/notice.js';
import { ago } from '../words/time.js';
import { useAsked, useDoing } from './use-asked.js';

const EVENTS = ['queue-changed'] as const;

/** What waits for a decision: messages that a rule held, and reports. */
export function Queue({ room, onPerson }: { room: ChatRoom; onPerson: (username: string) => void }) {
  const wish = useMemo(() => ({ channel: room.slug }), [room]);
  const { answer, problem, reload } = useAsked(room, 'list-queue', wish, EVENTS);
  const doing = useDoing(room);
  const decide = async (id: string, decision: 'approve' | 'deny') => {
    await doing.run('resolve-queue-item', { channel: room.slug, id, decision });
    reload();
  };
  const failure = doing.problem ?? problem;
  return (
    <>
      {failure && <Notice level="error">{failure}</Notice>}
      {answer?.items.length === 0 && <p className="desk-empty">Nothing waits. Held and reported messages come here.</p>}
      <ol className="desk-list">
        {answer?.items.map((item) => <Item key={item.id} item={item} onDecide={(decision) => void decide(item.id, decision)} onPerson={onPerson} />)}
      </ol>
    </>
  );
}

function Item({ item, onDecide, onPerson }: { item: QueueItem; onDecide: (decision: 'approve' | 'deny') => void; onPerson: (username: string) => void }) {
  const [isDecided, setDecided] = useState(false);
  const decide = (decision: 'approve' | 'deny') => {
    setDecided(true);
    onDecide(decision);
  };
  const isHeld = item.kind === 'held';
  return (
    <li className="desk-item" data-kind={item.kind}>
      <p className="desk-why"><strong>{isHeld ? 'Held' : 'Reported'}</strong> {item.reason}{item.reporters.length > 0 && <> — by {item.reporters.join(', ')}</>} <time dateTime={item.at}>{ago(item.at, Date.now())}</time></p>
      {item.context.length > 0 && <details><summary>What was said before</summary><ol className="desk-context">{item.context.map((message) => <Line key={message.id} message={message} />)}</ol></details>}
      <p className="desk-said"><button type="button" className="desk-name" onClick={() => onPerson(item.message.author.username)}>{item.message.author.username}</button> <bdi>{item.message.text}</bdi></p>
      <div className="desk-row">
        <button type="button" className="button" disabled={isDecided} onClick={() => decide('approve')}>{isHeld ? 'Approve' : 'Keep'}</button>
        <button type="button" className="button danger" disabled={isDecided} onClick={() => decide('deny')}>{isHeld ? 'Deny' : 'Delete'}</button>
      </div>
    </li>
  );
}

/** A message, to read only. */
export function Line({ message: { author, text, hidden } }: { message: ChatMessage }) {
  return <li data-hidden={hidden}><b>{author.username}</b> <bdi>{text}</bdi>{hidden && <small> {hidden}</small>}</li>;
}
