import type { Budget } from '../../api/archive-contract.js';
import { amount, exactAmount, shareOf } from '../../words/winston.js';

/** How much of what may be spent is spent. */
export function BudgetBars({ budget }: { budget: Budget }) {
  return (
    <section className="panel" aria-labelledby="budget-title">
      <h2 id="budget-title">Budget</h2>
      <BudgetBar name="Last 24 hours" spent={budget.daySpentWinston} limit={budget.dayLimitWinston} />
      <BudgetBar name="Last 30 days" spent={budget.monthSpentWinston} limit={budget.monthLimitWinston} />
      <p className="soft">What costs more waits until there is room. Set in <code>archive.arweave</code>.</p>
    </section>
  );
}

function BudgetBar({ name, spent, limit }: { name: string; spent: string; limit: string }) {
  const share = shareOf(spent, limit);
  const words = `${amount(spent)} of ${amount(limit)}`;
  return (
    <div className="budget" data-full={share >= 1}>
      <p className="budget-words"><span>{name}</span> <span title={`${exactAmount(spent)} of ${exactAmount(limit)}`}>{words}</span></p>
      <div className="budget-bar" role="meter" aria-label={name} aria-valuemin={0} aria-valuemax={1} aria-valuenow={share} aria-valuetext={words}>
        <div style={{ width: `${share * 100}%` }} />
      </div>
      {share >= 1 && <p className="row-error">Nothing is left of it: what is to be stored waits.</p>}
    </div>
  );
}
