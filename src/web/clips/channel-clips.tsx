import { useCallback } from 'react';
import { Link } from 'react-router-dom';
import { useApi } from '../api/context.js';
import type { Clip } from '../api/contract.js';
import { usePolled } from '../api/poll.js';
import { Picture } from '../pictures/picture.js';
import { ago, clock } from '../words/time.js';
import './clips.css';

const LIMIT = 12;
const REFRESH_MS = 60_000;

/** The newest clips of a channel; nothing where there are none. */
export function ChannelClips({ slug }: { slug: string }) {
  const api = useApi();
  const { value: clips } = usePolled(useCallback((signal) => api.channelClips(slug, LIMIT, signal), [api, slug]), { everyMs: REFRESH_MS });
  if (clips === undefined || clips.length === 0) return null;
  return (
    <section className="recordings" aria-labelledby="clips-title">
      <h2 id="clips-title">Clips</h2>
      <ul className="cards recording-cards">
        {clips.map((clip) => <ClipCard key={clip.id} clip={clip} />)}
      </ul>
    </section>
  );
}

function ClipCard({ clip: { id, title, poster, channel, durationSec, maker, createdAt } }: { clip: Clip }) {
  return (
    <li className="card recording-card">
      <Link to={`/clips/${id}`} className="card-link">
        <div className="card-picture">
          <Picture address={poster} slug={channel.slug} />
          <span className="card-clock"><span className="visually-hidden">Length </span>{clock(durationSec)}</span>
        </div>
        <div className="card-text">
          <div>
            <h3 className="card-title">{title}</h3>
            <p className="card-channel"><span>Clip by {maker.username}</span><span>{ago(createdAt, Date.now())}</span></p>
          </div>
        </div>
      </Link>
    </li>
  );
}
