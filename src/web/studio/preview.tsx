import { lazy, Suspense, useState } from 'react';
import type { ChannelState, PlayableBroadcast } from '../api/contract.js';

const Player = lazy(async () => ({ default: (await import('../player/player.js')).Player }));

/** What viewers see, without sound. Closed until asked for: it costs the streamer's own downlink. */
export function Preview({ slug, title, broadcast, state }: { slug: string; title: string; broadcast: PlayableBroadcast; state: ChannelState }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="preview" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Preview, a few seconds behind</summary>
      {isOpen && (
        <Suspense fallback={<div className="stage" />}>
          <div className="stage">
            <Player key={broadcast.id} slug={slug} title={title} broadcast={broadcast} supply={state === 'live' ? 'flowing' : 'interrupted'} isPreview />
          </div>
        </Suspense>
      )}
    </details>
  );
}
