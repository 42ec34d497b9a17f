import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { ChatEmote } from '../../api/chat-contract.js';
import { EmotePicture } from '../list/message-text.js';
import { EMOJI } from '../text/emoji.js';

/** A grid of the channel's emotes and of emoji: typing searches, arrows move, Escape closes. */
export function EmojiPicker({ emotes, onPick, onClose }: { emotes: ChatEmote[]; onPick: (emoji: string) => void; onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [wanted, setWanted] = useState('');
  useCloseOutside(box, onClose);
  const word = wanted.trim().toLowerCase();
  const ownOnes = emotes.filter(({ code }) => code.toLowerCase().includes(word));
  const others = EMOJI.filter(({ name }) => name.includes(word));

  const onKeyDown = (event: KeyboardEvent) => {
    // It may stand within a dialog's, a player's or a list's keys.
    event.stopPropagation();
    if (event.key === 'Escape') onClose();
    const step = STEPS[event.key];
    const isInField = event.target instanceof HTMLInputElement;
    if (step === undefined || (isInField && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    move(box.current, isInField ? undefined : step);
  };
  return (
    <div ref={box} className="emoji-picker" role="dialog" aria-label="Emoji and emotes" onKeyDown={onKeyDown}>
      <input type="search" autoFocus value={wanted} placeholder="Search" aria-label="Search emoji" onChange={(event) => setWanted(event.target.value)} />
      <div className="emoji-grid">
        {ownOnes.map((emote) => (
          <button key={emote.id} type="button" aria-label={`:${emote.code}:`} onClick={() => onPick(`:${emote.code}:`)}><EmotePicture emote={emote} /></button>
        ))}
        {others.map(({ emoji, name }) => (
          <button key={emoji} type="button" aria-label={name} title={name} onClick={() => onPick(emoji)}>{emoji}</button>
        ))}
        {ownOnes.length + others.length === 0 && <p className="soft">Nothing by that name.</p>}
      </div>
    </div>
  );
}

const STEPS: Record<string, 'next' | 'last' | 'below' | 'above'> = { ArrowRight: 'next', ArrowLeft: 'last', ArrowDown: 'below', ArrowUp: 'above' };

/** Moves the focus within the grid; into it when it was in the search field. */
function move(box: HTMLElement | null, step: 'next' | 'last' | 'below' | 'above' | undefined): void {
  const buttons = [...(box?.querySelectorAll<HTMLElement>('.emoji-grid button') ?? [])];
  const at = buttons.findIndex((button) => button === document.activeElement);
  const top = buttons[0]?.offsetTop;
  const columns = Math.max(1, buttons.filter(({ offsetTop }) => offsetTop === top).length);
  const by = step === undefined ? 0 : { next: 1, last: -1, below: columns, above: -columns }[step];
  if (at + by < 0) box?.querySelector('input')?.focus();
  else buttons[Math.min(at < 0 ? 0 : at + by, buttons.length - 1)]?.focus();
}

function useCloseOutside(box: React.RefObject<HTMLElement>, onClose: () => void): void {
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const onDown = (event: PointerEvent) => {
      const isToggle = event.target instanceof Element && event.target.closest('[aria-expanded]') !== null;
      if (event.target instanceof Node && !box.current?.contains(event.target) && !isToggle) close.current();
    };
    document.addEventListener('pointerdown', onDown);
    return () => document.removeEventListener('pointerdown', onDown);
  }, [box]);
}
