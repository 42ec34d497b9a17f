import { useCallback, useEffect, useReducer } from 'react';
import { useApi } from '../api/context.js';
import { usePolled } from '../api/poll.js';
import { Problem } from '../api/problem.js';
import { NEW_VISIT, visitAfter, type Visit } from './visit.js';

const WHILE_WAITING_MS = 2_500;
const WHILE_PLAYING_MS = 5_000;

/** Follows a channel for as long as its page is open, in the background too: that is where people wait. */
export function useVisit(slug: string): { visit: Visit; onDrained: () => void } {
  const api = useApi();
  const [visit, dispatch] = useReducer(visitAfter, NEW_VISIT);
  const { value: live, error } = usePolled(
    useCallback((signal) => api.channelLive(slug, signal), [api, slug]),
    { everyMs: visit.state === 'live' ? WHILE_PLAYING_MS : WHILE_WAITING_MS, evenHidden: true },
  );

  useEffect(() => {
    if (error instanceof Problem && error.status === 404) dispatch({ type: 'unknown' });
    else if (error !== undefined) dispatch({ type: 'unanswered' });
    else if (live) dispatch({ type: 'answered', live });
  }, [live, error]);

  return { visit, onDrained: useCallback(() => dispatch({ type: 'drained' }), []) };
}
