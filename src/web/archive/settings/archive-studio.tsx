import { useCallback } from 'react';
import { Link, useParams } from 'react-router-dom';
import { useApi, useSessionState } from '../../api/context.js';
import { usePolled } from '../../api/poll.js';
import { plainWords } from '../../api/problem.js';
import { Notice } from '../../controls/notice.js';
import { usePageTitle } from '../../shell/page.js';
import '../archive.css';
import { ArchiveList } from './archive-list.js';
import { Consent } from './consent.js';
import { Meaning } from './meaning.js';

/** What of a channel is stored for good: whether its owner wants that, and what became of each show. */
export function ArchiveStudio() {
  usePageTitle('Archive');
  const state = useSessionState();
  const slug = useParams()['slug'];
  if (state.name !== 'signed-in') return null;
  const { username } = state.user;
  return <ChannelArchive key={slug} slug={slug ?? username} isOwn={slug === undefined || slug === username} />;
}

function ChannelArchive({ slug, isOwn }: { slug: string; isOwn: boolean }) {
  const api = useApi();
  const { value: settings, error, replace } = usePolled(useCallback((signal) => api.archive.settings(slug, signal), [api, slug]), { everyMs: 0 });
  return (
    <>
      <header className="archive-head">
        <h1>{isOwn ? 'Archive' : `Archive of ${slug}`}</h1>
        <p>{isOwn ? <Link to="/studio">Back to the studio</Link> : <Link to={`/${slug}`}>To the channel</Link>}</p>
      </header>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {settings && (
        <div className="archive-columns">
          <div className="archive-column">
            <ArchiveList slug={slug} isOn={settings.isOn} />
            <Meaning />
          </div>
          {isOwn && <div className="archive-column"><Consent slug={slug} settings={settings} onChanged={replace} /></div>}
        </div>
      )}
    </>
  );
}
