import { useEffect, type RefObject } from 'react';
import { loadStoryboard } from './load-storyboard.js';
import type { Tile } from './storyboard.js';

/** The label by which media-chrome finds the pictures for its seek bar. */
const LABEL = 'thumbnails';
const REFRESH_MS = 10_000;

interface StoryboardTrackOptions {
  /** Undefined while there are no pictures. */
  address: string | undefined;
  /** For a storyboard that grows: where on the video's timeline a tile's time is. It is asked again and again. */
  placeOf?: ((tileSec: number) => number | undefined) | undefined;
}

/**
 * Gives the seek bar its pictures. A `<track>` would be enough for a recording; while live, the storyboard grows, and
 * its clock is not the player's, whose zero is where the playlist began when it was loaded.
 */
export function useStoryboardTrack(video: RefObject<HTMLVideoElement>, { address, placeOf }: StoryboardTrackOptions): void {
  useEffect(() => {
    if (address === undefined || !video.current) return;
    const ended = new AbortController();
    const track = trackOf(video.current);
    // Without pictures the bar shows times alone.
    const load = () => loadStoryboard(address, ended.signal).then((tiles) => fill(track, tiles, placeOf), () => undefined);
    void load();
    const timer = placeOf && setInterval(() => document.hidden || void load(), REFRESH_MS);
    return () => {
      ended.abort();
      clearInterval(timer);
    };
  }, [video, address, placeOf]);
}

/** A track that was added stays with its element for ever. */
function trackOf(video: HTMLVideoElement): TextTrack {
  const track = [...video.textTracks].find(({ label }) => label === LABEL) ?? video.addTextTrack('metadata', LABEL);
  track.mode = 'hidden';
  return track;
}

function fill(track: TextTrack, tiles: Tile[], placeOf: (tileSec: number) => number | undefined = (tileSec) => tileSec): void {
  for (const cue of [...(track.cues ?? [])]) track.removeCue(cue);
  for (const { startSec, endSec, sheet, x, y, width, height } of tiles) {
    const start = placeOf(startSec);
    const end = placeOf(endSec);
    if (start === undefined || end === undefined || end <= 0 || end <= start) continue;
    track.addCue(new VTTCue(Math.max(0, start), end, `${sheet}#xywh=${x},${y},${width},${height}`));
  }
}
