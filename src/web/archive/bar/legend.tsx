import type { ArchivedFile } from '../../api/archive-contract.js';
import { FILE_WORDS } from '../state-words.js';
import { countsOf } from './bar-layout.js';
import { fillOf } from './patterns.js';

/** What the fills mean, and how many files are of each. */
export function Legend({ files }: { files: ArchivedFile[] }) {
  return (
    <ul className="legend" aria-label="Files by state">
      {countsOf(files).map(({ state, files: found }) => (
        <li key={state} data-state={state} title={FILE_WORDS[state].hint}>
          <svg className="legend-fill" width="18" height="18" aria-hidden="true" focusable="false"><rect width="18" height="18" rx="3" fill={fillOf(state)} /></svg>
          {FILE_WORDS[state].label} <b>{found.toLocaleString('en')}</b>
        </li>
      ))}
    </ul>
  );
}
