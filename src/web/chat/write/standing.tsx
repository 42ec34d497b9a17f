import { useState, type ReactNode } from 'react';
import { Link, useLocation } from 'react-router-dom';
import { useSessionState } from '../../api/context.js';
import { plainWords } from '../../api/problem.js';
import type { Follow } from '../../channel/use-follow.js';
import { Icon } from '../../controls/icons.js';
import type { ChatRoom } from '../client/chat-room.js';
import { type RoomView } from '../client/room-view.js';
import { minutesWords, waitWords } from '../text/failure-words.js';
import { Composer } from './composer.js';
import { useSecondsUntil, useServerMoment } from './use-seconds.js';

type StandingProps = Omit<Parameters<typeof Composer>[0], 'view'> & { view: RoomView; room: ChatRoom; follow: Follow };

/** The field to write in, or why there is none and what to do about it. */
export function Standing({ follow, ...composer }: StandingProps) {
  const { room, view } = composer;
  const { sanction } = view.you;
  const timeoutSec = useSecondsUntil(useServerMoment(sanction?.kind === 'timeout' ? sanction.until : undefined));
  const following = useFollowingWait(view);
  const session = useSessionState();
  // Who is signed in is nobody to the chat only until it has heard of it.
  if (view.you.user === undefined) return session.name === 'signed-out' ? <SignIn /> : <Bar>Connecting to the chat…</Bar>;
  if (sanction?.kind === 'ban') return <Bar icon="warn">You are banned from this chat.{reasonWords(sanction.reason)}</Bar>;
  if (sanction?.kind === 'timeout' && timeoutSec > 0) return <Bar icon="warn">You can write again in {waitWords(timeoutSec)}.{reasonWords(sanction.reason)}</Bar>;
  if (sanction?.kind === 'warning') return <Warning room={room} reason={sanction.reason} />;
  if (following === 'not-following') return <FollowFirst minutes={followersOnlyMin(view)} follow={follow} />;
  if (typeof following === 'number' && following > 0) return <Bar icon="heart">You follow the channel. You can write in {waitWords(following)}.</Bar>;
  return <Composer {...composer} />;
}

function Bar({ icon, children }: { icon?: 'warn' | 'heart'; children: ReactNode }) {
  return <div className="chat-bar" role="status">{icon && <Icon name={icon} />}<p>{children}</p></div>;
}

function SignIn() {
  const { pathname } = useLocation();
  return (
    <div className="chat-bar">
      <p><Link className="button primary wide" to="/login" state={{ from: pathname }}>Sign in to chat</Link></p>
    </div>
  );
}

function Warning({ room, reason }: { room: ChatRoom; reason: string }) {
  const [isBusy, setBusy] = useState(false);
  const acknowledge = async () => {
    setBusy(true);
    await room.acknowledgeWarning();
    setBusy(false);
  };
  return (
    <div className="chat-bar chat-warning" role="alert">
      <Icon name="warn" />
      <p><strong>A moderator warned you.</strong>{reasonWords(reason)}</p>
      <button type="button" className="button" disabled={isBusy} onClick={() => void acknowledge()}>I understand</button>
    </div>
  );
}

function FollowFirst({ minutes, follow }: { minutes: number; follow: Follow }) {
  return (
    <div className="chat-bar" role="status">
      <p>Only followers can write now{minutes > 0 && `, from ${minutesWords(minutes)} of following on`}.{follow.error !== undefined && ` ${plainWords(follow.error)}`}</p>
      {!follow.following?.isFollowing && <button type="button" className="button primary" disabled={follow.isBusy} onClick={follow.toggle}><Icon name="heart" /> Follow</button>}
    </div>
  );
}

const SHIELD_FOLLOW_MIN = 10;

function followersOnlyMin({ room }: RoomView): number {
  return Math.max(room?.modes.followersOnlyMin ?? -1, room?.shieldUntil === undefined ? -1 : SHIELD_FOLLOW_MIN);
}

/** Seconds until who follows may write, where only followers may. */
function useFollowingWait(view: RoomView): number | 'not-following' {
  const minutes = followersOnlyMin(view);
  const { role, followsSince } = view.you;
  const isBound = minutes >= 0 && (role === 'viewer' || role === 'follower');
  const mayFrom = isBound && followsSince !== undefined ? new Date(Date.parse(followsSince) + minutes * 60_000).toISOString() : undefined;
  const leftSec = useSecondsUntil(useServerMoment(mayFrom));
  return isBound && followsSince === undefined ? 'not-following' : leftSec;
}

function reasonWords(reason: string): string {
  return reason === '' ? '' : ` Reason: ${reason}`;
}
