import { useState } from 'react';
import { Link } from 'react-router-dom';
import type { Recording } from '../api/contract.js';
import { plainWords } from '../api/problem.js';
import { Icon } from '../controls/icons.js';
import { Notice } from '../controls/notice.js';
import { Picture } from '../pictures/picture.js';
import { fileSize } from '../words/figures.js';
import { ago, clock } from '../words/time.js';
import { MoreButton } from './channel-recordings.js';
import { DeleteRecording, KeepButton } from './recording-actions.js';
import './recordings.css';
import { useRecordings } from './use-recordings.js';
import { VISIBILITY_WORDS } from './visibility-choice.js';

/** The streamer's own recordings, with what can be done to each. */
export function OwnRecordings({ slug }: { slug: string }) {
  const { recordings, error, showMore, replace } = useRecordings(slug);
  const [deleting, setDeleting] = useState<Recording>();
  return (
    <section className="panel" aria-labelledby="own-recordings-title" aria-busy={recordings === undefined && error === undefined}>
      <h2 id="own-recordings-title">Your recordings</h2>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {recordings?.length === 0 && <p className="soft">None yet. A show appears here when it is over, if it was recorded.</p>}
      {recordings && recordings.length > 0 && (
        <ul className="own-recordings">
          {recordings.map((recording) => (
            <Row key={recording.id} recording={recording} onChanged={(changed) => replace(recording.id, changed)} onDelete={() => setDeleting(recording)} />
          ))}
        </ul>
      )}
      {showMore && <MoreButton onMore={showMore} />}
      {deleting && <DeleteRecording recording={deleting} onDeleted={() => replace(deleting.id)} onClose={() => setDeleting(undefined)} />}
    </section>
  );
}

function Row({ recording, onChanged, onDelete }: { recording: Recording; onChanged: (changed: Recording) => void; onDelete: () => void }) {
  const { id, title, poster, channel, download, state } = recording;
  return (
    <li className="own-recording">
      <Link to={`/recordings/${id}`} className="own-recording-picture" tabIndex={-1} aria-hidden="true"><Picture address={poster} slug={channel.slug} /></Link>
      <div className="own-recording-text">
        <p className="own-recording-title"><Link to={`/recordings/${id}`}>{title}</Link></p>
        <p className="soft own-recording-facts">{factsOf(recording).map((fact) => <span key={fact}>{fact}</span>)}</p>
        {state === 'incomplete' && <p className="own-recording-warning">Parts of it could not be recorded.</p>}
      </div>
      <div className="own-recording-actions">
        <KeepButton recording={recording} onChanged={onChanged} />
        <a className="button" href={download} download aria-label={`Download ${title}`} title="Download"><Icon name="download" /></a>
        <button type="button" className="button danger" onClick={onDelete} aria-label={`Delete ${title}`}>Delete</button>
      </div>
    </li>
  );
}

function factsOf({ durationSec, sizeBytes, startedAt, visibility }: Recording): string[] {
  const size = sizeBytes === undefined ? [] : [fileSize(sizeBytes)];
  return [VISIBILITY_WORDS[visibility].label, clock(durationSec), ...size, ago(startedAt, Date.now())];
}
