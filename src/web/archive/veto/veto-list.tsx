import type { Veto } from '../../api/archive-contract.js';
import { ago } from '../../words/time.js';
import type { Timeline } from '../show/timeline.js';
import { vetoWords } from './veto-words.js';

/** What was kept out, by whom and why. */
export function VetoList({ vetoes, timeline }: { vetoes: Veto[]; timeline: Pick<Timeline, 'playedSec'> }) {
  return (
    <div className="vetoes">
      <h3>Kept out</h3>
      <ul>
        {vetoes.map((veto) => (
          <li key={`${veto.at} ${veto.fromMs}`}>
            <b>{vetoWords(veto, timeline)}</b> by {veto.by}, <time dateTime={veto.at}>{ago(veto.at, Date.now())}</time>{veto.reason !== '' && <>: <bdi>{veto.reason}</bdi></>}
          </li>
        ))}
      </ul>
    </div>
  );
}
