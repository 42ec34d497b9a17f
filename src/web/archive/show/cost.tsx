import { useCallback } from 'react';
import type { ArchiveDetails } from '../../api/archive-contract.js';
import { useApi } from '../../api/context.js';
import { usePolled } from '../../api/poll.js';
import { plainWords } from '../../api/problem.js';
import { Notice } from '../../controls/notice.js';
import { fileSize } from '../../words/figures.js';
import { hostOf } from '../../words/host.js';
import { amount, exactAmount } from '../../words/winston.js';
import { TIER_WORDS } from '../state-words.js';

/** What a show has cost, and would. */
export function Cost({ archive }: { archive: ArchiveDetails }) {
  const { broadcast, spentWinston, estimatedWinston, tier, state } = archive;
  const isOver = state === 'stored' || state === 'vetoed' || state === 'erased';
  return (
    <section className="panel" aria-labelledby="cost-title">
      <h2 id="cost-title">Cost</h2>
      <dl className="figures">
        <div><dt>Spent</dt><dd title={exactAmount(spentWinston)}>{amount(spentWinston)}</dd></div>
        {estimatedWinston !== null && !isOver && <div><dt>Expected in all</dt><dd title={exactAmount(estimatedWinston)}>{amount(estimatedWinston)}</dd></div>}
      </dl>
      <p className="soft">The person who runs this server pays, once. It is stored for good then.</p>
      {!isOver && <Estimates id={broadcast} tier={tier} />}
    </section>
  );
}

function Estimates({ id, tier }: { id: string; tier: ArchiveDetails['tier'] }) {
  const api = useApi();
  const { value: estimates, error } = usePolled(useCallback((signal) => api.archive.estimate(id, signal), [api, id]), { everyMs: 0 });
  if (error !== undefined) return <Notice level="info">What it would cost cannot be said now. {plainWords(error)}</Notice>;
  if (!estimates) return <p className="soft" aria-busy="true">Asking for the price …</p>;
  const gateway = estimates[0]?.gateway;
  return (
    <div className="table-scroll">
      <table className="prices">
        <caption className="soft">At the price of this moment{gateway !== undefined && `, as ${hostOf(gateway)} says`}</caption>
        <thead><tr><th scope="col">Stored</th><th scope="col">Size</th><th scope="col">Price</th></tr></thead>
        <tbody>
          {estimates.map((estimate) => (
            <tr key={estimate.tier} aria-current={estimate.tier === tier}>
              <th scope="row">{TIER_WORDS[estimate.tier].label}</th>
              <td>{fileSize(estimate.sizeBytes)}</td>
              <td title={exactAmount(estimate.winston)}>{amount(estimate.winston)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
