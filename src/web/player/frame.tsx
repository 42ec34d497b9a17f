import type { MediaController } from 'media-chrome';
import { useCallback, useId, useState, type ReactNode, type RefObject } from 'react';
import { Notice } from '../controls/notice.js';
import { useMark, type Verification } from '../verification/use-verification.js';
import { VerificationButton, VerificationPanel } from '../verification/verification-panel.js';
import { unplayableWords } from '../playback/codecs.js';
import type { Playback } from '../playback/playback.js';
import { AUDIO_ONLY, qualityOptions } from '../playback/quality.js';
import type { PlaybackSnapshot } from '../playback/snapshot.js';
import { useName } from './media-elements.js';
import { usePageKeys } from './page-keys.js';
import './player.css';
import { QualityButton, QualityMenu } from './quality-menu.js';
import { SoundWave } from './sound-wave.js';
import { StartOver } from './start-over.js';
import { StatsButton, StatsPanel } from './stats-panel.js';

interface FrameProps {
  title: string;
  controller: RefObject<MediaController>;
  video: RefObject<HTMLVideoElement>;
  playback: Playback | undefined;
  snapshot: PlaybackSnapshot;
  /** What the server says of the qualities, and which of them it gave up. */
  qualities: Pick<Parameters<typeof qualityOptions>[0], 'renditions' | 'dropped'>;
  isLive: boolean;
  hasSeekBar: boolean;
  /** Starts without sound and listens to no key of the page. */
  isPreview?: boolean;
  verification: Verification;
  /** Where all of it can be verified; undefined while it is on air. */
  verificationPage?: string;
  /** Beside the volume. */
  controls: ReactNode;
  /** Menus that buttons among `controls` open: they stand in the controller to open above the bar. */
  menus?: ReactNode;
  /** Shown over the picture, such as a notice. */
  children?: ReactNode;
}

/** What all players have: picture, bar, quality, statistics, and the buttons that a browser's rules ask for. */
export function Frame({ title, controller, video, playback, snapshot, qualities, isLive, hasSeekBar, isPreview = false, verification, verificationPage, controls, menus, children }: FrameProps) {
  const playerId = `player${useId().replaceAll(':', '')}`;
  const [panel, setPanel] = useState<'stats' | 'verification'>();
  const toggleStats = useCallback(() => setPanel((open) => (open === 'stats' ? undefined : 'stats')), []);
  const toggleVerification = useCallback(() => setPanel((open) => (open === 'verification' ? undefined : 'verification')), []);
  const { mark, status } = useMark(verification, video);
  useName(controller, `Player: ${title}`);
  usePageKeys(controller, { isOn: !isPreview, onStats: toggleStats });

  const options = qualityOptions({ ...qualities, levels: snapshot.renditions.map(({ name }) => name), activeLevel: snapshot.activeLevel });
  const isUnplayable = snapshot.unplayable.length > 0;
  const isSoundOnly = snapshot.quality === AUDIO_ONLY || (isUnplayable && snapshot.phase === 'playing');
  return (
    <media-controller ref={controller} class="player" data-phase={snapshot.phase} data-protocol={snapshot.protocol}
      defaultstreamtype={isLive ? 'live' : 'on-demand'} liveedgeoffset={snapshot.liveWithinSec} noautoseektolive="" hotkeys="noc no< no>">
      <video ref={video} slot="media" playsInline muted={isPreview} aria-label={title} />
      {isSoundOnly && <SoundWave title={title} isPlaying={snapshot.phase === 'playing'} />}
      {!isUnplayable && <media-loading-indicator slot="centered-chrome" noautohide="" />}
      <div slot="top-chrome" className="player-top" noautohide="">
        {children}
        {isUnplayable && <Notice level="warn">{unplayableWords(snapshot.unplayable, snapshot.phase === 'playing')}</Notice>}
        {mark.name === 'refused' && <Notice level="error">{mark.words}</Notice>}
        {panel === 'stats' && playback && (
          <StatsPanel playback={playback} activeName={snapshot.activeLevel} isLive={isLive} onClose={toggleStats} />
        )}
        {panel === 'verification' && (
          <VerificationPanel mark={mark} status={status} isWanted={verification.isWanted} onWanted={verification.setWanted}
            page={verificationPage} isLive={isLive} onClose={toggleVerification} />
        )}
      </div>
      {playback && <StartOver snapshot={snapshot} playback={playback} video={video} isPreview={isPreview} />}
      <QualityMenu playerId={playerId} options={options} selected={snapshot.quality} onSelect={(quality) => playback?.chooseQuality(quality)} />
      {menus}
      {hasSeekBar && <media-control-bar class="seek-row"><media-time-range /></media-control-bar>}
      <media-control-bar>
        <media-play-button notooltip="" />
        <media-mute-button notooltip="" />
        <media-volume-range />
        {controls}
        <span className="player-gap" />
        <QualityButton playerId={playerId} options={options} selected={snapshot.quality} />
        {!isPreview && <VerificationButton mark={mark} isOpen={panel === 'verification'} onToggle={toggleVerification} />}
        {!isPreview && <StatsButton isOpen={panel === 'stats'} onToggle={toggleStats} />}
        <media-pip-button notooltip="" />
        <media-fullscreen-button notooltip="" />
      </media-control-bar>
    </media-controller>
  );
}
