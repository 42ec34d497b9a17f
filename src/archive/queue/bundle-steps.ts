import { BUNDLE_TAGS, makeBundle } from '../arweave/data-item.js';
import { ArweaveFault } from '../arweave/errors.js';
import { signTransaction } from '../arweave/transaction.js';
import { messageOf } from '../../platform/index.js';
import type { Db } from '../../platform/index.js';
import { contentName } from '../cid/content-hash.js';
import { ArchiveKeyUnusable, SigningKeyUnusable } from '../errors.js';
import { arText, overBudget } from './budget.js';
import type { Amounts } from './budget.js';
import type { BundleMaker, MadeItem } from './bundle-maker.js';
import type { StepOutcome } from './bundle-state.js';
import { fetchBack } from './fetch-back.js';
import { findTransaction, postingGateway } from './network.js';
import type { ArchiveNetwork, Gateway } from './network.js';
import { PATH_MANIFEST, pathManifest } from './plan.js';
import { listBundleItems, listItemIds, recordSigned, renewLease, reportChunk, reportStored, sumSpent } from './queries.js';
import type { ArchiveRow, Bundle, BundleTransaction, Signing } from './queries.js';

export interface BundleStepsOptions {
  db: Db;
  maker: BundleMaker;
  network: ArchiveNetwork;
  limits: Amounts;
  /** Blocks on top of a transaction's before it counts as confirmed. */
  confirmations: number;
  isDryRun: boolean;
  now: () => Date;
}

/** Longer than any request: it is renewed between them. */
export const LEASE_MS = 300_000;
/** Until money, a wallet or a setting is there. */
const HELD_MS = 60_000;
/** A block takes two minutes. */
const BLOCK_MS = 60_000;
const CHUNKS_TOGETHER = 4;

/** The step that each state of a bundle needs. What it does may be done again: a crash anywhere costs time and nothing else. */
export class BundleSteps {
  readonly #options: BundleStepsOptions;
  readonly #db: Db;

  constructor(options: BundleStepsOptions) {
    this.#options = options;
    this.#db = options.db;
  }

  /** Undefined: what came of it is written already. @param stopped between requests the step ends when it is. @throws {ArweaveFault} */
  async perform(bundle: Bundle, archive: ArchiveRow, stopped: AbortSignal): Promise<StepOutcome | undefined> {
    const { state, transaction } = bundle;
    if (state === 'planned') return this.#sign(bundle, archive);
    if (transaction === undefined) throw new ArweaveFault('bug', `a bundle that is ${state} has no transaction`);
    switch (state) {
      case 'signed': return this.#post(bundle, transaction);
      case 'posting': return this.#postChunks(bundle, transaction, archive, stopped);
      case 'posted': return this.#lookForChunks(bundle, transaction, archive);
      case 'seeded': return this.#lookForBlocks(bundle, transaction);
      default: return this.#fetchBack(bundle, stopped);
    }
  }

  async #sign(bundle: Bundle, archive: ArchiveRow): Promise<StepOutcome | undefined> {
    const gateway = postingGateway(this.#options.network, bundle);
    const reason = await this.#whyHeld(bundle, await gateway.price(bundle.sizeBytes));
    if (reason !== undefined) return held(reason);
    const { items, manifest } = await this.#itemsOf(bundle, archive);
    const data = makeBundle(items);
    const cost = await gateway.price(data.length);
    const wallet = this.#options.network.wallets.pick(cost);
    if (wallet === undefined) return held(this.#whyNobodyPays(cost));
    const { anchor, height } = await gateway.anchor();
    const { id, json, chunks } = await signTransaction(wallet, { data, tags: BUNDLE_TAGS, anchor, rewardWinston: cost });
    const refusal = await recordSigned(this.#db, bundle, {
      transaction: { id, json, chunks, wallet: wallet.address, rewardWinston: cost, anchorHeight: height },
      items: items.map(({ name, id: itemId, sha256 }) => ({ name, itemId, sha256 })),
      pathManifest: manifest, sizeBytes: data.length, now: this.#options.now(),
    }, (spent) => overBudget(this.#options.limits, spent, cost));
    return typeof refusal === 'string' ? held(refusal) : undefined;
  }

  /** Before anything is read: what is held is looked at again every minute. */
  async #whyHeld(bundle: Bundle, cost: bigint): Promise<string | undefined> {
    const { limits, network: { wallets }, isDryRun, now } = this.#options;
    if (isDryRun) return `dry run: this part would cost ${arText(cost)} AR`;
    const refusal = overBudget(limits, await sumSpent(this.#db, bundle.broadcastId, now()), cost);
    if (refusal !== undefined) return refusal;
    return wallets.list().some(({ balanceWinston, state }) => balanceWinston !== null && BigInt(balanceWinston) >= cost && state !== 'quarantined') ? undefined : this.#whyNobodyPays(cost);
  }

  #whyNobodyPays(cost: bigint): string {
    const wallets = this.#options.network.wallets.list();
    return wallets.length === 0 ? 'wallet: none is configured' : `wallet: none has ${arText(cost)} AR and is in use`;
  }

  /** Those of the last bundle name all others: the path manifest is made when it is signed for the first time. */
  async #itemsOf({ id, broadcastId, isLast }: Bundle, archive: ArchiveRow): Promise<{ items: MadeItem[]; manifest: Signing['pathManifest'] }> {
    const { maker } = this.#options;
    const files = await listBundleItems(this.#db, id);
    const items = await maker.items(archive, files);
    if (!isLast || archive.isEncrypted || archive.tier === 'manifest' || files.some(({ name }) => name === PATH_MANIFEST)) return { items, manifest: undefined };
    const own = new Set(items.map(({ name }) => name));
    const others = (await listItemIds(this.#db, broadcastId)).filter(({ name }) => !own.has(name));
    const content = pathManifest([...others, ...items]);
    const { cid, sizeBytes } = contentName([Buffer.from(content)]);
    const file = { name: PATH_MANIFEST, cid: cid.toString(), content };
    const [made] = await maker.items(archive, [file]);
    if (made === undefined) throw new ArweaveFault('bug', 'the path manifest was not made');
    const place = PATH_MANIFEST_PLACE;
    return { items: [...items, made], manifest: { ...file, place, sizeBytes, itemId: made.id, rendition: null, number: null, startUs: null, durationUs: null } };
  }

  /** After a failure the gateways are asked whether it can still be mined: the wallet of one that cannot may have been the reason. */
  async #post(bundle: Bundle, transaction: BundleTransaction): Promise<StepOutcome> {
    const { network } = this.#options;
    if (bundle.attempts > 0 && (await findTransaction(network, transaction)) === 'expired') return { kind: 'expired' };
    const gateway = postingGateway(network, bundle);
    try {
      await gateway.postTransaction(transaction.json);
    } catch (error) {
      if (error instanceof ArweaveFault && error.fault === 'operator') network.wallets.reportFailure(transaction.wallet, messageOf(error));
      throw error;
    }
    network.wallets.reportSuccess(transaction.wallet);
    return { kind: 'advanced', postedTo: gateway.url };
  }

  async #postChunks(bundle: Bundle, { json, chunks }: BundleTransaction, archive: ArchiveRow, stopped: AbortSignal): Promise<StepOutcome> {
    const gateway = this.#gatewayOf(bundle);
    const data = await this.#dataOf(bundle, archive);
    for (let next = bundle.nextChunk; next < chunks; next += CHUNKS_TOGETHER) {
      if (stopped.aborted) return { kind: 'waiting', retryMs: 0 };
      const numbers = Array.from({ length: Math.min(CHUNKS_TOGETHER, chunks - next) }, (_, at) => next + at);
      const failure = (await Promise.allSettled(numbers.map((number) => gateway.postChunk(json, data, number)))).find(({ status }) => status === 'rejected');
      if (failure?.status === 'rejected') return { ...failureOf(failure.reason), hasProgress: next > bundle.nextChunk };
      await reportChunk(this.#db, bundle.id, { nextChunk: next + numbers.length, leaseUntil: this.#leaseUntil() });
    }
    return { kind: 'advanced' };
  }

  /** Most nodes know where the chunks of a transaction are once it is mined. */
  async #lookForChunks(bundle: Bundle, transaction: BundleTransaction, archive: ArchiveRow): Promise<StepOutcome> {
    const gateway = this.#gatewayOf(bundle);
    const status = await gateway.status(transaction.id);
    if (status.kind === 'unknown') return this.#lookElsewhere(transaction);
    if (status.kind === 'pending') return { kind: 'waiting', retryMs: BLOCK_MS };
    const isSeeded = await gateway.checkSeeded(transaction.json, await this.#dataOf(bundle, archive));
    return isSeeded ? { kind: 'advanced' } : { kind: 'missing', what: 'chunks', error: `${gateway.url} does not have the chunks` };
  }

  async #lookForBlocks(bundle: Bundle, transaction: BundleTransaction): Promise<StepOutcome> {
    const status = await this.#gatewayOf(bundle).status(transaction.id);
    if (status.kind === 'unknown') return this.#lookElsewhere(transaction);
    if (status.kind === 'confirmed' && status.confirmations >= this.#options.confirmations) return { kind: 'advanced' };
    return { kind: 'waiting', retryMs: BLOCK_MS };
  }

  async #lookElsewhere(transaction: BundleTransaction): Promise<StepOutcome> {
    switch (await findTransaction(this.#options.network, transaction)) {
      case 'known': return { kind: 'waiting', retryMs: BLOCK_MS };
      case 'expired': return { kind: 'expired' };
      case 'lost': return { kind: 'missing', what: 'transaction', error: 'the transaction was dropped' };
    }
  }

  /** Only what another gateway gives back, byte for byte, is stored. */
  async #fetchBack(bundle: Bundle, stopped: AbortSignal): Promise<StepOutcome> {
    const others = this.#options.network.check.filter(({ url }) => url !== bundle.postedTo);
    if (others.length === 0) throw new ArweaveFault('operator', 'there is no gateway to check with: archive.arweave.checkGatewayUrls has none but the one that was posted to');
    const items = (await listBundleItems(this.#db, bundle.id)).filter(({ storedAt }) => storedAt === null);
    return fetchBack(items, others, {
      stopped,
      onStored: async (names, from) => {
        await reportStored(this.#db, bundle.id, { names, from, at: this.#options.now() });
        await renewLease(this.#db, bundle.id, this.#leaseUntil());
      },
    });
  }

  async #dataOf(bundle: Bundle, archive: ArchiveRow): Promise<Uint8Array> {
    return this.#options.maker.data(archive, await listBundleItems(this.#db, bundle.id));
  }

  /** That has the header; one that was taken out of the settings is replaced by the first. */
  #gatewayOf(bundle: Bundle): Gateway {
    const { network } = this.#options;
    return network.post.find(({ url }) => url === bundle.postedTo) ?? postingGateway(network, { attempts: 0, reposts: 0 });
  }

  #leaseUntil(): Date {
    return new Date(this.#options.now().getTime() + LEASE_MS);
  }
}

/** What a step that threw came to. */
export function failureOf(error: unknown): StepOutcome & { kind: 'failed' } {
  if (error instanceof ArweaveFault) return { kind: 'failed', fault: error.fault, error: error.message, retryAfterMs: error.retryAfterMs };
  const isKey = error instanceof SigningKeyUnusable || error instanceof ArchiveKeyUnusable;
  return { kind: 'failed', fault: isKey ? 'operator' : 'bug', error: messageOf(error) };
}

function held(reason: string): StepOutcome {
  return { kind: 'held', reason, retryMs: HELD_MS };
}

/** Behind all others. */
const PATH_MANIFEST_PLACE = 2_147_483_647;
