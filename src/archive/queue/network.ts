import type { ArweaveGateway } from '../arweave/gateway.js';
import type { Wallets } from '../arweave/wallets.js';
import type { Bundle, BundleTransaction } from './queries.js';
import { GATEWAY_PATIENCE } from './bundle-state.js';

/** A gateway, as far as the queue asks one. */
export type Gateway = Pick<ArweaveGateway, 'url' | 'price' | 'anchor' | 'height' | 'postTransaction' | 'postChunk' | 'status' | 'checkSeeded' | 'fetchData'>;
export type PayingWallets = Pick<Wallets, 'pick' | 'find' | 'reportFailure' | 'reportSuccess' | 'release' | 'list'>;

/** What is outside. */
export interface ArchiveNetwork {
  /** Posted to, in this order. */
  post: Gateway[];
  /** What is stored is fetched back from these. */
  check: Gateway[];
  wallets: PayingWallets;
}

/** What became of a transaction that its gateway does not know. */
export type Whereabouts = 'known' | 'lost' | 'expired';

/** Blocks after which an anchor is too old to be mined (Arweave: 50), and some more for gateways that lag. */
const ANCHOR_LIFE_BLOCKS = 60;

/** Who gets the header: the next gateway each time that one has failed a few times. */
export function postingGateway({ post }: ArchiveNetwork, { attempts, reposts }: Pick<Bundle, 'attempts' | 'reposts'>): Gateway {
  const gateway = post[(Math.floor(attempts / GATEWAY_PATIENCE) + reposts) % post.length];
  if (gateway === undefined) throw new Error('there is a gateway to post to');
  return gateway;
}

/** Asks everybody. Who does not answer may know it: then it is not expired, and another one must not be signed. */
export async function findTransaction({ post, check }: ArchiveNetwork, { id, anchorHeight }: BundleTransaction): Promise<Whereabouts> {
  const everybody = [...post, ...check];
  const answers = await Promise.allSettled(everybody.map(async (gateway) => ({ status: await gateway.status(id), height: await gateway.height() })));
  if (answers.some((answer) => answer.status === 'fulfilled' && answer.value.status.kind !== 'unknown')) return 'known';
  const isOver = answers.every((answer) => answer.status === 'fulfilled' && answer.value.height > anchorHeight + ANCHOR_LIFE_BLOCKS);
  return isOver ? 'expired' : 'lost';
}
