import type { GatewayState, NodeState } from '../../api/archive-contract.js';
import { asSentence } from '../../api/problem.js';
import { count } from '../../words/figures.js';
import { hostOf } from '../../words/host.js';
import { NODE_KINDS } from '../state-words.js';

const ROLES: Record<GatewayState['role'], string> = { post: 'Gateway that is sent to', check: 'Gateway that is fetched back from' };

/** Other people's servers that the archive depends on, and ours. */
export function Servers({ gateways, nodes }: { gateways: GatewayState[]; nodes: NodeState[] }) {
  return (
    <section className="panel" aria-labelledby="servers-title">
      <h2 id="servers-title">Gateways and nodes</h2>
      <ul className="rows">
        {gateways.map(({ url, role, isUp, error }) => <Row key={`${role} ${url}`} address={url} words={ROLES[role]} isUp={isUp} error={error} />)}
        {nodes.map(({ target, kind, waiting, isUp, error }) => (
          <Row key={target} address={target} words={`${NODE_KINDS[kind]}, ${waiting === 0 ? 'nothing waits' : `${count(waiting, 'show')} ${waiting === 1 ? 'waits' : 'wait'}`}`} isUp={isUp} error={error} />
        ))}
      </ul>
      {gateways.every(({ role }) => role !== 'check') && <p className="row-error">No gateway to fetch back from is set: nothing can count as stored.</p>}
      {nodes.length === 0 && <p className="soft">No IPFS node is set (<code>IPFS_API_URL</code>): shows are on IPFS only through this server.</p>}
    </section>
  );
}

function Row({ address, words, isUp, error }: { address: string; words: string; isUp: boolean; error: string | null }) {
  return (
    <li>
      <p><b>{hostOf(address)}</b> <span className="badge" data-level={isUp ? 'ok' : 'error'}>{isUp ? 'answers' : 'does not answer'}</span></p>
      <p className="soft">{words}</p>
      {error !== null && <p className="row-error">{asSentence(error)}</p>}
    </li>
  );
}
