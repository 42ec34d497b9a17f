import { useCallback, useEffect, useState, useSyncExternalStore, type RefObject } from 'react';
import { useApi } from '../api/context.js';
import { remembered } from '../api/remembered.js';
import { markOf, NOTHING_CHECKED, OFF, UNAVAILABLE, type Amiss, type CheckStatus, type Mark } from './check-status.js';
import type { SegmentCheck } from './segment-check.js';

const STORED_AS = 'tidemark.checks-segments';
const LOOK_EVERY_MS = 500;

/** Whether this viewer wants each segment checked, and what checks them. */
export interface Verification {
  isWanted: boolean;
  setWanted: (isWanted: boolean) => void;
  /** What playback has to go through: nothing, or `opening` until that is known. */
  check: SegmentCheck | 'opening' | undefined;
}

/** Checks a broadcast for as long as the component is there and the viewer wants it; the choice counts for all players of this browser. */
export function useVerification({ broadcastId, isLive, isOffered = true }: { broadcastId: string; isLive: boolean; isOffered?: boolean }): Verification {
  const api = useApi();
  const [isChosen, setChosen] = useState(() => remembered().getItem(STORED_AS) !== null);
  const [opened, setOpened] = useState<{ of: string; check: SegmentCheck | undefined }>();
  const isWanted = isChosen && isOffered;
  useEffect(() => {
    if (!isWanted) return;
    const ended = new AbortController();
    const open = async () => {
      const { openCheck } = await import('./open-check.js');
      const check = await openCheck({ api, broadcastId, isLive });
      ended.signal.addEventListener('abort', () => check?.close());
      if (ended.signal.aborted) check?.close();
      else setOpened({ of: broadcastId, check });
    };
    // A part of the page that does not come is as good as a browser that cannot.
    open().catch(() => setOpened({ of: broadcastId, check: undefined }));
    return () => {
      ended.abort();
      setOpened(undefined);
    };
  }, [api, broadcastId, isLive, isWanted]);
  const setWanted = useCallback((wanted: boolean) => {
    if (wanted) remembered().setItem(STORED_AS, 'yes');
    else remembered().removeItem(STORED_AS);
    setChosen(wanted);
  }, []);
  if (!isWanted) return { isWanted, setWanted, check: undefined };
  return { isWanted, setWanted, check: opened?.of === broadcastId ? opened.check : 'opening' };
}

/** What the mark shows now, and what it is made of. */
export function useMark({ isWanted, check }: Verification, video: RefObject<HTMLVideoElement>): { mark: Mark; status: CheckStatus } {
  const open = check === 'opening' ? undefined : check;
  const subscribe = useCallback((listener: () => void) => open?.subscribe(listener) ?? (() => undefined), [open]);
  const status = useSyncExternalStore(subscribe, () => open?.status ?? NOTHING_CHECKED);
  const amiss = useAmiss(open, video);
  if (!isWanted) return { mark: OFF, status };
  return { mark: check === undefined ? UNAVAILABLE : markOf(status, amiss), status };
}

/** What is amiss with what is on the screen now. */
function useAmiss(check: SegmentCheck | undefined, video: RefObject<HTMLVideoElement>): Amiss {
  const [amiss, setAmiss] = useState<Amiss>();
  useEffect(() => {
    if (check === undefined) return;
    const timer = setInterval(() => setAmiss(check.amissAt(video.current?.currentTime ?? 0)), LOOK_EVERY_MS);
    return () => {
      clearInterval(timer);
      setAmiss(undefined);
    };
  }, [check, video]);
  return amiss;
}
