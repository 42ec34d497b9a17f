import type { ChannelLive, Latency, PlayableBroadcast } from '../api/contract.js';
import type { Supply } from '../playback/recovery.js';

export type WatchState =
  | 'loading'
  /** The server has not answered yet and cannot be reached. */
  | 'unreachable'
  /** There is no such channel. */
  | 'unknown'
  | 'offline'
  | 'starting'
  | 'live'
  | 'reconnecting'
  /** What this viewer watched is over. */
  | 'ended';

/** What a viewer's page shows, as a function of everything that happened during the visit. */
export interface Visit {
  state: WatchState;
  /** What the player plays; it stays through reconnects and until the last second was seen. */
  broadcast: PlayableBroadcast | undefined;
  supply: Supply;
  /** What the channel asks for. */
  latency: Latency;
  /** The last question went unanswered; the picture may well play on. */
  isOutOfTouch: boolean;
}

export type VisitEvent =
  | { type: 'answered'; live: ChannelLive }
  | { type: 'unknown' }
  | { type: 'unanswered' }
  /** Everything that was sent has been played. */
  | { type: 'drained' };

export const NEW_VISIT: Visit = { state: 'loading', broadcast: undefined, supply: 'flowing', latency: 'balanced', isOutOfTouch: false };

/** The visit after an event. */
export function visitAfter(visit: Visit, event: VisitEvent): Visit {
  switch (event.type) {
    case 'unknown':
      return { ...NEW_VISIT, state: 'unknown' };
    case 'unanswered':
      return { ...visit, state: visit.state === 'loading' ? 'unreachable' : visit.state, isOutOfTouch: true };
    case 'drained':
      return visit.supply === 'finished' ? { ...visit, state: 'ended', broadcast: undefined } : visit;
    case 'answered':
      return { ...afterAnswer(visit, event.live), latency: event.live.latency, isOutOfTouch: false };
  }
}

function afterAnswer(visit: Visit, live: ChannelLive): Visit {
  const broadcast = live.broadcast ?? visit.broadcast;
  switch (live.state) {
    case 'live':
      return { ...visit, state: 'live', broadcast, supply: 'flowing' };
    case 'reconnecting':
      return { ...visit, state: 'reconnecting', broadcast, supply: 'interrupted' };
    case 'starting':
      return afterStarting(visit, live);
    default: // offline, and whatever a newer server may say that has nothing to play
      return afterOffline(visit);
  }
}

/** A broadcast that comes back goes on in the same player; a new one has nothing to play yet. */
function afterStarting(visit: Visit, live: ChannelLive): Visit {
  const isSame = visit.broadcast !== undefined && visit.broadcast.id === live.broadcast?.id;
  return { ...visit, state: 'starting', broadcast: isSame ? live.broadcast : undefined, supply: 'interrupted' };
}

/** The player plays what it has; `drained` ends the visit's show then. */
function afterOffline(visit: Visit): Visit {
  if (visit.broadcast) return { ...visit, supply: 'finished' };
  return { ...visit, state: visit.state === 'ended' ? 'ended' : 'offline' };
}
