import { lazy, Suspense, useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router-dom';
import { useApi } from '../api/context.js';
import type { Channel } from '../api/contract.js';
import { usePolled } from '../api/poll.js';
import { Avatar } from '../channel/cover.js';
import { FollowButton } from '../channel/follow-button.js';
import { LiveBadge, Viewers } from '../channel/live-badge.js';
import { useFollow } from '../channel/use-follow.js';
import { ChatSkeleton, PopoutButton, WithChat } from '../chat/beside.js';
import { ChannelClips } from '../clips/channel-clips.js';
import type { Playback } from '../playback/playback.js';
import { ChannelRecordings } from '../recordings/channel-recordings.js';
import { Empty } from '../shell/empty.js';
import { usePageTitle } from '../shell/page.js';
import { roughly, secondsSince } from '../words/time.js';
import { interruption, SENTENCES, Stage } from './stage.js';
import { useVisit } from './use-visit.js';
import type { Visit } from './visit.js';
import './watch.css';

const Chat = lazy(async () => ({ default: (await import('../moderation/moderated-chat.js')).ModeratedChat }));

/** The page of a channel. */
export function Watch() {
  const slug = (useParams()['slug'] ?? '').toLowerCase();
  // Another channel is another visit: nothing of the last one may stay.
  return <Channel key={slug} slug={slug} />;
}

function Channel({ slug }: { slug: string }) {
  const { visit, onDrained } = useVisit(slug);
  const channel = useChannel(slug, visit.broadcast?.id);
  const title = channel?.title ?? slug;
  const follow = useFollow(slug);
  const playback = useRef<Playback>();
  const onPlayback = useCallback((made: Playback | undefined) => { playback.current = made; }, []);
  const momentMs = useCallback(() => playback.current?.dateMs, []);
  usePageTitle(pageTitle(visit, title));

  if (visit.state === 'unknown') return <UnknownChannel slug={slug} />;
  const chat = (close: ReactNode) => (
    <Suspense fallback={<ChatSkeleton />}>
      <Chat slug={slug} follow={follow} momentMs={momentMs} head={<><PopoutButton slug={slug} />{close}</>} />
    </Suspense>
  );
  return (
    <WithChat chat={chat}>
      <article className="watch" data-state={visit.state}>
        <Stage slug={slug} title={title} visit={visit} onDrained={onDrained} onPlayback={onPlayback} />
        <StatusLine visit={visit} />
        <div className="watch-about">
          <Avatar slug={slug} />
          <div className="watch-names">
            <h1>{title}</h1>
            <p className="watch-channel">{slug}</p>
          </div>
          <OnAir visit={visit} />
          <FollowButton slug={slug} follow={follow} />
        </div>
        {channel?.description && <p className="watch-description">{channel.description}</p>}
        {visit.state !== 'loading' && <ChannelRecordings slug={slug} broadcastId={visit.broadcast?.id} />}
        {visit.state !== 'loading' && <ChannelClips slug={slug} />}
      </article>
    </WithChat>
  );
}

/** Read out with each change; seen only while something is amiss. */
function StatusLine({ visit }: { visit: Visit }) {
  const words = interruption(visit);
  return <p className={words === undefined ? 'visually-hidden' : 'watch-status'} role="status">{words ?? SENTENCES[visit.state]}</p>;
}

function OnAir({ visit }: { visit: Visit }) {
  const nowMs = useMinutes();
  if (!visit.broadcast) return null;
  const onAir = roughly(secondsSince(visit.broadcast.startedAt, nowMs));
  return (
    <p className="watch-onair">
      {visit.state === 'live' && <LiveBadge />}
      <Viewers viewers={visit.broadcast.viewers} />
      <span>{onAir === 'just now' ? 'Started just now' : `On air for ${onAir}`}</span>
    </p>
  );
}

function UnknownChannel({ slug }: { slug: string }) {
  return (
    <div data-state="unknown">
      <Empty title="No such channel">
        <p>There is no channel called “{slug}” on this server.</p>
        <p><Link className="button primary" to="/">See what is live</Link></p>
      </Empty>
    </div>
  );
}

/** Its title and description, asked again for each new broadcast: that is when streamers change them. */
function useChannel(slug: string, broadcastId: string | undefined): Channel | undefined {
  const api = useApi();
  const { value, refresh } = usePolled(useCallback((signal) => api.channel(slug, signal), [api, slug]), { everyMs: 0 });
  useEffect(() => {
    if (broadcastId !== undefined) refresh();
  }, [broadcastId, refresh]);
  return value;
}

function useMinutes(): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

function pageTitle({ state }: Visit, title: string): string {
  if (state === 'unknown') return 'No such channel';
  return state === 'live' ? `● ${title}` : title;
}
