import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useApi } from '../../api/context.js';
import { remembered } from '../../api/remembered.js';
import type { IceServer } from '../../playback/webrtc/ice-servers.js';
import type { Capture } from './capture/capture.js';
import { LiveShow, type ShowState } from './publish/live-show.js';
import type { Outbound } from './publish/outbound.js';
import { planFor } from './publish/plan.js';
import { sendingBetween, type Sending } from './publish/sending.js';
import { showServerOf } from './publish/show-server.js';
import { WhipSession } from './publish/whip-session.js';
import { useSnapshot } from './use-capture.js';

export type Show = LiveShow<WhipSession>;

const NOT_STARTED = () => undefined;

/** The stream from this browser: `goLive` begins one; it ends with the page. */
export function useShow(slug: string, capture: Capture) {
  const api = useApi();
  const [show, setShow] = useState<Show>();
  const iceServers = useRef<IceServer[]>([]);
  const { track, picture, lines } = useSnapshot(capture);
  const subscribe = useCallback((listener: () => void) => show?.subscribe(listener) ?? NOT_STARTED, [show]);
  const state: ShowState | undefined = useSyncExternalStore(subscribe, () => show?.state);

  useEffect(() => {
    if (track) void show?.session?.show(track, planFor(picture, lines)).catch(() => undefined);
    iceServers.current = show?.session?.offeredIceServers ?? iceServers.current;
  }, [show, state, track, picture, lines]);

  useEffect(() => {
    if (!show) return;
    const leave = () => show.leave();
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('pagehide', leave);
      leave();
    };
  }, [show]);

  const goLive = () => {
    capture.mixer.wake();
    setShow(new LiveShow({
      server: showServerOf({ api, slug, remembered: remembered() }),
      openSession: (key, events) => {
        const { snapshot, mixer } = capture;
        if (!snapshot.track) throw new Error('going live needs a picture');
        return new WhipSession({ url: '/whip', key, video: snapshot.track, audio: mixer.track, plan: planFor(snapshot.picture, snapshot.lines), iceServers: iceServers.current, events });
      },
    }));
  };
  return { show, state, goLive };
}

const LOOK_EVERY_MS = 1_000;
/** Figures are of the last seconds, so that they can be read. */
const LOOKS_KEPT = 3;

/** How the sending goes, once a second; undefined while nothing is sent. */
export function useSending(show: Show | undefined, isSending: boolean): Sending | undefined {
  const [sending, setSending] = useState<Sending>();
  useEffect(() => {
    if (!show || !isSending) return;
    let looks: Outbound[] = [];
    const look = async () => {
      const now = await show.session?.read();
      if (!now) return;
      looks = [...looks, now].slice(-LOOKS_KEPT);
      const [before] = looks;
      if (before && before !== now) setSending(sendingBetween(before, now));
    };
    const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
    return () => {
      clearInterval(timer);
      setSending(undefined);
    };
  }, [show, isSending]);
  return sending;
}
