import { useCallback, useEffect, useRef, useState } from 'react';

export interface Polled<Value> {
  /** The last good answer, kept while later ones fail. */
  value: Value | undefined;
  /** Why the last attempt failed; undefined after a good one. */
  error: unknown;
  /** Asks again now. */
  refresh: () => void;
  /** Puts a value that is already known to be newer, such as the reply to a change. */
  replace: (value: Value) => void;
}

interface PollOptions {
  /** Pause between an answer and the next question, milliseconds; 0 asks once. */
  everyMs: number;
  /** Whether to go on while the page is in the background. */
  evenHidden?: boolean;
}

/** Asks on mount, then again and again. `load` must be stable (useCallback): a new one starts over. */
export function usePolled<Value>(load: (signal: AbortSignal) => Promise<Value>, options: PollOptions): Polled<Value> {
  const { everyMs, evenHidden = false } = options;
  const [answer, setAnswer] = useState<{ value: Value | undefined; error: unknown }>({ value: undefined, error: undefined });
  const [round, setRound] = useState(0);
  const everyMsNow = useRef(everyMs);
  everyMsNow.current = everyMs;

  useEffect(() => setAnswer({ value: undefined, error: undefined }), [load]);

  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;

    const ask = async () => {
      if (isAsking) return;
      isAsking = true;
      clearTimeout(timer);
      try {
        const value = await load(ended.signal);
        if (!ended.signal.aborted) setAnswer({ value, error: undefined });
      } catch (error) {
        if (!ended.signal.aborted) setAnswer((last) => ({ value: last.value, error }));
      }
      isAsking = false;
      const isWanted = evenHidden || !document.hidden;
      if (!ended.signal.aborted && everyMsNow.current > 0 && isWanted) timer = setTimeout(() => void ask(), everyMsNow.current);
    };

    const onVisible = () => {
      if (!document.hidden && everyMsNow.current > 0) void ask();
    };
    document.addEventListener('visibilitychange', onVisible);
    void ask();
    return () => {
      ended.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [load, evenHidden, round]);

  const refresh = useCallback(() => setRound((last) => last + 1), []);
  const replace = useCallback((value: Value) => setAnswer({ value, error: undefined }), []);
  return { ...answer, refresh, replace };
}
