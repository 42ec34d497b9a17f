import { BUNDLE_TAGS, makeBundle } from '../arweave/data-item.js';
import { ArweaveFault } from '../arweave/errors.js';
import { signTransaction } from '../arweave/transaction.js';
import { messageOf } from '../../platform/index.js';
import type { Db } from '../../platform/index.js';
import { contentName } from '../cid/content-hash.js';
import { ArchiveKeyUnusable, SigningKeyUnusable } from '../errors.js';
import { arText, overBudget } from '../arweave/budget.js';
import type { Amounts } from '../arweave/budget.js';
import type { BundleMaker, MadeItem } from './bundle-maker.js';
import type { StepOutcome } from './bundle-state.js';
import { whyKept } from '../consent/departure.js';
import { fetchBack } from './fetch-back.js';
import { findTransaction, greatestHeight, hostOf, isOver, originOf, postingGateway } from './network.js';
import type { ArchiveNetwork, Gateway } from './network.js';
import { PATH_MANIFEST, pathManifest } from './plan.js';
import type { FinishedBroadcasts } from './planner.js';
import { listBundleItems, listItemIds, recordSigned, reportChunk, reportStored, sumPromised, sumSpent } from './queries.js';
import type { ArchiveRow, Bundle, BundleTransaction, Signing } from './queries.js';

export interface BundleStepsOptions {
  db: Db;
  maker: BundleMaker;
  network: ArchiveNetwork;
  limits: Amounts;
  broadcasts: Pick<FinishedBroadcasts, 'visibilityOf'>;
  /** Blocks on top of a transaction's before it counts as confirmed. */
  confirmations: number;
  isDryRun: boolean;
  now: () => Date;
}

/** Longer than any request: it is renewed between them. */
export const LEASE_MS = 300_000;
/** Until money, a wallet or a setting is there: a tenth of how long it is waited for, within these. */
const MIN_HELD_MS = 60_000;
const MAX_HELD_MS = 900_000;
/** Answers to the address, not to what was posted there. */
const WRONG_ADDRESS = [401, 403, 404, 405];
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
      case 'signed': return this.#post(bundle, transaction, archive);
      case 'posting': return this.#postChunks(bundle, transaction, archive, stopped);
      case 'posted': return this.#lookForChunks(bundle, transaction, archive);
      case 'seeded': return this.#lookForBlocks(bundle, transaction);
      default: return this.#fetchBack(bundle, stopped);
    }
  }

  async #sign(bundle: Bundle, archive: ArchiveRow): Promise<StepOutcome | undefined> {
    const { network, now } = this.#options;
    const gateway = postingGateway(network, bundle);
    // Before anything is read or asked for: what is held is looked at again and again.
    const reason = await this.#whyKept(archive) ?? this.#whyNobodyCan() ?? await this.#whyHeld(bundle, await gateway.price(bundle.sizeBytes));
    if (reason !== undefined) return this.#held(bundle, reason);
    const { items, manifest } = await this.#itemsOf(bundle, archive);
    const data = makeBundle(items);
    const cost = await gateway.price(data.length);
    const wallet = network.wallets.pick(cost, await sumPromised(this.#db));
    if (wallet === undefined) return this.#held(bundle, nobodyHas(cost));
    const { anchor, height } = await gateway.anchor();
    const anchorHeight = await greatestHeight(network, height);
    const { id, json, chunks } = await signTransaction(wallet, { data, tags: BUNDLE_TAGS, anchor, rewardWinston: cost });
    const refusal = await recordSigned(this.#db, bundle, {
      transaction: { id, json, chunks, wallet: wallet.address, rewardWinston: cost, anchorHeight },
      items: items.map(({ name, id: itemId, sha256 }) => ({ name, itemId, sha256 })),
      pathManifest: manifest, sizeBytes: data.length, now: now(),
    }, (spent, promised) => overBudget(this.#limitsOf(bundle), spent, cost) ?? (this.#canPay(cost, promised, wallet.address) ? undefined : nobodyHas(cost)));
    return typeof refusal === 'string' ? this.#held(bundle, refusal) : undefined;
  }

  async #whyKept(archive: ArchiveRow): Promise<string | undefined> {
    return this.#options.isDryRun ? 'dry run: nothing is sent' : whyKept(this.#db, archive, this.#options.broadcasts);
  }

  #whyNobodyCan(): string | undefined {
    const wallets = this.#options.network.wallets.list();
    if (wallets.length === 0) return 'wallet: none is configured';
    return wallets.some(({ state }) => state === 'ok' || state === 'low') ? undefined : 'wallet: none has money and is in use';
  }

  async #whyHeld(bundle: Bundle, cost: bigint): Promise<string | undefined> {
    const refusal = overBudget(this.#limitsOf(bundle), await sumSpent(this.#db, bundle.broadcastId, this.#options.now()), cost);
    if (refusal !== undefined) return refusal;
    return this.#canPay(cost, await sumPromised(this.#db)) ? undefined : nobodyHas(cost);
  }

  /** The manifest of a show that costs too much, or comes on a day that did, goes all the same: it is a few kilobytes. */
  #limitsOf({ kind }: Bundle): Partial<Amounts> {
    const { limits } = this.#options;
    return kind === 'manifest' ? { month: limits.month } : limits;
  }

  /** @param only this wallet; one of them when left out */
  #canPay(cost: bigint, promised: Map<string, bigint>, only?: string): boolean {
    return this.#options.network.wallets.list().some(({ address, balanceWinston, state }) => balanceWinston !== null && state !== 'quarantined'
      && (only ?? address) === address && BigInt(balanceWinston) - (promised.get(address) ?? 0n) >= cost);
  }

  /** Those of the last bundle name all others: the path manifest is made when it is signed for the first time. */
  async #itemsOf({ id, broadcastId, kind }: Bundle, archive: ArchiveRow): Promise<{ items: MadeItem[]; manifest: Signing['pathManifest'] }> {
    const { maker } = this.#options;
    const files = await listBundleItems(this.#db, id);
    if (files.length === 0) throw new ArweaveFault('bug', 'a bundle has no files');
    const items = await maker.items(archive, files);
    if (kind !== 'last' || archive.isEncrypted || files.some(({ name }) => name === PATH_MANIFEST)) return { items, manifest: undefined };
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
  async #post(bundle: Bundle, transaction: BundleTransaction, archive: ArchiveRow): Promise<StepOutcome> {
    const { network } = this.#options;
    if (bundle.postedTo === null) {
      const reason = await this.#whyKept(archive);
      if (reason !== undefined) return this.#held(bundle, reason);
    }
    if (bundle.attempts > 0 && (await findTransaction(network, transaction)).kind === 'expired') return { kind: 'expired' };
    // What cannot be made any more would be paid for nothing.
    if (bundle.postedTo === null) await this.#dataOf(bundle, archive);
    const gateway = postingGateway(network, bundle);
    try {
      await gateway.postTransaction(transaction.json);
    } catch (error) {
      return this.#refused(transaction, gateway, error);
    }
    network.wallets.reportSuccess(transaction.wallet);
    return { kind: 'advanced', postedTo: gateway.url };
  }

  /** What is mined already need not be taken. One that its wallet cannot pay may be paid later, or another wallet signs when it is over. */
  async #refused(transaction: BundleTransaction, gateway: Gateway, error: unknown): Promise<StepOutcome> {
    const { network } = this.#options;
    const failure = failureOf(error);
    if (failure.fault !== 'remote' && (await findTransaction(network, transaction)).kind === 'mined') return { kind: 'advanced', postedTo: gateway.url };
    const status = error instanceof ArweaveFault ? error.answerStatus ?? 0 : 0;
    const isUnpaid = failure.fault === 'operator' && status >= 400 && !WRONG_ADDRESS.includes(status);
    if (isUnpaid) network.wallets.reportFailure(transaction.wallet, failure.error);
    return { ...failure, isPatient: isUnpaid };
  }

  async #postChunks(bundle: Bundle, { json, chunks }: BundleTransaction, archive: ArchiveRow, stopped: AbortSignal): Promise<StepOutcome> {
    const gateway = this.#gatewayOf(bundle);
    if (gateway.url !== bundle.postedTo) return { kind: 'missing', what: 'transaction', error: 'the gateway that has the header is not posted to any more' };
    const data = await this.#dataOf(bundle, archive);
    for (let next = bundle.nextChunk; next < chunks; next += CHUNKS_TOGETHER) {
      if (stopped.aborted) return { kind: 'waiting', retryMs: 0 };
      const numbers = Array.from({ length: Math.min(CHUNKS_TOGETHER, chunks - next) }, (_, at) => next + at);
      const failure = (await Promise.allSettled(numbers.map((number) => gateway.postChunk(json, data, number)))).find(({ status }) => status === 'rejected');
      if (failure?.status === 'rejected') return { ...failureOf(failure.reason), hasProgress: next > bundle.nextChunk };
      if (!(await reportChunk(this.#db, bundle, { nextChunk: next + numbers.length, leaseUntil: this.#leaseUntil() }))) return { kind: 'waiting', retryMs: 0 };
    }
    return { kind: 'advanced' };
  }

  /** Most nodes know where the chunks of a transaction are once it is mined. */
  async #lookForChunks(bundle: Bundle, transaction: BundleTransaction, archive: ArchiveRow): Promise<StepOutcome> {
    const confirmations = await this.#confirmationsOf(bundle, transaction);
    if (typeof confirmations !== 'number') return confirmations;
    const gateway = this.#gatewayOf(bundle);
    const isSeeded = await gateway.checkSeeded(transaction.json, await this.#dataOf(bundle, archive));
    return isSeeded ? { kind: 'advanced' } : { kind: 'missing', what: 'chunks', error: `${originOf(gateway.url)} does not have the chunks` };
  }

  async #lookForBlocks(bundle: Bundle, transaction: BundleTransaction): Promise<StepOutcome> {
    const confirmations = await this.#confirmationsOf(bundle, transaction);
    if (typeof confirmations !== 'number') return confirmations;
    return confirmations >= this.#options.confirmations ? { kind: 'advanced' } : { kind: 'waiting', retryMs: BLOCK_MS };
  }

  /** Of a transaction that is mined; what is to be done about any other. Gateways that it was not posted to count, when the one that it was lost it. */
  async #confirmationsOf(bundle: Bundle, transaction: BundleTransaction): Promise<number | StepOutcome> {
    const gateway = this.#gatewayOf(bundle);
    const status = await gateway.status(transaction.id);
    if (status.kind === 'confirmed') return status.confirmations;
    if (status.kind === 'pending' && !isOver(transaction, await gateway.height())) return { kind: 'waiting', retryMs: BLOCK_MS };
    const found = await findTransaction(this.#options.network, transaction);
    switch (found.kind) {
      case 'mined': return found.confirmations;
      case 'pending': return { kind: 'waiting', retryMs: BLOCK_MS };
      case 'expired': return { kind: 'expired' };
      case 'lost': return { kind: 'missing', what: 'transaction', error: 'the transaction was dropped' };
    }
  }

  /** Only what another gateway gives back, byte for byte, is stored. */
  async #fetchBack(bundle: Bundle, stopped: AbortSignal): Promise<StepOutcome> {
    const others = this.#options.network.check.filter(({ url }) => !bundle.postedHosts.includes(hostOf(url)));
    if (others.length === 0) throw new ArweaveFault('operator', 'there is no gateway to check with: archive.arweave.checkGatewayUrls has none but those that were posted to');
    const items = await listBundleItems(this.#db, bundle.id);
    if (items.length === 0) throw new ArweaveFault('bug', 'a bundle has no files');
    const { doubtedAt } = bundle;
    const unproven = items.filter(({ storedAt }) => storedAt === null || (doubtedAt !== null && storedAt <= doubtedAt));
    return fetchBack(unproven, others, {
      stopped,
      onFetched: (stored) => reportStored(this.#db, bundle, stored, { at: this.#options.now(), leaseUntil: this.#leaseUntil() }),
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

  /** The longer it waits, the less often it is looked at. */
  #held({ createdAt }: Bundle, reason: string): StepOutcome {
    const waitedMs = this.#options.now().getTime() - createdAt.getTime();
    return { kind: 'held', reason, retryMs: Math.min(Math.max(waitedMs / 10, MIN_HELD_MS), MAX_HELD_MS) };
  }

  #leaseUntil(): Date {
    return new Date(this.#options.now().getTime() + LEASE_MS);
  }
}

/** What a step that threw came to. @throws what the database or the machine said: it is nobody's fault, and the bundle comes back when its lease is over */
export function failureOf(error: unknown): StepOutcome & { kind: 'failed' } {
  if (error instanceof ArweaveFault) return { kind: 'failed', fault: error.fault, error: error.message, retryAfterMs: error.retryAfterMs };
  const isKey = error instanceof SigningKeyUnusable || error instanceof ArchiveKeyUnusable;
  if (!isKey && error instanceof Error && 'code' in error) throw error;
  return { kind: 'failed', fault: isKey ? 'operator' : 'bug', error: messageOf(error) };
}

/** Behind all others. */
const PATH_MANIFEST_PLACE = 2_147_483_647;

function nobodyHas(cost: bigint): string {
  return `wallet: none has ${arText(cost)} AR and is in use`;
}
