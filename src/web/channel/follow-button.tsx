import { Link, useLocation } from 'react-router-dom';
import { useSessionState } from '../api/context.js';
import { plainWords } from '../api/problem.js';
import { Icon } from '../controls/icons.js';
import { count } from '../words/figures.js';
import type { Follow } from './use-follow.js';

/** Follows a channel, or stops; who is not signed in is led there and back. The channel's own owner sees the number only. */
export function FollowButton({ slug, follow }: { slug: string; follow: Follow }) {
  const session = useSessionState();
  const isOwn = session.name === 'signed-in' && session.user.username === slug;
  const { following } = follow;
  if (following === undefined) return null;
  return (
    <div className="follow">
      {!isOwn && (session.name === 'signed-in' ? <Toggle follow={follow} /> : <SignInToFollow />)}
      <span className="follow-count">{count(following.followers, 'follower')}</span>
      {follow.error !== undefined && <span className="field-error" role="alert">{plainWords(follow.error)}</span>}
    </div>
  );
}

function Toggle({ follow: { following, isBusy, toggle } }: { follow: Follow }) {
  const isFollowing = following?.isFollowing === true;
  return (
    <button type="button" className={isFollowing ? 'button' : 'button primary'} aria-pressed={isFollowing} disabled={isBusy} onClick={toggle}>
      <Icon name={isFollowing ? 'check' : 'heart'} /> {isFollowing ? 'Following' : 'Follow'}
    </button>
  );
}

function SignInToFollow() {
  const { pathname } = useLocation();
  return <Link className="button primary" to="/login" state={{ from: pathname }}><Icon name="heart" /> Follow</Link>;
}
