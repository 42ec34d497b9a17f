import { useCallback } from 'react';
import { Link } from 'react-router-dom';
import { useApi } from '../api/context.js';
import { usePolled } from '../api/poll.js';
import { Icon } from '../controls/icons.js';
import { StoredLinks } from './stored-links.js';
import './archive.css';

/** On a recording's page: that all of it is stored outside, and where. Nothing while it is not, but the way for who manages it. */
export function StoredPermanently({ id, canManage }: { id: string; canManage: boolean }) {
  const api = useApi();
  const { value: receipts } = usePolled(useCallback((signal) => api.archive.standing(id, signal), [api, id]), { everyMs: 0 });
  if (receipts?.state !== 'stored') {
    const isOnItsWay = receipts !== undefined && receipts.state !== 'off';
    return canManage && isOnItsWay ? <ArchiveLink id={id} /> : null;
  }
  return (
    <section className="stored" aria-labelledby="stored-title">
      <h2 id="stored-title"><Icon name="shield" /> Stored permanently</h2>
      <p className="soft">{receipts.isEncrypted ? 'Encrypted, on' : 'On'} Arweave. Every file was fetched back from another server and is the same bytes.</p>
      {receipts.pathManifest && <StoredLinks pathManifest={receipts.pathManifest} />}
      <p><a href={`/api/v1/broadcasts/${id}/receipts`}>All receipts (JSON)</a></p>
      {canManage && <ArchiveLink id={id} />}
    </section>
  );
}

function ArchiveLink({ id }: { id: string }) {
  return <p><Link className="button" to={`/recordings/${id}/archive`}>Its archive</Link></p>;
}
