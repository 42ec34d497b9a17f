import { Link } from 'react-router-dom';
import type { DeadLetter } from '../api/archive-contract.js';
import { useApi } from '../api/context.js';
import { asSentence } from '../api/problem.js';
import { Notice } from '../controls/notice.js';
import { useChange } from '../controls/use-change.js';
import { count } from '../words/figures.js';
import { ago } from '../words/time.js';
import { FAULT_WORDS, STEP_WORDS } from './state-words.js';

/** What failed for good, whose fault that is, and the way to try it again. `of` tells whose shows they are. */
export function DeadLetters({ letters, of, onRetried }: { letters: DeadLetter[]; of: 'one-show' | 'all'; onRetried: () => void }) {
  return (
    <ul className="letters">
      {letters.map((letter) => <Letter key={letter.id} letter={letter} isNamed={of === 'all'} onRetried={onRetried} />)}
    </ul>
  );
}

function Letter({ letter, isNamed, onRetried }: { letter: DeadLetter; isNamed: boolean; onRetried: () => void }) {
  const api = useApi();
  const { isBusy, error, change } = useChange();
  const retry = () => change(async () => {
    await api.archive.retry(letter.id);
    onRetried();
  });
  const { label, hint } = FAULT_WORDS[letter.fault];
  const step = STEP_WORDS[letter.step] ?? letter.step;
  return (
    <li className="letter" data-fault={letter.fault} aria-busy={isBusy}>
      <p className="letter-error">{asSentence(letter.error)}</p>
      <p><b>{label}.</b> {hint}</p>
      <p className="soft letter-facts">
        <span>While {step}</span><span>{count(letter.attempts, 'attempt')}</span><span>{ago(letter.since, Date.now())}</span>
        {isNamed && <span><Link to={`/recordings/${letter.broadcast}/archive`}>A show of {letter.channel}</Link></span>}
      </p>
      {error !== undefined && <Notice level="error">{error}</Notice>}
      <button type="button" className="button" disabled={isBusy} aria-label={`Try again: ${step}`} onClick={() => void retry()}>Try again</button>
    </li>
  );
}
