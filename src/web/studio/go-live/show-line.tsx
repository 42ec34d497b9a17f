import { useState } from 'react';
import type { ChannelLive } from '../../api/contract.js';
import { Viewers } from '../../channel/live-badge.js';
import { Confirm } from '../../controls/confirm.js';
import { Icon } from '../../controls/icons.js';
import { clock, secondsSince } from '../../words/time.js';
import type { ShowState } from './publish/live-show.js';

/** What a show is at, for people: the connection and what viewers see, as one. */
export type Stand = 'offline' | 'starting' | 'live' | 'reconnecting';

const WORDS: Record<Stand, { title: string; text: string }> = {
  offline: { title: 'Off air', text: 'Check picture and sound, then go live.' },
  starting: { title: 'Starting', text: 'Viewers see the picture in a moment.' },
  live: { title: 'On air', text: '' },
  reconnecting: { title: 'Connection lost', text: 'This page tries again by itself. Your show is kept open meanwhile.' },
};

export function standOf(state: ShowState | undefined, live: ChannelLive | undefined): Stand {
  if (state === undefined || state.name === 'ended') return 'offline';
  if (state.name === 'reconnecting') return 'reconnecting';
  return state.name === 'sending' && live?.state === 'live' ? 'live' : 'starting';
}

interface ShowLineProps {
  slug: string;
  stand: Stand;
  live: ChannelLive | undefined;
  canGoLive: boolean;
  onGoLive: () => void;
  onEnd: () => Promise<void>;
}

/** Off air or on air, since when, for how many, and the button that changes it. */
export function ShowLine({ slug, stand, live, canGoLive, onGoLive, onEnd }: ShowLineProps) {
  const [isEnding, setEnding] = useState(false);
  const isOn = stand !== 'offline';
  return (
    <header className="state-line">
      <div className="state-words" role="status">
        <p className="state-title"><span className="state-light" />{WORDS[stand].title}</p>
        {WORDS[stand].text && <p className="soft">{WORDS[stand].text}</p>}
      </div>
      {isOn && live?.broadcast && (
        <p className="state-figures">
          <span className="state-clock">{clock(secondsSince(live.broadcast.startedAt, Date.now()))}</span>
          <Viewers viewers={live.broadcast.viewers} />
        </p>
      )}
      <div className="state-actions">
        {isOn && <a className="button" href={`/${slug}`} target="_blank" rel="noreferrer">Watch page <Icon name="arrow" /><span className="visually-hidden"> (opens a new tab)</span></a>}
        {isOn
          ? <button type="button" className="button danger" onClick={() => setEnding(true)}>End stream</button>
          : <button type="button" className="button primary golive-button" disabled={!canGoLive} onClick={onGoLive}>Go live</button>}
      </div>
      {isEnding && (
        <Confirm title="End the stream?" text="Viewers see that it is over. Camera and microphone stay on, for you alone." action="End stream" onConfirm={onEnd} onClose={() => setEnding(false)} />
      )}
    </header>
  );
}
