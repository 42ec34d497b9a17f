import type { FileState } from '../../api/archive-contract.js';

const SIZE = 6;

/** What is drawn over a state's colour, so that nobody has to tell colours apart; a plain one is done. */
const STROKES: Record<FileState, string> = {
  stored: '',
  confirmed: 'M0 6L6 0M-1 1L1 -1M5 7L7 5',
  posted: 'M1 3h4',
  posting: 'M1.500 1v4M4.500 1v4',
  planned: 'M3 3h.01',
  held: 'M0 3h6',
  vetoed: 'M0 0L6 6M-1 5L1 7M5 -1L7 1',
  'too-long': 'M0 0L6 6M-1 5L1 7M5 -1L7 1',
  failed: 'M0 0L6 6M6 0L0 6',
};

/** Fill of a state, wherever `Patterns` is on the page. */
export function fillOf(state: FileState): string {
  return `url(#file-${state})`;
}

/** The fills of all states; once on a page. */
export function Patterns() {
  return (
    <svg className="patterns" width="0" height="0" aria-hidden="true" focusable="false">
      <defs>
        {Object.entries(STROKES).map(([state, stroke]) => (
          <pattern key={state} id={`file-${state}`} data-state={state} width={SIZE} height={SIZE} patternUnits="userSpaceOnUse">
            <rect width={SIZE} height={SIZE} />
            <path d={stroke} />
          </pattern>
        ))}
      </defs>
    </svg>
  );
}
