import { createHash } from 'node:crypto';
import { messageOf } from '../../platform/index.js';
import { contentName } from '../cid/content-hash.js';
import type { StepOutcome } from './bundle-state.js';
import type { Gateway } from './network.js';
import type { BundleItem } from './queries.js';

type Checker = Pick<Gateway, 'url' | 'fetchData'>;

/** What one item came to. Who did not answer has lost nothing. */
type Found = { kind: 'stored'; from: string } | { kind: 'unanswered' | 'missing'; error: string };

const TOGETHER = 4;
/** Encryption and its like make a file so much longer at most. */
const SPARE_BYTES = 1_024;

/**
 * Fetches items from gateways by their ids and hashes them again.
 * @param options.onStored names of items that are what they should be, and the address of who gave them
 */
export async function fetchBack(items: BundleItem[], gateways: Checker[], options: { stopped: AbortSignal; onStored: (names: string[], from: string) => Promise<void> }): Promise<StepOutcome> {
  const silent = new Set<Checker>();
  let problem: Exclude<Found, { kind: 'stored' }> | undefined;
  for (let at = 0; at < items.length; at += TOGETHER) {
    if (options.stopped.aborted) return { kind: 'waiting', retryMs: 0 };
    const some = await Promise.all(items.slice(at, at + TOGETHER).map(async (item) => ({ name: item.name, found: await findItem(item, gateways, silent) })));
    for (const { url } of gateways) {
      const names = some.filter(({ found }) => found.kind === 'stored' && found.from === url).map(({ name }) => name);
      if (names.length > 0) await options.onStored(names, url);
    }
    for (const { found } of some) if (found.kind !== 'stored') problem ??= found;
    // Nobody is there to be asked for the other thousands.
    if (silent.size === gateways.length) break;
  }
  if (problem?.kind === 'unanswered') return { kind: 'failed', fault: 'remote', error: problem.error };
  return problem === undefined ? { kind: 'advanced' } : { kind: 'missing', what: 'data', error: problem.error };
}

/** @param silent gateways that did not answer: they are not waited for again */
async function findItem(item: BundleItem, gateways: Checker[], silent: Set<Checker>): Promise<Found> {
  let problem: Exclude<Found, { kind: 'stored' }> = { kind: 'unanswered', error: 'no gateway to check with answers' };
  for (const gateway of gateways.filter((one) => !silent.has(one))) {
    const found = await ask(item, gateway);
    if (found.kind === 'stored') return found;
    if (found.kind === 'unanswered') silent.add(gateway);
    problem = found;
  }
  return problem;
}

async function ask(item: BundleItem, gateway: Checker): Promise<Found> {
  try {
    const bytes = item.itemId === null ? undefined : await gateway.fetchData(item.itemId, item.sizeBytes + SPARE_BYTES);
    if (bytes === undefined) return { kind: 'missing', error: `${gateway.url} does not have ${item.name}` };
    return isSame(item, bytes) ? { kind: 'stored', from: gateway.url } : { kind: 'missing', error: `${gateway.url} gives other bytes for ${item.name}` };
  } catch (error) {
    return { kind: 'unanswered', error: messageOf(error) };
  }
}

/** The hash of what was posted; for what was posted as it is, that and its CID say the same, and the CID is the one that is signed. */
function isSame({ sha256, cid, sizeBytes }: BundleItem, bytes: Uint8Array): boolean {
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) return false;
  return bytes.length !== sizeBytes || contentName([bytes]).cid.toString() === cid;
}
