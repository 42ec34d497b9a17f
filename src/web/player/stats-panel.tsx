import { useEffect, useState } from 'react';
import { bitrate, seconds } from '../words/figures.js';
import type { Playback, PlaybackFigures } from '../playback/playback.js';

/** What a viewer reads out to whoever runs the server: latency, buffer, level, losses. */
export function StatsPanel({ playback, activeName, onClose }: { playback: Playback; activeName: string | undefined; onClose: () => void }) {
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
        {statsRows(figures, activeName).map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd data-stat={term.toLowerCase()}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function statsRows(figures: PlaybackFigures, activeName: string | undefined): [string, string][] {
  const size = figures.width > 0 ? `${figures.width}×${figures.height}` : 'no picture';
  const level = [activeName, size, figures.levelKbps && bitrate(figures.levelKbps)].filter(Boolean).join(' · ');
  return [
    ['Latency', figures.latencySec === undefined ? 'unknown' : `${figures.latencySec.toFixed(2)} s`],
    ['Target', figures.targetSec === undefined ? 'unknown' : `${figures.targetSec.toFixed(1)} s from the edge, at speed ${figures.rate.toFixed(2)}`],
    ['Buffer', `${figures.bufferSec.toFixed(1)} s`],
    ['Level', level],
    ['Codecs', figures.codecs ?? 'unknown'],
    ['Bandwidth', figures.bandwidthKbps === undefined ? 'unknown' : bitrate(figures.bandwidthKbps)],
    ['Frames', `${figures.shownFrames} shown, ${figures.droppedFrames} dropped`],
    ['Stalls', figures.stalls === 0 ? 'none' : `${figures.stalls}, ${seconds(figures.stalledSec)} in all`],
  ];
}
