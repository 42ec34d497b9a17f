import { createHash } from 'node:crypto';
import { ArweaveFault } from '../arweave/errors.js';
import { contentName } from '../cid/content-hash.js';
import type { StepOutcome } from './bundle-state.js';
import { originOf } from './network.js';
import type { Gateway } from './network.js';
import type { BundleItem } from './queries.js';

type Checker = Pick<Gateway, 'url' | 'fetchData'>;

/** What one item came to. Who did not answer has lost nothing. */
type Found = { kind: 'stored'; from: string } | Problem;
interface Problem {
  kind: 'unanswered' | 'missing';
  error: string;
}

const TOGETHER = 4;
/** Encryption and its like make a file so much longer at most. */
const SPARE_BYTES = 1_024;

/**
 * Fetches items from gateways by their ids and hashes them again.
 * @param options.onFetched names of items that are what they should be, and the address of who gave them; false: nobody waits for them any more
 */
export async function fetchBack(items: BundleItem[], gateways: Checker[], options: { stopped: AbortSignal; onFetched: (stored: { names: string[]; from: string }[]) => Promise<boolean> }): Promise<StepOutcome> {
  const silent = new Set<Checker>();
  let problem: Problem | undefined;
  for (let at = 0; at < items.length; at += TOGETHER) {
    if (options.stopped.aborted) return { kind: 'waiting', retryMs: 0 };
    const some = await Promise.all(items.slice(at, at + TOGETHER).map(async (item) => ({ name: item.name, found: await findItem(item, gateways, silent) })));
    const stored = gateways.map(({ url }) => ({ from: url, names: some.filter(({ found }) => found.kind === 'stored' && found.from === url).map(({ name }) => name) }));
    if (!(await options.onFetched(stored))) return { kind: 'waiting', retryMs: 0 };
    for (const { found } of some) if (found.kind !== 'stored') problem = worse(problem, found);
    // Nobody is there to be asked for the other thousands.
    if (silent.size === gateways.length) break;
  }
  if (problem?.kind === 'unanswered') return { kind: 'failed', fault: 'remote', error: problem.error };
  return problem === undefined ? { kind: 'advanced' } : { kind: 'missing', what: 'data', error: problem.error };
}

/** @param silent gateways that did not answer: they are not waited for again */
async function findItem(item: BundleItem, gateways: Checker[], silent: Set<Checker>): Promise<Found> {
  let problem: Problem | undefined;
  for (const gateway of gateways.filter((one) => !silent.has(one))) {
    const found = await ask(item, gateway);
    if (found.kind === 'stored') return found;
    if (found.kind === 'unanswered') silent.add(gateway);
    problem = worse(problem, found);
  }
  return problem ?? { kind: 'unanswered', error: 'no gateway to check with answers' };
}

/** That one gateway does not have it says more than that another one was silent. */
function worse(before: Problem | undefined, found: Problem): Problem {
  return before === undefined || (before.kind === 'unanswered' && found.kind === 'missing') ? found : before;
}

async function ask(item: BundleItem, gateway: Checker): Promise<Found> {
  try {
    const bytes = item.itemId === null ? undefined : await gateway.fetchData(item.itemId, item.sizeBytes + SPARE_BYTES);
    if (bytes === undefined) return { kind: 'missing', error: `${originOf(gateway.url)} does not have ${item.name}` };
    return isSame(item, bytes) ? { kind: 'stored', from: gateway.url } : { kind: 'missing', error: `${originOf(gateway.url)} gives other bytes for ${item.name}` };
  } catch (error) {
    if (!(error instanceof ArweaveFault)) throw error;
    return { kind: isSilence(error) ? 'unanswered' : 'missing', error: error.message };
  }
}

/** Anything else is an answer, and about this item: that it is not given, or is too long. */
function isSilence({ answerStatus }: ArweaveFault): boolean {
  return answerStatus === undefined || answerStatus === 429 || answerStatus >= 500;
}

/** The hash of what was posted; for what was posted as it is, that and its CID say the same, and the CID is the one that is signed. */
function isSame({ sha256, cid, sizeBytes }: BundleItem, bytes: Uint8Array): boolean {
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) return false;
  return bytes.length !== sizeBytes || contentName([bytes]).cid.toString() === cid;
}
