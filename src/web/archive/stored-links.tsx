import type { Receipts } from '../api/archive-contract.js';
import { hostOf } from '../words/host.js';

/** Where a show plays without this server. */
export function StoredLinks({ pathManifest }: { pathManifest: NonNullable<Receipts['pathManifest']> }) {
  return (
    <div className="stored-links">
      <p>It plays without this server, in any player of HLS:</p>
      <ul>
        {pathManifest.urls.map((url) => <li key={url}><a href={url}>{hostOf(url)}</a></li>)}
      </ul>
    </div>
  );
}
