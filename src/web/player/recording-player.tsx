import type { MediaController } from 'media-chrome';
import { useEffect, useRef, type RefObject } from 'react';
import type { RecordingDetails } from '../api/contract.js';
import { ClipButton } from '../clips/clip-button.js';
import { useStoryboardTrack } from '../pictures/use-storyboard-track.js';
import type { Playback } from '../playback/playback.js';
import { useVerification } from '../verification/use-verification.js';
import { Frame } from './frame.js';
import { useRecordedPlayback } from './use-playback.js';

interface RecordingPlayerProps {
  recording: RecordingDetails;
  /** The page seeks and reads the place by it. */
  video: RefObject<HTMLVideoElement>;
  /** Where to begin, seconds. */
  startSec: number;
  /** Told what plays, for who asks for the moment that is shown; undefined when it is gone. Must be stable (useCallback). */
  onPlayback: (playback: Playback | undefined) => void;
}

/** The player of a show that is over. */
export function RecordingPlayer({ recording, video, startSec, onPlayback }: RecordingPlayerProps) {
  const controller = useRef<MediaController>(null);
  const verification = useVerification({ broadcastId: recording.id, isLive: false });
  const { playback, snapshot } = useRecordedPlayback(video, { masterUrl: recording.playback.hls, startSec, check: verification.check });
  useEffect(() => onPlayback(playback), [playback, onPlayback]);
  useStoryboardTrack(video, { address: recording.storyboard });
  useChapterTrack(video, recording);
  return (
    <Frame title={recording.title} controller={controller} video={video} playback={playback} snapshot={snapshot}
      qualities={{ renditions: snapshot.renditions, dropped: [] }} isLive={false} hasSeekBar
      verification={verification} verificationPage={`/recordings/${encodeURIComponent(recording.id)}/verify`}
      controls={(
        <>
          <media-time-display showduration="" />
          {playback && recording.visibility !== 'private' && <ClipButton broadcastId={recording.id} playback={playback} isLive={false} />}
        </>
      )} />
  );
}

/** The bar names the chapter under the pointer. */
function useChapterTrack(video: RefObject<HTMLVideoElement>, { chapters, durationSec }: RecordingDetails): void {
  useEffect(() => {
    if (!video.current || chapters.length < 2) return;
    const track = video.current.addTextTrack('chapters', 'chapters');
    track.mode = 'hidden';
    for (const [index, { startSec, title }] of chapters.entries()) track.addCue(new VTTCue(startSec, chapters[index + 1]?.startSec ?? durationSec, title));
    return () => {
      track.mode = 'disabled';
    };
  }, [video, chapters, durationSec]);
}
