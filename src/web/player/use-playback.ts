import { useCallback, useEffect, useRef, useState, useSyncExternalStore, type RefObject } from 'react';
import { useApi } from '../api/context.js';
import type { Latency, PlaybackAddresses } from '../api/contract.js';
import { ServerClock } from '../playback/latency/server-clock.js';
import { Playback } from '../playback/playback.js';
import { NOTHING_YET, type PlaybackSnapshot } from '../playback/snapshot.js';

/** Plays on the video element for as long as the component is there. */
export function usePlayback(video: RefObject<HTMLVideoElement>, options: { slug: string; addresses: PlaybackAddresses; latency: Latency }) {
  const { slug, addresses: { hls: masterUrl, whep: whepUrl }, latency } = options;
  const api = useApi();
  const now = useRef({ latency, whepUrl });
  now.current = { latency, whepUrl };
  const [playback, setPlayback] = useState<Playback>();
  useEffect(() => {
    if (!video.current) return;
    const clock = new ServerClock({ ask: (signal) => api.timeMs(signal) });
    const audioUrl = `/hls/${encodeURIComponent(slug)}/audio/index.m3u8`;
    const made = new Playback({ video: video.current, masterUrl, audioUrl, ...now.current, clock });
    setPlayback(made);
    return () => {
      setPlayback(undefined);
      made.close();
      clock.close();
    };
  }, [api, video, slug, masterUrl]);
  useEffect(() => playback?.setLatency(latency), [playback, latency]);
  useEffect(() => playback?.setWhepUrl(whepUrl), [playback, whepUrl]);
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
