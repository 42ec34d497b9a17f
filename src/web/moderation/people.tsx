import { useMemo, useState, type FormEvent } from 'react';
import type { ChatRoom } from '../chat/client/chat-room.js';
import type { RoomView } from '../chat/client/room-view.js';
import { Field } from '../controls/field.js';
import { useAsked } from './use-asked.js';

const MOVED = ['viewer-joined', 'viewer-left'] as const;
const ACTED = ['acted'] as const;
const SANCTION_WORDS = { ban: 'banned', timeout: 'timed out', mute: 'muted', warning: 'warned' };

/** Who is here, who wrote lately, and who is kept from writing. */
export function People({ room, view, onPerson }: { room: ChatRoom; view: RoomView; onPerson: (username: string) => void }) {
  const [name, setName] = useState('');
  const wish = useMemo(() => ({ channel: room.slug }), [room]);
  const chatters = useAsked(room, 'list-chatters', wish, MOVED).answer;
  const sanctions = useAsked(room, 'list-sanctions', wish, ACTED).answer?.sanctions ?? [];
  const wrote = [...new Set(view.messages.filter(({ author }) => author.isBot !== true).map(({ author }) => author.username))].reverse();
  const here = chatters?.chatters.map(({ username }) => username) ?? [];
  const find = (event: FormEvent) => {
    event.preventDefault();
    const username = name.trim().replace(/^@/, '').toLowerCase();
    if (username !== '') onPerson(username);
  };
  const fits = (username: string): boolean => username.includes(name.trim().replace(/^@/, '').toLowerCase());
  return (
    <>
      <form onSubmit={find}><Field label="Find somebody" type="search" autoComplete="off" maxLength={31} value={name} onValue={setName} /></form>
      <Names title={`Here now${chatters === undefined ? '' : `, and ${chatters.readers} reading`}`} names={here.filter(fits)} onPerson={onPerson} />
      <Names title="Wrote lately" names={wrote.filter((username) => fits(username) && !here.includes(username))} onPerson={onPerson} />
      {sanctions.length > 0 && (
        <>
          <h3>Kept from writing</h3>
          <ul className="desk-names">
            {sanctions.filter(({ username }) => fits(username)).map(({ id, username, kind, until }) => (
              <li key={id}><button type="button" className="desk-name" onClick={() => onPerson(username)}>{username}</button> <small>{SANCTION_WORDS[kind]}{until && ` until ${new Date(until).toLocaleString()}`}</small></li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Names({ title, names, onPerson }: { title: string; names: string[]; onPerson: (username: string) => void }) {
  if (names.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul className="desk-names">{names.map((name) => <li key={name}><button type="button" className="desk-name" onClick={() => onPerson(name)}>{name}</button></li>)}</ul>
    </>
  );
}
