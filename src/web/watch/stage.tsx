import { lazy, Suspense } from 'react';
import { Cover } from '../channel/cover.js';
import type { PlayerProps } from '../player/player.js';
import type { Visit, WatchState } from './visit.js';

// hls.js and the controls are larger than all the rest: they come when there is something to play.
const Player = lazy(async () => ({ default: (await import('../player/player.js')).Player }));

/** The place of the picture: the player, or why there is none. */
export function Stage({ slug, title, visit, onDrained, onPlayback }: { slug: string; title: string; visit: Visit } & Required<Pick<PlayerProps, 'onDrained' | 'onPlayback'>>) {
  const { broadcast, state, supply, latency } = visit;
  if (!broadcast) return <Waiting slug={slug} state={state} />;
  return (
    <div className="stage">
      <Suspense fallback={<Waiting slug={slug} state="loading" />}>
        <Player key={broadcast.id} slug={slug} title={title} broadcast={broadcast} supply={supply} channelLatency={latency} onDrained={onDrained} onPlayback={onPlayback} />
      </Suspense>
    </div>
  );
}

/** What is shown below the picture while it is not the show's; undefined when all is well. The server covers the gap in the picture itself. */
export function interruption({ broadcast, state, isOutOfTouch }: Visit): string | undefined {
  if (!broadcast) return undefined;
  if (state === 'reconnecting') return SENTENCES.reconnecting;
  if (state === 'starting') return 'The streamer is back. The picture follows in a moment.';
  return isOutOfTouch ? 'The server does not answer. This page keeps trying.' : undefined;
}

function Waiting({ slug, state }: { slug: string; state: WatchState }) {
  const words = WAITING[state];
  return (
    <div className="stage stage-waiting" data-busy={state === 'loading' || state === 'starting'}>
      <Cover slug={slug} />
      {words && (
        <div className="stage-words">
          <p className="stage-title">{words.title}</p>
          <p>{words.text}</p>
        </div>
      )}
    </div>
  );
}

const WAITING: Partial<Record<WatchState, { title: string; text: string }>> = {
  offline: { title: 'Offline', text: 'The show starts here by itself when they go live.' },
  starting: { title: 'About to start', text: 'The streamer is connected. The picture follows in a moment.' },
  reconnecting: { title: 'Connection lost', text: 'Waiting for the streamer to come back.' },
  ended: { title: 'That was it', text: 'The stream has ended. If they go live again, it plays here by itself.' },
  unreachable: { title: 'No answer', text: 'The server cannot be reached. This page keeps trying.' },
};

/** What is read out when the state changes. */
export const SENTENCES: Record<WatchState, string> = {
  loading: '',
  unreachable: 'The server cannot be reached. This page keeps trying.',
  unknown: 'There is no such channel.',
  offline: 'The channel is offline.',
  starting: 'The stream is about to start.',
  live: 'The stream is live.',
  reconnecting: 'The streamer’s connection was lost. The show goes on when it is back.',
  ended: 'The stream has ended.',
};
