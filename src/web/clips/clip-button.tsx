import { useState } from 'react';
import { createPortal } from 'react-dom';
import { Icon } from '../controls/icons.js';
import type { Playback } from '../playback/playback.js';
import { ClipDialog } from './clip-dialog.js';

interface ClipButtonProps {
  broadcastId: string;
  playback: Playback;
  /** What is live is clipped up to the moment of the press, a recording from then on. */
  isLive: boolean;
}

/** Keeps what is shown now, of a show that is on or of a recording. */
export function ClipButton({ broadcastId, playback, isLive }: ClipButtonProps) {
  const [pressedMs, setPressedMs] = useState<number>();
  const words = 'Make a clip';
  return (
    <>
      <button type="button" className="player-button clip-button" onClick={() => setPressedMs(playback.dateMs)} title={words} aria-label={words}>
        <Icon name="clip" />
      </button>
      {/* Outside of the player, whose keys would take what is typed. */}
      {pressedMs !== undefined && createPortal(
        <ClipDialog broadcastId={broadcastId} pressedMs={pressedMs} isLive={isLive} onClose={() => setPressedMs(undefined)} />,
        document.body,
      )}
    </>
  );
}
