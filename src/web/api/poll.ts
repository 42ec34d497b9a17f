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

interface PollOptions<Value> {
  /** Pause between an answer and the next question, milliseconds, which the answer may say; 0 asks once. */
  everyMs: number | ((value: Value | undefined) => number);
  /** Whether to go on while the page is in the background. */
  evenHidden?: boolean;
}

/** Asks on mount, then again and again. `load` must be stable (useCallback): a new one starts over. */
export function usePolled<Value>(load: (signal: AbortSignal) => Promise<Value>, options: PollOptions<Value>): Polled<Value> {
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
    let last: Value | undefined;
    const pauseMs = () => (typeof everyMsNow.current === 'number' ? everyMsNow.current : everyMsNow.current(last));

    const ask = async () => {
      if (isAsking) return;
      isAsking = true;
      clearTimeout(timer);
      try {
        const value = await load(ended.signal);
        last = value;
        if (!ended.signal.aborted) setAnswer({ value, error: undefined });
      } catch (error) {
        if (!ended.signal.aborted) setAnswer((before) => ({ value: before.value, error }));
      }
      isAsking = false;
      const isWanted = evenHidden || !document.hidden;
      if (!ended.signal.aborted && pauseMs() > 0 && isWanted) timer = setTimeout(() => void ask(), pauseMs());
    };

    const onVisible = () => {
      if (!document.hidden && pauseMs() > 0) void ask();
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
