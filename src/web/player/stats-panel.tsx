import { useEffect, useState } from 'react';
import { Icon } from '../controls/icons.js';
import { bitrate, frameRate, seconds } from '../words/figures.js';
import type { Playback } from '../playback/playback.js';
import type { PlaybackFigures } from '../playback/snapshot.js';

/** What a viewer reads out to whoever runs the server: latency, buffer, level, losses. */
export function StatsPanel({ playback, activeName, isLive, onClose }: {
  playback: Playback; activeName: string | undefined; isLive: boolean; onClose: () => void;
}) {
  const [figures, setFigures] = useState(playback.figures);
  useEffect(() => {
    setFigures(playback.figures);
    const timer = setInterval(() => setFigures(playback.figures), 500);
    return () => clearInterval(timer);
  }, [playback]);

  return (
    <section className="stats" aria-label="Playback statistics">
      <header>
        <h2>Statistics</h2>
        <button type="button" className="stats-close" onClick={onClose} aria-label="Close statistics">×</button>
      </header>
      <dl>
        {statsRows(figures, activeName).filter(([term]) => isLive || !LIVE_ONLY.includes(term)).map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd data-stat={term.toLowerCase()}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Opens and closes the panel. */
export function StatsButton({ isOpen, onToggle }: { isOpen: boolean; onToggle: () => void }) {
  return (
    <button type="button" className="player-button stats-button" aria-pressed={isOpen} onClick={onToggle} title="Statistics (i)" aria-label="Statistics">
      <Icon name="gauge" />
    </button>
  );
}

/** What a recording has none of. */
const LIVE_ONLY = ['Latency', 'Target'];

function statsRows(figures: PlaybackFigures, activeName: string | undefined): [string, string][] {
  const size = figures.width > 0 ? `${figures.width}×${figures.height}` : 'no picture';
  const pace = figures.fps === undefined ? undefined : `${frameRate(figures.fps)} fps`;
  const level = [activeName, size, pace, figures.levelKbps && bitrate(figures.levelKbps)].filter(Boolean).join(' · ');
  return [
    ['Protocol', figures.protocol],
    ['Latency', figures.latencySec === undefined ? 'unknown' : `${figures.latencySec.toFixed(2)} s`],
    ...(figures.protocol === 'WebRTC' ? networkRows(figures) : bufferRows(figures)),
    ['Level', level],
    ['Codecs', figures.codecs ?? 'unknown'],
    ['Frames', `${figures.shownFrames} shown, ${figures.droppedFrames} dropped`],
    ['Stalls', figures.stalls === 0 ? 'none' : `${figures.stalls}, ${seconds(figures.stalledSec)} in all`],
  ];
}

function bufferRows(figures: PlaybackFigures): [string, string][] {
  return [
    ['Target', figures.targetSec === undefined ? 'unknown' : `${figures.targetSec.toFixed(1)} s from the edge, at speed ${figures.rate.toFixed(2)}`],
    ['Buffer', `${figures.bufferSec.toFixed(1)} s`],
    ['Bandwidth', figures.bandwidthKbps === undefined ? 'unknown' : bitrate(figures.bandwidthKbps)],
  ];
}

function networkRows({ lossShare, jitterBufferSec }: PlaybackFigures): [string, string][] {
  return [
    ['Jitter', jitterBufferSec === undefined ? 'unknown' : `${Math.round(jitterBufferSec * 1000)} ms buffered against it`],
    ['Loss', lossShare === undefined ? 'unknown' : `${(lossShare * 100).toFixed(1)} % of packets`],
  ];
}
