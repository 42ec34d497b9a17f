import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import type { UploadWords } from './upload-words.js';

/** One file: its name, how far it is, and what can be done about it. */
export function UploadRow({ name, words, recordingId, children }: { name: string; words: UploadWords; recordingId?: string | undefined; children: ReactNode }) {
  const { text, share, isProblem } = words;
  return (
    <li className="upload">
      <div className="upload-text">
        <p className="upload-name">{name}</p>
        {share !== undefined && <progress aria-label={`Progress of ${name}`} {...(share === 'unknown' ? {} : { value: share })} />}
        <p className={isProblem ? 'upload-problem' : 'soft upload-facts'} role={isProblem ? 'alert' : undefined}>{text}</p>
      </div>
      <div className="upload-actions">
        {recordingId !== undefined && <Link className="button primary" to={`/recordings/${recordingId}`} aria-label={`Watch ${name}`}>Watch</Link>}
        {children}
      </div>
    </li>
  );
}
