import { lazy, Suspense, useState } from 'react';
import type { ChannelState, Latency, PlayableBroadcast } from '../api/contract.js';

const Player = lazy(async () => ({ default: (await import('../player/player.js')).Player }));

interface PreviewProps {
  slug: string;
  title: string;
  broadcast: PlayableBroadcast;
  state: ChannelState;
  latency: Latency;
}

/** What viewers see, without sound. Closed until asked for: it costs the streamer's own downlink. */
export function Preview({ slug, title, broadcast, state, latency }: PreviewProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="preview" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Preview, as viewers see it</summary>
      {isOpen && (
        <Suspense fallback={<div className="stage" />}>
          <div className="stage">
            <Player key={broadcast.id} slug={slug} title={title} broadcast={broadcast} supply={state === 'live' ? 'flowing' : 'interrupted'} channelLatency={latency} isPreview />
          </div>
        </Suspense>
      )}
    </details>
  );
}
