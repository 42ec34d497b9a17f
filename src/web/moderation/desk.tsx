import { useState } from 'react';
import type { ChatRoom } from '../chat/client/chat-room.js';
import type { RoomView } from '../chat/client/room-view.js';
import { Icon } from '../controls/icons.js';
import { Log } from './log.js';
import { Modes } from './modes.js';
import { People } from './people.js';
import { Queue } from './queue.js';
import { UserCardView } from './user-card.js';

interface DeskProps {
  room: ChatRoom;
  view: RoomView;
  waiting: number;
  /** Whose card is open. */
  person: string | undefined;
  onPerson: (username: string | undefined) => void;
  onClose: () => void;
}

const TABS = ['Queue', 'People', 'Modes', 'Log'] as const;
type Tab = (typeof TABS)[number];

/** A moderator's desk beside the chat. */
export function Desk({ room, view, waiting, person, onPerson, onClose }: DeskProps) {
  const [chosen, setChosen] = useState<Tab>('Queue');
  const tab = person === undefined ? chosen : 'People';
  const choose = (next: Tab) => {
    onPerson(undefined);
    setChosen(next);
  };
  return (
    <section className="desk" aria-label="Moderation">
      <header className="desk-head">
        <div role="tablist" className="desk-tabs" aria-label="Moderation">
          {TABS.map((name) => (
            <button key={name} type="button" role="tab" aria-selected={tab === name} onClick={() => choose(name)}>
              {name}{name === 'Queue' && waiting > 0 && <span className="desk-count">{waiting}</span>}
            </button>
          ))}
        </div>
        <button type="button" className="composer-icon" aria-label="Close moderation" title="Close moderation" onClick={onClose}><Icon name="close" /></button>
      </header>
      <div className="desk-body" role="tabpanel" aria-label={tab}>
        {tab === 'Queue' && <Queue room={room} onPerson={onPerson} />}
        {tab === 'People' && (person === undefined ? <People room={room} view={view} onPerson={onPerson} /> : <UserCardView key={person} room={room} view={view} username={person} onPerson={onPerson} />)}
        {tab === 'Modes' && view.room && <Modes room={room} state={view.room} />}
        {tab === 'Log' && <Log room={room} />}
      </div>
    </section>
  );
}
