import type { RefObject } from 'react';
import { Icon } from '../controls/icons.js';
import type { Playback } from '../playback/playback.js';
import type { PlaybackSnapshot } from '../playback/snapshot.js';

/** What a viewer has to click because the browser allows sound, or playback at all, only after a click. */
export function StartOver({ snapshot, playback, video, isPreview = false }: {
  snapshot: PlaybackSnapshot; playback: Playback; video: RefObject<HTMLVideoElement>; isPreview?: boolean;
}) {
  if (snapshot.isBlocked) {
    return (
      <button slot="centered-chrome" type="button" className="player-start" onClick={() => void video.current?.play()} noautohide="">
        <Icon name="play" /> Play
      </button>
    );
  }
  if (!snapshot.isSilenced || isPreview) return null;
  return (
    <button slot="centered-chrome" type="button" className="player-unmute" onClick={() => playback.unmute()} noautohide="">
      <Icon name="sound-off" /> Unmute
    </button>
  );
}
