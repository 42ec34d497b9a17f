import { useState } from 'react';
import type { ArchiveDetails } from '../../api/archive-contract.js';
import { useApi } from '../../api/context.js';
import { asSentence } from '../../api/problem.js';
import { Confirm } from '../../controls/confirm.js';
import { Notice } from '../../controls/notice.js';
import { useChange } from '../../controls/use-change.js';
import { ago } from '../../words/time.js';
import { ARCHIVE_WORDS, CHECKED_WORDS, CUT_SHORT_WORDS, isSent } from '../state-words.js';
import { StoredLinks } from '../stored-links.js';
import { HoldCountdown } from '../veto/hold-countdown.js';
import { checkedAt, checkedOf, isBeingChecked, storedOf } from './progress.js';

interface StandingProps {
  archive: ArchiveDetails;
  /** Whether who looks at it may send it now. */
  isManaged: boolean;
  onChanged: () => void;
}

/** Where a show stands, how far it is, and what can be done about it now. */
export function Standing({ archive, isManaged, onChanged }: StandingProps) {
  const { broadcast, state, reason, holdUntil, pathManifest, files } = archive;
  const { label, level, text } = wordsOf(archive);
  const checked = checkedAt(files);
  return (
    <section className="panel standing" aria-labelledby="standing-title">
      <h2 id="standing-title">{label}</h2>
      <p>{text}</p>
      {reason !== null && <Notice level={level === 'ok' ? 'info' : level}>{asSentence(reason)}</Notice>}
      {state === 'holding' && holdUntil !== null && <HoldCountdown until={holdUntil} onOver={onChanged} />}
      {(state === 'storing' || state === 'failed') && <HowFar archive={archive} />}
      {state === 'stored' && checked !== undefined && <p className="soft">Last checked <time dateTime={checked}>{ago(checked, Date.now())}</time>.</p>}
      {pathManifest && state === 'stored' && <StoredLinks pathManifest={pathManifest} />}
      <div className="standing-actions">
        {state === 'holding' && isManaged && <ReleaseButton id={broadcast} onReleased={onChanged} />}
        {state === 'stored' && <VerifyButton id={broadcast} onAsked={onChanged} />}
      </div>
    </section>
  );
}

function wordsOf(archive: ArchiveDetails) {
  if (isBeingChecked(archive)) return CHECKED_WORDS;
  return archive.state === 'vetoed' && archive.files.some(isSent) ? CUT_SHORT_WORDS : ARCHIVE_WORDS[archive.state];
}

/** What is verified has its old receipts meanwhile: then only the new ones count. */
function HowFar({ archive }: { archive: ArchiveDetails }) {
  const checked = checkedOf(archive);
  const { done, of } = checked ?? storedOf(archive.files);
  return (
    <div className="how-far">
      <progress aria-label={checked ? 'Fetched back again' : 'Stored'} max={Math.max(1, of)} value={done} />
      <p className="soft">{done.toLocaleString('en')} of {of.toLocaleString('en')} files {checked ? 'were fetched back again' : 'are stored'}.</p>
    </div>
  );
}

function ReleaseButton({ id, onReleased }: { id: string; onReleased: () => void }) {
  const api = useApi();
  const [isAsking, setAsking] = useState(false);
  const release = async () => {
    await api.archive.release(id);
    onReleased();
  };
  return (
    <>
      <button type="button" className="button" onClick={() => setAsking(true)}>Store it now</button>
      {isAsking && (
        <Confirm title="Store this show now?" text="It is sent without waiting any longer. From then on nothing can keep it out, and nobody can take it back."
          action="Store it now" onConfirm={release} onClose={() => setAsking(false)} />
      )}
    </>
  );
}

/** What is fetched back counts as stored no more until it was. */
function VerifyButton({ id, onAsked }: { id: string; onAsked: () => void }) {
  const api = useApi();
  const { isBusy, error, change } = useChange();
  const verify = () => change(async () => {
    await api.archive.verify(id);
    onAsked();
  });
  return (
    <>
      <button type="button" className="button" disabled={isBusy} onClick={() => void verify()}>Verify now</button>
      {error !== undefined && <Notice level="error">{error}</Notice>}
    </>
  );
}
