import { useCallback } from 'react';
import { Link } from 'react-router-dom';
import { useApi, useSessionState } from '../api/context.js';
import { usePolled } from '../api/poll.js';
import { Empty } from '../shell/empty.js';

/** The home page of a quiet server: says what the next step is, for whoever reads it. */
export function NothingLive() {
  const api = useApi();
  const state = useSessionState();
  const { value: server } = usePolled(useCallback((signal) => api.server(signal), [api]), { everyMs: 0 });

  if (server?.hasAccounts === false) {
    return (
      <Empty title="A new shore">
        <p>This server runs, and nobody lives here yet. Create the first account: it becomes the admin.</p>
        <p><Link className="button primary" to="/register">Create the first account</Link></p>
      </Empty>
    );
  }
  if (state.name === 'signed-in') {
    return (
      <Empty title="The water is calm">
        <p>Nobody is live. It could be you: the studio has the address and the key for OBS or any other encoder.</p>
        <p><Link className="button primary" to="/studio">Open the studio</Link></p>
      </Empty>
    );
  }
  return (
    <Empty title="The water is calm">
      <p>Nobody is live. This page looks again every few seconds, so you can leave it open.</p>
      <p>
        <Link className="button" to="/login">Sign in to stream</Link>
      </p>
    </Empty>
  );
}
