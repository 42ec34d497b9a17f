import { useEffect, useId, useState } from 'react';
import type { ChatModes, LinkRule, RoomState } from '../api/chat-contract.js';
import type { ChatRoom } from '../chat/client/chat-room.js';
import { useSecondsUntil, useServerMoment } from '../chat/write/use-seconds.js';
import { Icon } from '../controls/icons.js';
import { Notice } from '../controls/notice.js';
import { clock } from '../words/time.js';
import { Terms } from './terms.js';
import { useDoing } from './use-asked.js';

/** What the chat asks of who writes, as switches, and the shield above them. */
export function Modes({ room, state }: { room: ChatRoom; state: RoomState }) {
  const { modes } = state;
  const { run, problem } = useDoing(room);
  const set = (change: Partial<ChatModes>) => void run('set-modes', { channel: room.slug, modes: change });
  return (
    <>
      <Shield shieldUntil={state.shieldUntil} onRaise={() => void run('raise-shield', { channel: room.slug })} onLower={() => void run('lower-shield', { channel: room.slug })} />
      {problem && <Notice level="error">{problem}</Notice>}
      <div className="desk-modes">
        <Amount label="Slow mode" unit="s between messages" off={0} value={modes.slowSec} usual={10} max={3_600} onValue={(slowSec) => set({ slowSec })} />
        <Amount label="Followers only" unit="min of following" off={-1} value={modes.followersOnlyMin} usual={0} max={525_600} onValue={(followersOnlyMin) => set({ followersOnlyMin })} />
        <Amount label="Delay for viewers" unit="s after moderators" off={0} value={modes.delaySec} usual={4} max={30} onValue={(delaySec) => set({ delaySec })} />
        <Switch label="Emotes only" isOn={modes.isEmoteOnly} onSwitch={(isEmoteOnly) => set({ isEmoteOnly })} />
        <Switch label="Nothing twice" isOn={modes.isUniqueChat} onSwitch={(isUniqueChat) => set({ isUniqueChat })} />
        <Switch label="Members only" isOn={modes.isMembersOnly} onSwitch={(isMembersOnly) => set({ isMembersOnly })} />
        <Links value={modes.links} onValue={(links) => set({ links })} />
      </div>
      <Terms room={room} />
      <div className="desk-row">
        <button type="button" className="button danger" onClick={() => void run('clear-chat', { channel: room.slug })}>Clear the chat</button>
        {state.pinned && <button type="button" className="button" onClick={() => void run('pin-message', { channel: room.slug, messageId: null })}>Take down the pinned message</button>}
      </div>
    </>
  );
}

/** For a raid: one press, and it ends by itself. */
function Shield({ shieldUntil, onRaise, onLower }: { shieldUntil: string | undefined; onRaise: () => void; onLower: () => void }) {
  const leftSec = useSecondsUntil(useServerMoment(shieldUntil));
  const isUp = shieldUntil !== undefined && leftSec > 0;
  return (
    <div className="desk-shield" data-up={isUp || undefined}>
      <button type="button" className="button wide" aria-pressed={isUp} onClick={isUp ? onLower : onRaise}>
        <Icon name="shield" /> {isUp ? `Lower the shield · ${clock(leftSec)}` : 'Raise the shield'}
      </button>
      <p>Followers of ten minutes, slow mode and no links, for ten minutes.</p>
    </div>
  );
}

function Switch({ label, isOn, onSwitch }: { label: string; isOn: boolean; onSwitch: (isOn: boolean) => void }) {
  return <label className="desk-switch"><span>{label}</span><input type="checkbox" role="switch" checked={isOn} onChange={(event) => onSwitch(event.target.checked)} /></label>;
}

interface AmountProps {
  label: string;
  unit: string;
  /** The value that stands for off. */
  off: number;
  value: number;
  /** What it is when it is switched on. */
  usual: number;
  max: number;
  onValue: (value: number) => void;
}

/** A switch with a number, which counts when it is left or confirmed. */
function Amount({ label, unit, off, value, usual, max, onValue }: AmountProps) {
  const id = useId();
  const isOn = value !== off;
  const [typed, setTyped] = useState(String(value));
  useEffect(() => setTyped(String(value)), [value]);
  const confirm = () => {
    const number = Number(typed);
    if (typed.trim() !== '' && Number.isInteger(number) && number > off && number <= max && number !== value) onValue(number);
    else setTyped(String(value));
  };
  return (
    <div>
      <Switch label={label} isOn={isOn} onSwitch={(wanted) => onValue(wanted ? usual || off + 1 : off)} />
      {isOn && (
        <p className="desk-amount">
          <input id={id} type="number" inputMode="numeric" min={off + 1} max={max} aria-label={`${label}: ${unit}`} value={typed} onChange={(event) => setTyped(event.target.value)} onBlur={confirm} onKeyDown={(event) => { if (event.key === 'Enter') confirm(); }} />
          <label htmlFor={id}>{unit}</label>
        </p>
      )}
    </div>
  );
}

const RULES: Record<LinkRule, string> = { everyone: 'Everybody', moderators: 'Moderators', nobody: 'Nobody' };

function Links({ value, onValue }: { value: LinkRule; onValue: (value: LinkRule) => void }) {
  return (
    <fieldset className="desk-links">
      <legend>Who may post links</legend>
      {(['everyone', 'moderators', 'nobody'] as const).map((rule) => <label key={rule}><input type="radio" name="links" checked={value === rule} onChange={() => onValue(rule)} /> {RULES[rule]}</label>)}
    </fieldset>
  );
}
