import type { Queue } from '../../api/archive-contract.js';
import { fileSize } from '../../words/figures.js';
import { ago } from '../../words/time.js';

/** How much waits, how long already, and how fast it goes. */
export function QueueFigures({ queue: { waiting, held, dead, oldestAt, storedPerMin, bytesWaiting } }: { queue: Queue }) {
  const figures: [string, string][] = [
    ['Waiting', `${waiting.toLocaleString('en')} · ${fileSize(bytesWaiting)}`],
    ['Held back', held.toLocaleString('en')],
    ['Failed', dead.toLocaleString('en')],
    ['Oldest', oldestAt === null ? '–' : ago(oldestAt, Date.now())],
    ['Stored each minute', `${Number(storedPerMin.toFixed(1)).toLocaleString('en')} files`],
  ];
  return (
    <section className="panel" aria-labelledby="queue-title">
      <h2 id="queue-title">Queue</h2>
      {waiting + held + dead === 0 && <p className="soft">Nothing waits. Shows come here when they are over, if their channel’s owner has turned the archive on.</p>}
      <dl className="figures">
        {figures.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
    </section>
  );
}
