import { useCallback, useEffect, useRef, useState, type CSSProperties } from 'react';
import type { ServerEvents } from '../../api/chat-contract.js';
import { Icon } from '../../controls/icons.js';
import type { ChatRoom } from '../client/chat-room.js';
import { useRoomEvent } from '../client/use-chat-room.js';
import { HEART } from '../text/emoji.js';

interface Floating {
  id: number;
  emoji: string;
  /** Sideways, and how late it starts. */
  at: number;
  delayMs: number;
}

/** However many tapped, so many rise in one second. */
const MAX_RISING = 14;
const RISE_MS = 2_600;
const TOTAL_SHOWN_MS = 1_500;

/** A tap for the show; what everybody taps rises from it. */
export function HeartButton({ room }: { room: ChatRoom }) {
  const { floating, total } = useRising(room);
  return (
    <span className="heart">
      <button type="button" className="composer-icon" aria-label="Send a heart to the show" title="Send a heart to the show" onClick={() => void room.tap(HEART)}><Icon name="heart" /></button>
      <span className="heart-total" data-shown={total > 0 || undefined} aria-hidden="true">+{total}</span>
      <span className="hearts" aria-hidden="true">
        {floating.map(({ id, emoji, at, delayMs }) => <span key={id} style={riseOf(at, delayMs)}>{emoji}</span>)}
      </span>
    </span>
  );
}

/** What was tapped in the last seconds. */
function useRising(room: ChatRoom): { floating: Floating[]; total: number } {
  const [floating, setFloating] = useState<Floating[]>([]);
  const [total, setTotal] = useState(0);
  const next = useRef(0);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useEffect(() => () => timers.current.forEach(clearTimeout), []);
  const later = (ms: number, then: () => void) => {
    const timer = setTimeout(() => {
      timers.current.delete(timer);
      then();
    }, ms);
    timers.current.add(timer);
  };
  useRoomEvent(room, 'reactions', useCallback<ServerEvents['reactions']>(({ channel, taps }) => {
    const all = Object.entries(taps).flatMap(([emoji, count]) => Array.from({ length: Math.min(count, MAX_RISING) }, () => emoji));
    if (channel !== room.slug || all.length === 0) return;
    const risen = all.slice(0, MAX_RISING).map((emoji, at) => ({ id: next.current++, emoji: emoji.startsWith(':') ? HEART : emoji, at: Math.random(), delayMs: (at * 900) / MAX_RISING }));
    setFloating((before) => [...before, ...risen]);
    setTotal(Object.values(taps).reduce((sum, count) => sum + count, 0));
    later(TOTAL_SHOWN_MS, () => setTotal(0));
    later(RISE_MS + 1_000, () => setFloating((before) => before.filter(({ id }) => !risen.some((one) => one.id === id))));
  }, [room]));
  return { floating, total };
}

function riseOf(at: number, delayMs: number): CSSProperties & Record<'--at', number> {
  return { '--at': at, animationDelay: `${Math.round(delayMs)}ms` };
}
