import { useCallback, useEffect, useRef, useState, useSyncExternalStore, type RefObject } from 'react';
import { useApi } from '../api/context.js';
import type { Latency, PlaybackAddresses } from '../api/contract.js';
import type { FileCheck } from '../playback/engine.js';
import { ServerClock } from '../playback/latency/server-clock.js';
import { Playback } from '../playback/playback.js';
import { NOTHING_YET, type PlaybackSnapshot } from '../playback/snapshot.js';

/** What looks at each segment first; `opening`: that is not there yet, and nothing plays without it. */
type Check = FileCheck | 'opening' | undefined;

/** Plays what is live on the video element for as long as the component is there. */
export function usePlayback(video: RefObject<HTMLVideoElement>, options: { slug: string; addresses: PlaybackAddresses; latency: Latency; check: Check }) {
  const { slug, addresses: { hls: masterUrl, whep, dvr: dvrUrl }, check } = options;
  // Real time has no segments, and the parts of low latency have no signature.
  const [latency, whepUrl] = check === undefined ? [options.latency, whep] : ['stable' as const, undefined];
  const api = useApi();
  const now = useRef({ latency, whepUrl });
  now.current = { latency, whepUrl };
  const [playback, setPlayback] = useState<Playback>();
  useEffect(() => {
    if (!video.current || check === 'opening') return;
    const clock = new ServerClock({ ask: (signal) => api.timeMs(signal) });
    const audioUrl = `/hls/${encodeURIComponent(slug)}/audio/`;
    const dvr = dvrUrl === undefined ? undefined : { masterUrl: dvrUrl, audioUrl: `${audioUrl}dvr.m3u8` };
    const made = new Playback({ video: video.current, masterUrl, audioUrl: `${audioUrl}index.m3u8`, dvr, ...now.current, clock, check });
    setPlayback(made);
    return () => {
      setPlayback(undefined);
      made.close();
      clock.close();
    };
  }, [api, video, slug, masterUrl, dvrUrl, check]);
  useEffect(() => playback?.setLatency(latency), [playback, latency]);
  useEffect(() => playback?.setWhepUrl(whepUrl), [playback, whepUrl]);
  return { playback, snapshot: useSnapshot(playback) };
}

/** Plays a recording on the video element for as long as the component is there. */
export function useRecordedPlayback(video: RefObject<HTMLVideoElement>, { masterUrl, startSec, check }: { masterUrl: string; startSec: number; check: Check }) {
  const start = useRef(startSec);
  const [playback, setPlayback] = useState<Playback>();
  useEffect(() => {
    const element = video.current;
    if (!element || check === 'opening') return;
    const made = new Playback({
      video: element, masterUrl, audioUrl: masterUrl, whepUrl: undefined, latency: 'stable', startSec: start.current, clock: NO_CLOCK, check,
    });
    setPlayback(made);
    return () => {
      // Its owner may change who can watch, and with that the address: it goes on from there.
      start.current = element.currentTime;
      setPlayback(undefined);
      made.close();
    };
  }, [video, masterUrl, check]);
  return { playback, snapshot: useSnapshot(playback) };
}

/** Nothing that is recorded is late. */
const NO_CLOCK = { nowMs: undefined };

function useSnapshot(playback: Playback | undefined): PlaybackSnapshot {
  const subscribe = useCallback((listener: () => void) => playback?.subscribe(listener) ?? (() => undefined), [playback]);
  return useSyncExternalStore(subscribe, () => playback?.snapshot ?? NOTHING_YET);
}

const EVERY_MS = 5_000;

/** Tells the server that somebody watches: behind a cache it sees too few requests for playlists to count viewers. */
export function useHeartbeat(video: RefObject<HTMLVideoElement>, options: { slug: string; isOn: boolean }): void {
  const { slug, isOn } = options;
  const api = useApi();
  useEffect(() => {
    if (!isOn) return;
    const beat = () => {
      // One that is lost is followed by the next.
      if (video.current?.paused === false) void api.viewing(slug).catch(() => undefined);
    };
    beat();
    const timer = setInterval(beat, EVERY_MS);
    return () => clearInterval(timer);
  }, [api, video, slug, isOn]);
}
