import { useCallback, useMemo } from 'react';
import { Link, useParams } from 'react-router-dom';
import type { ArchiveDetails } from '../../api/archive-contract.js';
import { useApi, useSessionState } from '../../api/context.js';
import { usePolled } from '../../api/poll.js';
import { plainWords } from '../../api/problem.js';
import { Notice } from '../../controls/notice.js';
import { Empty } from '../../shell/empty.js';
import { usePageTitle } from '../../shell/page.js';
import '../archive.css';
import { DeadLetters } from '../dead-letters.js';
import { ActLog } from './act-log.js';
import { ArchiveKey } from './archive-key.js';
import { Cost } from './cost.js';
import { FileList } from './file-list.js';
import { Pins } from './pins.js';
import { Segments } from './segments.js';
import { Standing } from './standing.js';
import { timelineOf } from './timeline.js';
import { useArchive } from './use-archive.js';

/** Whose show it is; the recording itself may be gone while its archive stays. */
interface Show {
  title: string;
  slug: string;
  isManaged: boolean;
}

/** What became of one show in permanent storage, for who manages or moderates its channel. */
export function ArchivePage() {
  const id = useParams()['id'] ?? '';
  const show = useShow(id);
  usePageTitle(show ? `Archive of ${show.title}` : 'Archive');
  return show ? <Loaded key={id} id={id} show={show} /> : null;
}

function useShow(id: string): Show | undefined {
  const api = useApi();
  const state = useSessionState();
  const { value, error } = usePolled(useCallback((signal) => api.recording(id, signal), [api, id]), { everyMs: 0 });
  if (value) return { title: value.title, slug: value.channel.slug, isManaged: value.canManage };
  // The server still refuses what somebody may not do.
  return error === undefined || state.name !== 'signed-in' ? undefined : { title: 'A show without a recording', slug: state.user.username, isManaged: true };
}

function Loaded({ id, show }: { id: string; show: Show }) {
  const { archive, error, refresh } = useArchive(id);
  const timeline = useMemo(() => timelineOf(archive?.files ?? []), [archive]);
  if (!archive) return error === undefined ? <p className="soft" aria-busy="true">Asking the server …</p> : <Notice level="error">{plainWords(error)}</Notice>;
  return (
    <article data-state={archive.state}>
      <header className="archive-head">
        <h1>{show.title}</h1>
        <p className="archive-ways"><Link to={`/studio/archive/${show.slug}`}>All shows</Link> <Link to={`/recordings/${id}`}>To the recording</Link></p>
      </header>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {archive.state === 'off' && archive.log.length === 0 ? <NotArchived /> : (
        <div className="archive-columns">
          <div className="archive-column">
            <Standing archive={archive} isManaged={show.isManaged} onChanged={refresh} />
            {archive.deadLetters.length > 0 && <Failed archive={archive} onRetried={refresh} />}
            <Segments archive={archive} timeline={timeline} onChanged={refresh} />
            <FileList files={timeline.files} />
          </div>
          <div className="archive-column">
            <Cost archive={archive} />
            {archive.pins.length > 0 && <Pins pins={archive.pins} />}
            {archive.isEncrypted && archive.state !== 'erased' && show.isManaged && <ArchiveKey id={id} slug={show.slug} hasKey={archive.state !== 'holding'} onChanged={refresh} />}
            <ActLog entries={archive.log} timeline={timeline} />
          </div>
        </div>
      )}
    </article>
  );
}

function Failed({ archive: { deadLetters }, onRetried }: { archive: ArchiveDetails; onRetried: () => void }) {
  return (
    <section className="panel" aria-labelledby="failed-title">
      <h2 id="failed-title">What failed</h2>
      <DeadLetters letters={deadLetters} of="one-show" onRetried={onRetried} />
    </section>
  );
}

function NotArchived() {
  return (
    <Empty title="Not in the archive">
      <p>Nothing of this show was sent to permanent storage: the archive was off when it ended.</p>
      <p><Link className="button primary" to="/studio/archive">Archive settings</Link></p>
    </Empty>
  );
}
