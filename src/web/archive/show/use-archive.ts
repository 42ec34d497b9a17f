import { useCallback, useEffect, useState } from 'react';
import { useApi } from '../../api/context.js';
import { usePolled } from '../../api/poll.js';
import { paceMs, verifiedSince } from './progress.js';

/** A show's archive, asked for as often as it changes, and how far a verification is that this page asked for. */
export function useArchive(id: string) {
  const api = useApi();
  const [everyMs, setEveryMs] = useState(() => paceMs(undefined, false));
  const [verifyingFromMs, setVerifyingFromMs] = useState<number>();
  const { value: archive, error, refresh } = usePolled(useCallback((signal) => api.archive.details(id, signal), [api, id]), { everyMs });
  const verified = archive && verifyingFromMs !== undefined ? verifiedSince(archive.files, verifyingFromMs) : undefined;
  const isVerifying = verified !== undefined && verified.done < verified.of;
  const wantedMs = paceMs(archive, isVerifying);
  useEffect(() => setEveryMs(wantedMs), [wantedMs]);

  const verify = async () => {
    // What has a receipt from here on is new; this page's clock may be off.
    const fromMs = await api.timeMs();
    await api.archive.verify(id);
    setVerifyingFromMs(fromMs);
    refresh();
  };
  return { archive, error, refresh, verified, isVerifying, verify };
}
