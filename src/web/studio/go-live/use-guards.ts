import { useEffect } from 'react';

/**
 * Asks before the page is left. Links inside the program would leave without a question, so they become visits to
 * another page, about which the browser asks as it does when its tab is closed.
 */
export function useLeaveQuestion(isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return;
    const ended = new AbortController();
    window.addEventListener('beforeunload', (event) => event.preventDefault(), { signal: ended.signal });
    document.addEventListener('click', visitInstead, { signal: ended.signal, capture: true });
    return () => ended.abort();
  }, [isOn]);
}

function visitInstead(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  const isElsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || isElsewhere || link.target === '_blank' || link.getAttribute('href')?.startsWith('#') !== false) return;
  event.preventDefault();
  event.stopPropagation();
  window.location.assign(link.href);
}

/** Keeps the screen on: a phone that falls asleep stops its camera. */
export function useWakeLock(isOn: boolean): void {
  useEffect(() => {
    if (!isOn || !('wakeLock' in navigator)) return;
    let isOver = false;
    let lock: WakeLockSentinel | undefined;
    const take = async () => {
      const taken = await navigator.wakeLock.request('screen');
      if (isOver) await taken.release();
      else lock = taken;
    };
    // The browser drops it with the page's sight, and refuses it on a low battery.
    const onVisible = () => void (!document.hidden && take().catch(() => undefined));
    document.addEventListener('visibilitychange', onVisible);
    onVisible();
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', onVisible);
      void lock?.release().catch(() => undefined);
    };
  }, [isOn]);
}
