import { useCallback, useEffect, useRef, useState, useSyncExternalStore, type RefObject } from 'react';
import { useApi } from '../api/context.js';
import type { Latency } from '../api/contract.js';
import { ServerClock } from '../playback/latency/server-clock.js';
import { NOTHING_YET, Playback, type PlaybackSnapshot } from '../playback/playback.js';

/** Plays on the video element for as long as the component is there. */
export function usePlayback(video: RefObject<HTMLVideoElement>, options: { slug: string; masterUrl: string; latency: Latency }) {
  const { slug, masterUrl, latency } = options;
  const api = useApi();
  const latencyNow = useRef(latency);
  latencyNow.current = latency;
  const [playback, setPlayback] = useState<Playback>();
  useEffect(() => {
    if (!video.current) return;
    const clock = new ServerClock({ ask: (signal) => api.timeMs(signal) });
    const audioUrl = `/hls/${encodeURIComponent(slug)}/audio/index.m3u8`;
    const made = new Playback({ video: video.current, masterUrl, audioUrl, latency: latencyNow.current, clock });
    setPlayback(made);
    return () => {
      setPlayback(undefined);
      made.close();
      clock.close();
    };
  }, [api, video, slug, masterUrl]);
  useEffect(() => playback?.setLatency(latency), [playback, latency]);
  const subscribe = useCallback((listener: () => void) => playback?.subscribe(listener) ?? (() => undefined), [playback]);
  const snapshot: PlaybackSnapshot = useSyncExternalStore(subscribe, () => playback?.snapshot ?? NOTHING_YET);
  return { playback, snapshot };
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
