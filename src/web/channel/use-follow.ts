import { useCallback, useState } from 'react';
import { useApi, useSessionState } from '../api/context.js';
import type { Following } from '../api/contract.js';
import { usePolled } from '../api/poll.js';

export interface Follow {
  /** Undefined until the server has answered. */
  following: Following | undefined;
  isBusy: boolean;
  /** Why the last press came to nothing. */
  error: unknown;
  toggle: () => void;
}

/** Whether this viewer follows a channel, and the way to change it. */
export function useFollow(slug: string): Follow {
  const api = useApi();
  const { name: session } = useSessionState();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  // Another session is another viewer.
  const load = useCallback((signal: AbortSignal) => (session === 'unknown' ? new Promise<Following>(() => undefined) : api.following(slug, signal)), [api, slug, session]);
  const { value: following, replace } = usePolled(load, { everyMs: 0 });
  const change = async () => {
    setBusy(true);
    setError(undefined);
    try {
      replace(following?.isFollowing ? await api.unfollow(slug) : await api.follow(slug));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return { following, isBusy, error, toggle: () => void change() };
}
