import { useEffect, useState } from 'react';
import { useApi } from '../../api/context.js';

const TICK_MS = 250;

/** Whole seconds until a moment of the page's clock; 0 when it has passed. */
export function useSecondsUntil(untilMs: number): number {
  const [leftSec, setLeftSec] = useState(() => secondsUntil(untilMs));
  useEffect(() => {
    const look = () => setLeftSec(secondsUntil(untilMs));
    look();
    if (untilMs <= Date.now()) return;
    const timer = setInterval(() => {
      look();
      if (untilMs <= Date.now()) clearInterval(timer);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [untilMs]);
  return leftSec;
}

/** A moment that the server named, on the page's clock, ms; 0 without one. Clocks of phones are minutes off. */
export function useServerMoment(isoDate: string | undefined): number {
  const api = useApi();
  const [aheadMs, setAheadMs] = useState(0);
  const isWanted = isoDate !== undefined;
  useEffect(() => {
    if (!isWanted) return;
    const left = new AbortController();
    const askedMs = Date.now();
    void api.timeMs(left.signal).then((serverMs) => setAheadMs(serverMs - (askedMs + Date.now()) / 2), () => undefined);
    return () => left.abort();
  }, [api, isWanted]);
  return isoDate === undefined ? 0 : Date.parse(isoDate) - aheadMs;
}

function secondsUntil(untilMs: number): number {
  return Math.max(0, Math.ceil((untilMs - Date.now()) / 1000));
}
