import t from 'tap';
import type { ChannelLive, ChannelState, PlayableBroadcast } from '../../src/web/api/contract.js';
import { NEW_VISIT, visitAfter, type Visit, type VisitEvent } from '../../src/web/watch/visit.js';

const broadcast = (id: string): PlayableBroadcast =>
  ({ id, startedAt: '2026-03-01T12:00:00Z', viewers: 1, playback: { hls: '/hls/ada/master.m3u8' }, renditions: [], droppedRenditions: [] });

const answered = (state: ChannelState, id?: string): VisitEvent => {
  const live: ChannelLive = id === undefined ? { state, latency: 'balanced' } : { state, latency: 'balanced', broadcast: broadcast(id) };
  return { type: 'answered', live };
};

/** What the page shows after each event: its state, the broadcast in the player, what the player may expect. */
function story(...events: VisitEvent[]): string[] {
  let visit: Visit = NEW_VISIT;
  return events.map((event) => {
    visit = visitAfter(visit, event);
    return [visit.state, visit.broadcast && `plays ${visit.broadcast.id} ${visit.supply}`, visit.isOutOfTouch && 'out of touch'].filter(Boolean).join(', ');
  });
}

t.test('waits, plays, ends, waits for the next one', async (t) => {
  t.same(story(
    answered('offline'), answered('starting', 'b1'), answered('live', 'b1'), answered('offline'), { type: 'drained' }, answered('offline'),
    answered('starting', 'b2'), answered('live', 'b2'),
  ), [
    'offline', 'starting', 'live, plays b1 flowing', 'live, plays b1 finished', 'ended', 'ended',
    'starting', 'live, plays b2 flowing',
  ]);
});

t.test('a reconnect keeps the player', async (t) => {
  t.same(story(answered('live', 'b1'), answered('reconnecting', 'b1'), { type: 'drained' }, answered('starting', 'b1'), answered('live', 'b1')), [
    'live, plays b1 flowing', 'reconnecting, plays b1 interrupted', 'reconnecting, plays b1 interrupted',
    'starting, plays b1 interrupted', 'live, plays b1 flowing',
  ]);
});

t.test('another broadcast takes the place of a lost one', async (t) => {
  t.same(story(answered('reconnecting', 'b1'), answered('starting', 'b2'), answered('live', 'b2')), [
    'reconnecting, plays b1 interrupted', 'starting', 'live, plays b2 flowing',
  ]);
});

t.test('a silent server stops no picture', async (t) => {
  t.same(story({ type: 'unanswered' }, answered('live', 'b1'), { type: 'unanswered' }, answered('live', 'b1')), [
    'unreachable, out of touch', 'live, plays b1 flowing', 'live, plays b1 flowing, out of touch', 'live, plays b1 flowing',
  ]);
});

t.test('the streamer changes the latency while the show is on', async (t) => {
  const live: ChannelLive = { state: 'live', latency: 'ultra-low', broadcast: broadcast('b1') };
  const first = visitAfter(NEW_VISIT, { type: 'answered', live });
  t.equal(first.latency, 'ultra-low');
  const next = visitAfter(first, { type: 'answered', live: { ...live, latency: 'stable' } });
  t.same([next.latency, next.broadcast?.id], ['stable', 'b1']);
  t.equal(visitAfter(next, { type: 'unanswered' }).latency, 'stable');
});

t.test('a channel that does not exist, or no longer', async (t) => {
  t.same(story({ type: 'unknown' }), ['unknown']);
  t.equal(story(answered('live', 'b1'), { type: 'unknown' }).at(-1), 'unknown');
});
