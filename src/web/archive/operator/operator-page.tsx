import { useCallback } from 'react';
import type { AdminArchive } from '../../api/archive-contract.js';
import { useApi, useSessionState } from '../../api/context.js';
import { usePolled } from '../../api/poll.js';
import { plainWords } from '../../api/problem.js';
import { Notice } from '../../controls/notice.js';
import { Empty } from '../../shell/empty.js';
import { usePageTitle } from '../../shell/page.js';
import '../archive.css';
import { DeadLetters } from '../dead-letters.js';
import { BudgetBars } from './budget-bars.js';
import { QueueFigures } from './queue-figures.js';
import { Servers } from './servers.js';
import { Wallets } from './wallets.js';

const REFRESH_MS = 5_000;

/** For who runs the server: what waits to be stored, who pays, and what is in the way. */
export function OperatorPage() {
  usePageTitle('Archive of this server');
  const state = useSessionState();
  if (state.name !== 'signed-in') return null;
  return state.user.role === 'admin' ? <Overview /> : <Empty title="Not for you"><p>This page is for the person who runs this server.</p></Empty>;
}

function Overview() {
  const api = useApi();
  const { value, error, refresh } = usePolled(useCallback((signal) => api.archive.overview(signal), [api]), { everyMs: REFRESH_MS });
  return (
    <>
      <header className="archive-head"><h1>Archive of this server</h1></header>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {value ? <Panels archive={value} onChanged={refresh} /> : error === undefined && <p className="soft" aria-busy="true">Asking the server …</p>}
    </>
  );
}

function Panels({ archive, onChanged }: { archive: AdminArchive; onChanged: () => void }) {
  const { queue, wallets, gateways, nodes, budget, dryRun, deadLetters } = archive;
  return (
    <div className="archive-columns">
      <div className="archive-column">
        {dryRun && <Notice level="info">Dry run: everything is prepared and priced, and nothing is sent. <code>archive.arweave.dryRun</code> ends it.</Notice>}
        <QueueFigures queue={queue} />
        <section className="panel" aria-labelledby="letters-title">
          <h2 id="letters-title">What failed</h2>
          {deadLetters.length === 0 ? <p className="soft">Nothing. What fails is tried again by itself at first; what does not help is here.</p> : <DeadLetters letters={deadLetters} of="all" onRetried={onChanged} />}
        </section>
        <Wallets wallets={wallets} onChanged={onChanged} />
      </div>
      <div className="archive-column">
        <BudgetBars budget={budget} />
        <Servers gateways={gateways} nodes={nodes} />
      </div>
    </div>
  );
}
