import type { Pin } from '../../api/archive-contract.js';
import { asSentence } from '../../api/problem.js';
import { hostOf } from '../../words/host.js';
import { ago } from '../../words/time.js';
import { NODE_KINDS, PIN_WORDS } from '../state-words.js';

/** Where IPFS nodes keep the show. */
export function Pins({ pins }: { pins: Pin[] }) {
  return (
    <section className="panel" aria-labelledby="pins-title">
      <h2 id="pins-title">On IPFS</h2>
      <ul className="rows">
        {pins.map(({ target, kind, cid, state, checkedAt, error }) => (
          <li key={`${target} ${cid}`}>
            <p><b>{hostOf(target)}</b> <span className="badge" data-level={PIN_WORDS[state].level}>{PIN_WORDS[state].label}</span></p>
            <p className="soft">{NODE_KINDS[kind]}{checkedAt !== null && `, looked at ${ago(checkedAt, Date.now())}`}</p>
            <code>{cid}</code>
            {error !== null && <p className="row-error">{asSentence(error)}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}
