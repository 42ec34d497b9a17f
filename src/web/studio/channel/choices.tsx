import { useId } from 'react';
import type { Channel, Latency } from '../../api/contract.js';
import { roughly } from '../../words/time.js';

export type LadderChoice = 'server' | 'auto' | 'off' | 'list';

const DELAYS: [Latency, string, string][] = [
  ['real-time', 'Real time', 'Below a second behind you: for conversations and games. Where that does not work, it plays as ultra low.'],
  ['ultra-low', 'Ultra low', 'About a second behind you: for talking with viewers. Poor connections may stall.'],
  ['balanced', 'Balanced', 'About two seconds behind you. Right for most shows.'],
  ['stable', 'Stable', 'About six seconds behind you: plays through the worst connections.'],
];

/** How far behind viewers see the show. */
export function Delay({ latency, onLatency }: { latency: Latency; onLatency: (latency: Latency) => void }) {
  return (
    <fieldset className="choices">
      <legend>Delay for viewers</legend>
      {DELAYS.map(([value, label, hint]) => (
        <label key={value} className="choice">
          <input type="radio" name="latency" value={value} checked={latency === value} onChange={() => onLatency(value)} />
          <span><b>{label}</b><span className="soft">{hint}</span></span>
        </label>
      ))}
      <p className="field-hint">Counts at once. Viewers may choose otherwise in the player.</p>
    </fieldset>
  );
}

/** What the server makes of the picture. */
export function Qualities({ ladder, choice, onChoice }: { ladder: Channel['ladder']; choice: LadderChoice; onChoice: (choice: LadderChoice) => void }) {
  const choices: [LadderChoice, string, string][] = [
    ['server', 'As the server is set', 'The person who runs it decides.'],
    ['auto', 'Automatic', 'As many as this machine carries, so slow connections can watch too.'],
    ['off', 'Source only', 'What you send, unchanged. Costs the server least.'],
  ];
  if (Array.isArray(ladder)) choices.push(['list', ladder.join(', '), 'The list that was set for this channel.']);
  return (
    <fieldset className="choices">
      <legend>Qualities for viewers</legend>
      {choices.map(([value, label, hint]) => (
        <label key={value} className="choice">
          <input type="radio" name="ladder" value={value} checked={choice === value} onChange={() => onChoice(value)} />
          <span><b>{label}</b><span className="soft">{hint}</span></span>
        </label>
      ))}
      <p className="field-hint">Counts from your next stream.</p>
    </fieldset>
  );
}

/** For how long a show waits, null as the server is set, and whether a goodbye of the encoder ends it. */
export interface BreaksChoice {
  reconnectGraceSec: number | null;
  endsOnUnpublish: boolean;
}

const GRACES_SEC = [30, 60, 300, 900, 3600];

/** What becomes of a show when the streamer's connection goes. */
export function Breaks({ reconnectGraceSec, endsOnUnpublish, onBreaks }: BreaksChoice & { onBreaks: (breaks: BreaksChoice) => void }) {
  const graceId = useId();
  // Whatever was set elsewhere stays on the list.
  const gracesSec = [...new Set([...GRACES_SEC, ...(reconnectGraceSec === null ? [] : [reconnectGraceSec])])].toSorted((a, b) => a - b);
  return (
    <fieldset className="choices">
      <legend>When your connection breaks</legend>
      <div className="field">
        <label htmlFor={graceId}>The show waits for you for</label>
        <select id={graceId} name="grace" value={reconnectGraceSec ?? 'server'}
          onChange={({ target: { value } }) => onBreaks({ endsOnUnpublish, reconnectGraceSec: value === 'server' ? null : Number(value) })}>
          <option value="server">as long as the server is set</option>
          {gracesSec.map((sec) => <option key={sec} value={sec}>{sec < 60 ? `${sec} s` : roughly(sec)}</option>)}
        </select>
      </div>
      <label className="choice">
        <input type="checkbox" name="endsOnUnpublish" checked={endsOnUnpublish} onChange={(event) => onBreaks({ reconnectGraceSec, endsOnUnpublish: event.target.checked })} />
        <span><b>Ending the stream in OBS ends the show</b><span className="soft">Otherwise the show waits then, too, and only “End stream” on this page ends it at once.</span></span>
      </label>
      <p className="field-hint">Meanwhile viewers see a picture that says so. When you are back, it is the same show and the same recording.</p>
    </fieldset>
  );
}
