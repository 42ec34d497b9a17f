import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react';
import { useApi, useOutbox } from '../../api/context.js';
import type { Upload } from '../../api/contract.js';
import { usePolled } from '../../api/poll.js';
import type { Sending } from './outbox.js';

const BUSY_MS = 2_000;
const IDLE_MS = 20_000;
const MOVING = ['queued', 'probing', 'encoding'];

/** What this page sends to a channel, and what the server has of others or from before. */
export function useUploads(slug: string) {
  const api = useApi();
  const outbox = useOutbox();
  const all = useSyncExternalStore((listener) => outbox.subscribe(listener), () => outbox.list);
  const sendings = all.filter((sending) => sending.slug === slug);
  const isMoving = useRef(false);
  const { value: known, error, refresh } = usePolled(useCallback((signal) => api.channelUploads(slug, signal), [api, slug]), { everyMs: isMoving.current ? BUSY_MS : IDLE_MS });
  const uploads = (known ?? []).filter(({ id, state }) => !sendings.some((sending) => sending.uploadId === id && !hasLeft(sending, state)));
  isMoving.current = uploads.some(({ state }) => MOVING.includes(state));

  const sent = sendings.filter(({ state }) => state === 'sent').length;
  useEffect(refresh, [sent, refresh]);
  const shown = sendings.filter((sending) => !known?.some(({ id, state }) => sending.uploadId === id && hasLeft(sending, state)));
  return { sendings: shown, uploads, readyCount: known?.filter(({ state }) => state === 'ready').length ?? 0, error, refresh };
}

/** The server goes on with it: its row tells more. */
function hasLeft(sending: Sending, state: Upload['state']): boolean {
  return sending.state === 'sent' && state !== 'receiving';
}
