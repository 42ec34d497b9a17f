import { useState } from 'react';
import { plainWords } from '../api/problem.js';

/** One thing at a time that the owner changes: whether it is under way, and what is to be said of it. */
export function useChange(): { isBusy: boolean; error: string | undefined; change: (send: () => Promise<void>) => Promise<boolean>; setError: (error: string | undefined) => void } {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const change = async (send: () => Promise<void>): Promise<boolean> => {
    setBusy(true);
    setError(undefined);
    try {
      await send();
      return true;
    } catch (failure) {
      setError(plainWords(failure));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, error, change, setError };
}
