import type { LogEntry } from '../../api/archive-contract.js';
import { ago } from '../../words/time.js';

/** Who did what to a show's archive; nothing is ever taken out of it. */
export function ActLog({ entries }: { entries: LogEntry[] }) {
  return (
    <section className="panel" aria-labelledby="log-title">
      <h2 id="log-title">Take-down log</h2>
      {entries.length === 0 && <p className="soft">Nobody has done anything yet.</p>}
      <ol className="rows">
        {entries.map(({ at, by, action, detail }, index) => (
          <li key={`${at} ${index}`}>
            <p><b>{by}</b> {action}{detail !== '' && <>: <bdi>{detail}</bdi></>}</p>
            <p className="soft"><time dateTime={at} title={new Date(at).toLocaleString()}>{ago(at, Date.now())}</time></p>
          </li>
        ))}
      </ol>
    </section>
  );
}
