import type { MediaController } from 'media-chrome';
import { useCallback, useEffect, useId, useRef, useState, type ReactNode, type RefObject } from 'react';
import type { Latency, PlayableBroadcast } from '../api/contract.js';
import { ClipButton } from '../clips/clip-button.js';
import { Icon } from '../controls/icons.js';
import { useStoryboardTrack } from '../pictures/use-storyboard-track.js';
import { latencyOptions, storeChoice, storedChoice, type LatencyChoice } from '../playback/latency/options.js';
import { REWIND_SEC, type Playback } from '../playback/playback.js';
import type { PlaybackSnapshot } from '../playback/snapshot.js';
import type { Supply } from '../playback/recovery.js';
import { useVerification } from '../verification/use-verification.js';
import { Frame } from './frame.js';
import { LatencyButton, LatencyMenu } from './latency-menu.js';
import { useHeartbeat, usePlayback } from './use-playback.js';

export interface PlayerProps {
  slug: string;
  title: string;
  broadcast: PlayableBroadcast;
  supply: Supply;
  /** How near to the live moment to play, unless the viewer chose otherwise. */
  channelLatency: Latency;
  /** Starts without sound and listens to no key of the page: for a preview beside other things. */
  isPreview?: boolean;
  /** Called once when everything that was sent has been played. */
  onDrained?: () => void;
  /** Told what plays, for who asks for the moment that is shown; undefined when it is gone. Must be stable (useCallback). */
  onPlayback?: (playback: Playback | undefined) => void;
  /** Shown over the picture, such as a notice. */
  children?: ReactNode;
}

/** The player of one broadcast: picture, controls, menus, statistics. */
export function Player({ slug, title, broadcast, supply, channelLatency, isPreview = false, onDrained, onPlayback, children }: PlayerProps) {
  const playerId = `live${useId().replaceAll(':', '')}`;
  const controller = useRef<MediaController>(null);
  const video = useRef<HTMLVideoElement>(null);
  const { choice, choose, latency } = useLatency(channelLatency, isPreview);
  const verification = useVerification({ broadcastId: broadcast.id, isLive: true, isOffered: !isPreview });
  const { playback, snapshot } = usePlayback(video, { slug, addresses: broadcast.playback, latency, check: verification.check });

  useEffect(() => onPlayback?.(playback), [playback, onPlayback]);
  useEffect(() => playback?.setSupply(supply), [playback, supply]);
  useEffect(() => playback?.dropRenditions(broadcast.droppedRenditions), [playback, broadcast.droppedRenditions]);
  useLiveButton(controller, playback);
  useHeartbeat(video, { slug, isOn: !isPreview && snapshot.phase !== 'loading' && snapshot.protocol !== 'WebRTC' });
  useDrained(video, supply, snapshot.phase, onDrained);
  useLivePictures(video, broadcast, playback);

  const isRealTime = snapshot.protocol === 'WebRTC';
  const noRealTime = isRealTime ? undefined : snapshot.noRealTime;
  // What is checked plays whole segments: there is nothing to choose.
  const canChooseLatency = snapshot.latencies !== undefined && !isPreview && !verification.isWanted;
  const canRewind = !isPreview && playback?.canRewind === true;
  return (
    <Frame title={title} controller={controller} video={video} playback={playback} snapshot={snapshot} isLive isPreview={isPreview} verification={verification}
      qualities={{ renditions: broadcast.renditions, dropped: broadcast.droppedRenditions }}
      hasSeekBar={canRewind && !isRealTime}
      menus={canChooseLatency && snapshot.latencies && (
        <LatencyMenu playerId={playerId} selected={choice} onSelect={choose} warning={noRealTime}
          options={latencyOptions(channelLatency, { latencies: snapshot.latencies, isRealTimePossible: noRealTime === undefined })} />
      )}
      controls={(
        <>
          <media-live-button />
          {canRewind && <RewindButton playback={playback} />}
          {!isPreview && playback && <ClipButton broadcastId={broadcast.id} playback={playback} isLive />}
          {canChooseLatency && playback && <LatencyButton playerId={playerId} playback={playback} latency={latency} protocol={snapshot.protocol} />}
        </>
      )}>
      {children}
    </Frame>
  );
}

function RewindButton({ playback }: { playback: Playback }) {
  const words = `Back ${REWIND_SEC} seconds`;
  return (
    <button type="button" className="player-button rewind-button" onClick={() => playback.rewind()} title={words} aria-label={words}>
      <Icon name="rewind" />
    </button>
  );
}

/** The storyboard of a show that is on counts from its start, by the server's clock. */
function useLivePictures(video: RefObject<HTMLVideoElement>, { storyboard, startedAt }: PlayableBroadcast, playback: Playback | undefined): void {
  const placeOf = useCallback((tileSec: number) => playback?.placeOf(Date.parse(startedAt) + tileSec * 1000), [playback, startedAt]);
  useStoryboardTrack(video, { address: playback?.canRewind ? storyboard : undefined, placeOf });
}

/** What the channel asks for, or what this viewer chose instead. */
function useLatency(channelLatency: Latency, isPreview: boolean) {
  const [choice, setChoice] = useState<LatencyChoice>(() => (isPreview ? 'channel' : storedChoice()));
  const choose = useCallback((chosen: LatencyChoice) => {
    storeChoice(chosen);
    setChoice(chosen);
  }, []);
  return { choice, choose, latency: choice === 'channel' ? channelLatency : choice };
}

/** media-chrome's own jump goes to the very end of the playlist, where playback stalls until the next segment. */
function useLiveButton(controller: RefObject<MediaController>, playback: Playback | undefined): void {
  useEffect(() => {
    const element = controller.current;
    if (!element || !playback) return;
    const onRequest = (event: Event) => {
      event.stopImmediatePropagation();
      playback.goLive();
    };
    element.addEventListener('mediaseektoliverequest', onRequest, { capture: true });
    return () => element.removeEventListener('mediaseektoliverequest', onRequest, { capture: true });
  }, [controller, playback]);
}

const LONGEST_DRAIN_MS = 120_000;
/** What stands still this long after the end has nothing left to play. */
const STANDSTILL_MS = 4_000;

/** After the end of the broadcast: waits until the rest is played, but never for ever. */
function useDrained(video: RefObject<HTMLVideoElement>, supply: Supply, phase: PlaybackSnapshot['phase'], onDrained: (() => void) | undefined) {
  useEffect(() => {
    const element = video.current;
    if (supply !== 'finished' || !onDrained || !element) return;
    if (element.ended || element.paused) {
      onDrained();
      return;
    }
    element.addEventListener('ended', onDrained);
    const timer = setTimeout(onDrained, phase === 'playing' ? LONGEST_DRAIN_MS : STANDSTILL_MS);
    return () => {
      element.removeEventListener('ended', onDrained);
      clearTimeout(timer);
    };
  }, [video, supply, phase, onDrained]);
}
