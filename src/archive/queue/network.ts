import type { ArweaveGateway } from '../arweave/gateway.js';
import type { Wallets } from '../arweave/wallets.js';
import type { Bundle, BundleTransaction } from './queries.js';
import { GATEWAY_PATIENCE } from './bundle-state.js';

/** A gateway, as far as the queue asks one. */
export type Gateway = Pick<ArweaveGateway, 'url' | 'price' | 'anchor' | 'height' | 'postTransaction' | 'postChunk' | 'status' | 'checkSeeded' | 'fetchData'>;
export type PayingWallets = Pick<Wallets, 'pick' | 'reportFailure' | 'reportSuccess' | 'release' | 'list'>;

/** What is outside. */
export interface ArchiveNetwork {
  /** Posted to, in this order. */
  post: Gateway[];
  /** What is stored is fetched back from these. */
  check: Gateway[];
  wallets: PayingWallets;
}

/** What became of a transaction, as far as all gateways know. */
export type Whereabouts = { kind: 'mined'; confirmations: number } | { kind: 'pending' | 'lost' | 'expired' };

/** Blocks after which an anchor is too old to be mined (Arweave: 50), and some more for gateways that lag. */
const ANCHOR_LIFE_BLOCKS = 60;

/** How far a gateway may lag. Of one that says more than that, every lost transaction would be waited for, and none signed again. */
const MAX_LAG_BLOCKS = 100;

/** Who gets the header: the next gateway each time that one has failed a few times. */
export function postingGateway({ post }: ArchiveNetwork, { attempts, reposts }: Pick<Bundle, 'attempts' | 'reposts'>): Gateway {
  const gateway = post[(Math.floor(attempts / GATEWAY_PATIENCE) + reposts) % post.length];
  if (gateway === undefined) throw new Error('there is a gateway to post to');
  return gateway;
}

/** Of a gateway: two addresses on one host are one witness. */
export function hostOf(url: string): string {
  return new URL(url).host;
}

/** Of a gateway, as others may see it: a path may have a key in it. */
export function originOf(url: string): string {
  return new URL(url).origin;
}

/** The chain's, at least: one that lags would have a transaction count as over while it can still be mined. */
export async function greatestHeight({ post, check }: ArchiveNetwork, known: number): Promise<number> {
  const answers = await Promise.allSettled([...post, ...check].map((gateway) => gateway.height()));
  const greatest = Math.max(known, ...answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])));
  return Math.min(greatest, known + MAX_LAG_BLOCKS);
}

/** Whether a chain of this height takes it no more. */
export function isOver({ anchorHeight }: Pick<BundleTransaction, 'anchorHeight'>, height: number): boolean {
  return height > anchorHeight + ANCHOR_LIFE_BLOCKS;
}

/** Asks everybody. Who does not answer may know it: then it is not expired, and another one must not be signed. */
export async function findTransaction({ post, check }: ArchiveNetwork, transaction: BundleTransaction): Promise<Whereabouts> {
  const answers = await Promise.allSettled([...post, ...check].map(async (gateway) => {
    const status = await gateway.status(transaction.id);
    return { status, isOver: status.kind !== 'confirmed' && isOver(transaction, await gateway.height()) };
  }));
  const heard = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const confirmations = heard.flatMap(({ status }) => (status.kind === 'confirmed' ? [status.confirmations] : []));
  if (confirmations.length > 0) return { kind: 'mined', confirmations: Math.max(...confirmations) };
  // What waits for longer than it may is only remembered.
  if (heard.some((one) => one.status.kind === 'pending' && !one.isOver)) return { kind: 'pending' };
  return { kind: heard.length === answers.length && heard.every((one) => one.isOver) ? 'expired' : 'lost' };
}
