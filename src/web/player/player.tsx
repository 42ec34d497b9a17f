import type { MediaController } from 'media-chrome';
import { useCallback, useEffect, useId, useRef, useState, type ReactNode, type RefObject } from 'react';
import type { Latency, PlayableBroadcast } from '../api/contract.js';
import { Icon } from '../controls/icons.js';
import './media-elements.js';
import { Notice } from '../controls/notice.js';
import { unplayableWords } from '../playback/codecs.js';
import { latencyOptions, storeChoice, storedChoice, type LatencyChoice } from '../playback/latency/options.js';
import type { Playback } from '../playback/playback.js';
import type { PlaybackSnapshot } from '../playback/snapshot.js';
import './player.css';
import { AUDIO_ONLY, qualityOptions } from '../playback/quality.js';
import type { Supply } from '../playback/recovery.js';
import { LatencyButton, LatencyMenu } from './latency-menu.js';
import { QualityButton, QualityMenu } from './quality-menu.js';
import { SoundWave } from './sound-wave.js';
import { StatsPanel } from './stats-panel.js';
import { usePageKeys } from './page-keys.js';
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
  /** Shown over the picture, such as a notice. */
  children?: ReactNode;
}

/** The player of one broadcast: picture, controls, menus, statistics. */
export function Player({ slug, title, broadcast, supply, channelLatency, isPreview = false, onDrained, children }: PlayerProps) {
  const playerId = `player${useId().replaceAll(':', '')}`;
  const controller = useRef<MediaController>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [areStatsOpen, setStatsOpen] = useState(false);
  const { choice, choose, latency } = useLatency(channelLatency, isPreview);
  const { playback, snapshot } = usePlayback(video, { slug, addresses: broadcast.playback, latency });
  const toggleStats = useCallback(() => setStatsOpen((isOpen) => !isOpen), []);

  useEffect(() => playback?.setSupply(supply), [playback, supply]);
  useEffect(() => playback?.dropRenditions(broadcast.droppedRenditions), [playback, broadcast.droppedRenditions]);
  useLiveButton(controller, playback);
  useHeartbeat(video, { slug, isOn: !isPreview && snapshot.phase !== 'loading' && snapshot.protocol !== 'WebRTC' });
  useDrained(video, supply, snapshot.phase, onDrained);
  usePageKeys(controller, { isOn: !isPreview, onStats: toggleStats });

  const { renditions, droppedRenditions: dropped } = broadcast;
  const options = qualityOptions({ levels: snapshot.levels, renditions, dropped, activeLevel: snapshot.activeLevel });
  const noRealTime = snapshot.protocol === 'WebRTC' ? undefined : snapshot.noRealTime;
  const isUnplayable = snapshot.unplayable.length > 0;
  const isSoundOnly = snapshot.quality === AUDIO_ONLY || (isUnplayable && snapshot.phase === 'playing');

  return (
    <media-controller ref={controller} class="player" data-phase={snapshot.phase} data-protocol={snapshot.protocol} aria-label={`Player: ${title}`}
      defaultstreamtype="live" liveedgeoffset={snapshot.liveWithinSec} noautoseektolive="" hotkeys="noc no< no>">
      <video ref={video} slot="media" playsInline muted={isPreview} aria-label={title} />
      {isSoundOnly && <SoundWave title={title} isPlaying={snapshot.phase === 'playing'} />}
      {!isUnplayable && <media-loading-indicator slot="centered-chrome" noautohide="" />}
      <div slot="top-chrome" className="player-top" noautohide="">
        {children}
        {isUnplayable && <Unplayable snapshot={snapshot} />}
        {areStatsOpen && playback && (
          <StatsPanel playback={playback} activeName={snapshot.activeLevel} onClose={toggleStats} />
        )}
      </div>
      {playback && <StartOver snapshot={snapshot} playback={playback} video={video} isPreview={isPreview} />}
      <QualityMenu playerId={playerId} options={options} selected={snapshot.quality} onSelect={(quality) => playback?.chooseQuality(quality)} />
      {snapshot.latencies && !isPreview && (
        <LatencyMenu playerId={playerId} selected={choice} onSelect={choose} warning={noRealTime}
          options={latencyOptions(channelLatency, { latencies: snapshot.latencies, isRealTimePossible: noRealTime === undefined })} />
      )}
      <media-control-bar>
        <media-play-button notooltip="" />
        <media-mute-button notooltip="" />
        <media-volume-range />
        <media-live-button />
        {snapshot.latencies && !isPreview && playback && <LatencyButton playerId={playerId} playback={playback} latency={latency} protocol={snapshot.protocol} />}
        <span className="player-gap" />
        <QualityButton playerId={playerId} options={options} selected={snapshot.quality} />
        {!isPreview && <StatsButton isOpen={areStatsOpen} onToggle={toggleStats} />}
        <media-pip-button notooltip="" />
        <media-fullscreen-button notooltip="" />
      </media-control-bar>
    </media-controller>
  );
}

function StatsButton({ isOpen, onToggle }: { isOpen: boolean; onToggle: () => void }) {
  return (
    <button type="button" className="player-button" aria-pressed={isOpen} onClick={onToggle} title="Statistics (i)" aria-label="Statistics">
      <Icon name="gauge" />
    </button>
  );
}

/** What a viewer has to click because the browser allows sound, or playback at all, only after a click. */
function StartOver({ snapshot, playback, video, isPreview }: {
  snapshot: PlaybackSnapshot; playback: Playback; video: RefObject<HTMLVideoElement>; isPreview: boolean;
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

/** What the channel asks for, or what this viewer chose instead. */
function useLatency(channelLatency: Latency, isPreview: boolean) {
  const [choice, setChoice] = useState<LatencyChoice>(() => (isPreview ? 'channel' : storedChoice()));
  const choose = useCallback((chosen: LatencyChoice) => {
    storeChoice(chosen);
    setChoice(chosen);
  }, []);
  return { choice, choose, latency: choice === 'channel' ? channelLatency : choice };
}

function Unplayable({ snapshot }: { snapshot: PlaybackSnapshot }) {
  return <Notice level="warn">{unplayableWords(snapshot.unplayable, snapshot.phase === 'playing')}</Notice>;
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
