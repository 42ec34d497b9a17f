import { useState } from 'react';
import type { ArchiveDetails } from '../../api/archive-contract.js';
import { useApi } from '../../api/context.js';
import { asSentence } from '../../api/problem.js';
import { Confirm } from '../../controls/confirm.js';
import { Notice } from '../../controls/notice.js';
import { useChange } from '../../controls/use-change.js';
import { ARCHIVE_WORDS } from '../state-words.js';
import { StoredLinks } from '../stored-links.js';
import { HoldCountdown } from '../veto/hold-countdown.js';
import { storedOf, type Progress } from './progress.js';

interface StandingProps {
  archive: ArchiveDetails;
  /** Whether who looks at it may send it now. */
  isManaged: boolean;
  /** How far a verification is that was asked for here. */
  verified: Progress | undefined;
  isVerifying: boolean;
  verify: () => Promise<void>;
  onChanged: () => void;
}

/** Where a show stands, how far it is, and what can be done about it now. */
export function Standing({ archive, isManaged, verified, isVerifying, verify, onChanged }: StandingProps) {
  const { state, reason, holdUntil, pathManifest, files } = archive;
  const { label, level, text } = ARCHIVE_WORDS[state];
  return (
    <section className="panel standing" aria-labelledby="standing-title" data-level={level}>
      <h2 id="standing-title">{label}</h2>
      <p>{text}</p>
      {reason !== null && <Notice level={level === 'ok' ? 'info' : level}>{asSentence(reason)}</Notice>}
      {state === 'holding' && holdUntil !== null && <HoldCountdown until={holdUntil} onOver={onChanged} />}
      {(state === 'storing' || state === 'failed') && <HowFar name="Stored" progress={storedOf(files)} />}
      {verified && <Verified progress={verified} />}
      {pathManifest && <StoredLinks pathManifest={pathManifest} />}
      <div className="standing-actions">
        {state === 'holding' && isManaged && <ReleaseButton id={archive.broadcast} onReleased={onChanged} />}
        {files.some(({ receipt }) => receipt !== null) && <VerifyButton isVerifying={isVerifying} verify={verify} />}
      </div>
    </section>
  );
}

function HowFar({ name, progress: { done, of } }: { name: string; progress: Progress }) {
  return (
    <div className="how-far">
      <progress aria-label={name} max={Math.max(1, of)} value={done} />
      <p className="soft">{name}: {done.toLocaleString('en')} of {of.toLocaleString('en')} files</p>
    </div>
  );
}

function Verified({ progress }: { progress: Progress }) {
  return progress.done < progress.of
    ? <HowFar name="Fetched back and compared" progress={progress} />
    : <Notice level="ok">All {progress.of.toLocaleString('en')} files were fetched back just now, and are the same bytes.</Notice>;
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

function VerifyButton({ isVerifying, verify }: { isVerifying: boolean; verify: () => Promise<void> }) {
  const { isBusy, error, change } = useChange();
  return (
    <>
      <button type="button" className="button" disabled={isVerifying || isBusy} onClick={() => void change(verify)}>Verify now</button>
      {error !== undefined && <Notice level="error">{error}</Notice>}
    </>
  );
}
