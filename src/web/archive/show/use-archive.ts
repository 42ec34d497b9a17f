import { useCallback } from 'react';
import { useApi } from '../../api/context.js';
import { usePolled } from '../../api/poll.js';
import { paceMs } from './progress.js';

/** A show's archive, asked for as often as it changes. */
export function useArchive(id: string) {
  const api = useApi();
  const { value: archive, error, refresh } = usePolled(useCallback((signal) => api.archive.details(id, signal), [api, id]), { everyMs: paceMs });
  return { archive, error, refresh };
}
