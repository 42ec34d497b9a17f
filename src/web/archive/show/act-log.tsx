import type { LogEntry } from '../../api/archive-contract.js';
import { ago } from '../../words/time.js';
import { logWords } from './log-words.js';
import type { Timeline } from './timeline.js';

/** Who did what to a show's archive; nothing is ever taken out of it. */
export function ActLog({ entries, timeline }: { entries: LogEntry[]; timeline: Timeline }) {
  return (
    <section className="panel" aria-labelledby="log-title">
      <h2 id="log-title">Take-down log</h2>
      {entries.length === 0 && <p className="soft">Nobody has done anything yet.</p>}
      <ol className="rows">
        {entries.map((entry, index) => (
          <li key={`${entry.at} ${index}`}>
            <p><b>{entry.by}</b> <bdi>{logWords(entry, timeline)}</bdi></p>
            <p className="soft"><time dateTime={entry.at} title={new Date(entry.at).toLocaleString()}>{ago(entry.at, Date.now())}</time></p>
          </li>
        ))}
      </ol>
    </section>
  );
}
