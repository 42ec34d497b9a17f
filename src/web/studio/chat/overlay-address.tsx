import { useCallback, useState } from 'react';
import type { ChatSettingsApi } from '../../api/chat-settings.js';
import { usePolled } from '../../api/poll.js';
import { plainWords } from '../../api/problem.js';
import { Confirm } from '../../controls/confirm.js';
import { Notice } from '../../controls/notice.js';
import { ago } from '../../words/time.js';
import { ShownOnce } from './shown-once.js';
import { useChange } from '../../controls/use-change.js';

/** The address of the chat for OBS: it reads, and can do nothing else. */
export function OverlayAddress({ api }: { api: ChatSettingsApi }) {
  const { value: madeAt, error: loadError, replace } = usePolled(useCallback((signal) => api.overlayMadeAt(signal), [api]), { everyMs: 0 });
  const [fresh, setFresh] = useState<string>();
  const [isAsking, setAsking] = useState(false);
  const { isBusy, error, change } = useChange();

  const renew = async () => {
    setFresh(new URL(await api.renewOverlay(), window.location.href).href);
    replace(new Date().toISOString());
  };

  return (
    <section className="panel overlay-address" aria-labelledby="overlay-title" aria-busy={isBusy}>
      <h2 id="overlay-title">Chat in the picture</h2>
      <p className="soft">Add this address to OBS as a browser source. Its background is transparent, and it only reads.</p>
      {loadError !== undefined && <Notice level="error">{plainWords(loadError)}</Notice>}
      {error !== undefined && <Notice level="error">{error}</Notice>}
      {fresh !== undefined && <ShownOnce what="Overlay address" secret={fresh} onDone={() => setFresh(undefined)}>Whoever has this address reads your chat.</ShownOnce>}
      {typeof madeAt === 'string' && fresh === undefined && <p>There is an address, made {ago(madeAt, Date.now())}. If you have lost it, make a new one.</p>}
      <button type="button" className="button" disabled={isBusy || madeAt === undefined} onClick={() => (madeAt === null ? void change(renew) : setAsking(true))}>
        {madeAt === null ? 'Make an address' : 'Make a new address'}
      </button>
      {isAsking && (
        <Confirm title="Make a new address?" text="The old one ends at once: set the new one in OBS." action="Make a new address" onConfirm={renew} onClose={() => setAsking(false)} />
      )}
    </section>
  );
}
