import { Link } from 'react-router-dom';
import type { Recording } from '../api/contract.js';
import { Avatar } from '../channel/cover.js';
import { MovingPreview, usePreviewing } from '../pictures/moving-preview.js';
import { Picture } from '../pictures/picture.js';
import { ago, clock } from '../words/time.js';
import './recordings.css';
import { VISIBILITY_WORDS } from './visibility-choice.js';

/** One recording in a list; all of it leads to its page. */
export function RecordingCard({ recording, hasChannel }: { recording: Recording; hasChannel: boolean }) {
  const { id, title, channel, poster, storyboard, durationSec, startedAt, visibility } = recording;
  const { isPreviewing, handlers } = usePreviewing();
  return (
    <li className="card recording-card">
      <Link to={`/recordings/${id}`} className="card-link" {...handlers}>
        <div className="card-picture">
          <Picture address={poster} slug={channel.slug} />
          {isPreviewing && <MovingPreview storyboard={storyboard} />}
          {visibility !== 'public' && <span className="recording-visibility">{VISIBILITY_WORDS[visibility].label}</span>}
          <span className="card-clock"><span className="visually-hidden">Length </span>{clock(durationSec)}</span>
        </div>
        <div className="card-text">
          {hasChannel && <Avatar slug={channel.slug} />}
          <div>
            <h3 className="card-title">{title}</h3>
            <p className="card-channel">{hasChannel && <span>{channel.slug}</span>}<span>{ago(startedAt, Date.now())}</span></p>
          </div>
        </div>
      </Link>
    </li>
  );
}

export function RecordingCards({ recordings, hasChannel = false }: { recordings: Recording[]; hasChannel?: boolean }) {
  return (
    <ul className="cards recording-cards">
      {recordings.map((recording) => <RecordingCard key={recording.id} recording={recording} hasChannel={hasChannel} />)}
    </ul>
  );
}
