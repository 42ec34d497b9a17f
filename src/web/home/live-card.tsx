import { Link } from 'react-router-dom';
import type { LiveBroadcast } from '../api/contract.js';
import { Avatar } from '../channel/cover.js';
import { LiveBadge, Viewers } from '../channel/live-badge.js';
import { LivePicture } from '../pictures/picture.js';
import { clock, secondsSince } from '../words/time.js';

/** One broadcast on the home page; all of it leads to the channel. */
export function LiveCard({ broadcast, nowMs, isFirst }: { broadcast: LiveBroadcast; nowMs: number; isFirst: boolean }) {
  const { channel, startedAt, viewers, thumbnail } = broadcast;
  return (
    <li className="card" data-first={isFirst}>
      <Link to={`/${channel.slug}`} className="card-link">
        <div className="card-picture">
          <LivePicture address={thumbnail} slug={channel.slug} />
          <LiveBadge />
          <span className="card-clock" title="On air for">{clock(secondsSince(startedAt, nowMs))}</span>
        </div>
        <div className="card-text">
          <Avatar slug={channel.slug} />
          <div>
            <h2 className="card-title">{channel.title}</h2>
            <p className="card-channel">{channel.slug} <Viewers viewers={viewers} /></p>
          </div>
        </div>
      </Link>
    </li>
  );
}

/** Holds the place of cards until the first answer. */
export function CardSkeletons() {
  return (
    <ul className="cards" aria-hidden="true">
      {[0, 1, 2].map((card) => (
        <li key={card} className="card skeleton">
          <div className="card-picture" />
          <div className="card-text"><span className="skeleton-line" /></div>
        </li>
      ))}
    </ul>
  );
}
