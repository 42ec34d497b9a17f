import { useCallback } from 'react';
import { Link } from 'react-router-dom';
import type { ArchiveSummary } from '../../api/archive-contract.js';
import { useApi } from '../../api/context.js';
import { usePolled } from '../../api/poll.js';
import { asSentence, plainWords } from '../../api/problem.js';
import { Notice } from '../../controls/notice.js';
import { count, fileSize } from '../../words/figures.js';
import { day } from '../../words/time.js';
import { amount } from '../../words/winston.js';
import { ARCHIVE_WORDS } from '../state-words.js';

const REFRESH_MS = 10_000;

/** Each show that is in the archive or on its way, the newest first. */
export function ArchiveList({ slug, isOn }: { slug: string; isOn: boolean }) {
  const api = useApi();
  const { value: archives, error } = usePolled(useCallback((signal) => api.archive.archives(slug, signal), [api, slug]), { everyMs: REFRESH_MS });
  return (
    <section className="panel" aria-labelledby="archives-title" aria-busy={archives === undefined && error === undefined}>
      <h2 id="archives-title">Shows</h2>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {archives?.length === 0 && <p className="soft">{isOn ? 'None yet. The next show that is recorded comes here when it is over.' : 'None. Nothing is stored while the archive is off.'}</p>}
      {archives && archives.length > 0 && (
        <ul className="archives">
          {archives.map((archive) => <Row key={archive.broadcast} archive={archive} />)}
        </ul>
      )}
    </section>
  );
}

function Row({ archive }: { archive: ArchiveSummary }) {
  const { broadcast, state, reason, files, filesStored, deadLetters } = archive;
  const title = archive.title === '' ? 'A show without a recording' : archive.title;
  const { label, level } = ARCHIVE_WORDS[state];
  return (
    <li className="archived" data-state={state}>
      <p className="archived-title"><Link to={`/recordings/${broadcast}/archive`}>{title}</Link></p>
      <p className="badge" data-level={level}>{label}</p>
      {state === 'storing' && <progress aria-label={`How much of ${title} is stored`} max={Math.max(1, files)} value={filesStored} />}
      <p className="soft archived-facts">{factsOf(archive).map((fact) => <span key={fact}>{fact}</span>)}</p>
      {reason !== null && <p className="archived-reason">{asSentence(reason)}</p>}
      {deadLetters > 0 && <p className="archived-trouble">{count(deadLetters, 'step')} failed and {deadLetters === 1 ? 'waits' : 'wait'} for you.</p>}
    </li>
  );
}

function factsOf({ startedAt, files, filesStored, sizeBytes, spentWinston, isEncrypted }: ArchiveSummary): string[] {
  const stored = files === 0 ? [] : [`${filesStored.toLocaleString('en')} of ${count(files, 'file')} stored`];
  return [day(startedAt), ...stored, fileSize(sizeBytes), ...(spentWinston === '0' ? [] : [amount(spentWinston)]), ...(isEncrypted ? ['encrypted'] : [])];
}
