import { messageOf } from '../platform/index.js';
import type { Component, Db, Log } from '../platform/index.js';
import { ArweaveGateway } from './arweave/gateway.js';
import { Wallets } from './arweave/wallets.js';
import type { ArweaveConfig } from './config.js';
import { Admission } from './consent/admission.js';
import type { AdmissionOptions } from './consent/admission.js';
import { Consent } from './consent/consent.js';
import type { SigningKeys } from './keys/signing-keys.js';
import { keyBytesOf } from './manifest/did-bytes.js';
import { winstonOf } from './queue/budget.js';
import { BundleMaker } from './queue/bundle-maker.js';
import { BundleSteps } from './queue/bundle-steps.js';
import type { ArchiveNetwork } from './queue/network.js';
import { Planner } from './queue/planner.js';
import type { FinishedBroadcasts } from './queue/planner.js';
import { ArchiveWorker } from './queue/worker.js';
import type { QueueFacts } from './receipts/queries.js';
import { Receipts } from './receipts/receipts.js';
import type { ReceiptsOptions } from './receipts/receipts.js';

export interface PermanentArchiveOptions {
  db: Db;
  config: ArweaveConfig;
  mediaDir: string;
  keys: Pick<SigningKeys, 'signer' | 'sealArchiveKey' | 'openArchiveKey'>;
  manifests: AdmissionOptions['manifests'];
  broadcasts: FinishedBroadcasts & AdmissionOptions['broadcasts'] & ReceiptsOptions['broadcasts'];
  pins: ReceiptsOptions['pins'];
  log: Log;
  /** That of the settings when left out. */
  network?: ArchiveNetwork & Component;
  now?: () => Date;
  random?: () => number;
}

const MEASURED_MS = 60_000;
const NOTHING: QueueFacts = { waiting: 0, held: 0, dead: 0, oldestAt: null, bytesWaiting: 0, itemsStored: 0, storedLately: 0, spentWinston: '0' };
const WINSTON_PER_AR = 1e12;

/** Everything about storing broadcasts for ever: who decides, the queue, and what can be shown. */
export class PermanentArchive implements Component {
  readonly consent: Consent;
  readonly receipts: Receipts;
  readonly #network: ArchiveNetwork & Component;
  readonly #admission: Admission;
  readonly #worker: ArchiveWorker;
  readonly #now: () => Date;
  readonly #log: Log;
  #facts = NOTHING;
  #timer: NodeJS.Timeout | undefined;
  #pending: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(options: PermanentArchiveOptions) {
    const { db, config, mediaDir, keys, manifests, broadcasts, pins, log, now = () => new Date() } = options;
    const network = options.network ?? openNetwork(config, log);
    const wake = (): void => this.#worker.wake();
    const limits = { broadcast: winstonOf(config.broadcastBudgetAr), day: winstonOf(config.dayBudgetAr), month: winstonOf(config.monthBudgetAr) };
    const maker = new BundleMaker({ mediaDir, signerOf: itemSigners(keys), openKey: (sealed, id) => keys.openArchiveKey(sealed, id) });
    this.#network = network;
    this.#now = now;
    this.#log = log;
    this.#admission = new Admission({ db, mediaDir, manifests, broadcasts, onAdmitted: wake, log, now });
    this.consent = new Consent({ db, openKey: (sealed, id) => keys.openArchiveKey(sealed, id), onChanged: wake, log, now });
    this.receipts = new Receipts({ db, network, admission: this.#admission, broadcasts, pins, limits, isDryRun: config.dryRun, now });
    const [gateway] = network.post;
    if (gateway === undefined) throw new Error('there is a gateway to post to');
    this.#worker = new ArchiveWorker({
      db, log, now,
      planner: new Planner({ db, broadcasts, sealArchiveKey: (id) => keys.sealArchiveKey(id), gateway, log, now }),
      steps: new BundleSteps({ db, maker, broadcasts, network, limits, confirmations: config.confirmations, isDryRun: config.dryRun, now }),
      ...(options.random === undefined ? {} : { random: options.random }),
    });
  }

  async start(): Promise<void> {
    await this.#network.start();
    await this.#worker.start();
    this.#timer = setInterval(() => void this.measure(), MEASURED_MS);
    // Shows of before: nobody waits for them.
    this.#pending = this.#admission.admitMissed(this.#stopping.signal).catch((error: unknown) => this.#log.error('shows that ended may be missing in the archive', { error: messageOf(error) }));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#worker.stop();
    await this.#pending;
    await this.#network.stop();
  }

  /** The recording is complete and its manifest final. Never rejects. */
  async admit(broadcast: { id: string; channelId: string; slug: string }): Promise<void> {
    await this.#admission.admit(broadcast).catch((error: unknown) => this.#log.error('a show is not in the archive', { broadcast: broadcast.id, error: messageOf(error) }));
  }

  /** Does all that is due now; by itself every few seconds. */
  async work(): Promise<void> {
    await this.#worker.work();
  }

  releaseWallet(address: string): void {
    this.#network.wallets.release(address);
    this.#worker.wake();
  }

  /** For metrics; done by itself every minute. */
  async measure(): Promise<void> {
    this.#facts = await this.receipts.queue().catch(() => this.#facts);
  }

  get measures(): { name: string; help: string; read: () => number }[] {
    const balance = (): bigint => this.#network.wallets.list().reduce((sum, { balanceWinston }) => sum + BigInt(balanceWinston ?? 0), 0n);
    return [
      { name: 'tidemark_archive_waiting', help: 'Bundles on their way to Arweave', read: () => this.#facts.waiting },
      { name: 'tidemark_archive_held', help: 'Bundles that wait for a budget or a wallet', read: () => this.#facts.held },
      { name: 'tidemark_archive_dead', help: 'Bundles that wait for a person', read: () => this.#facts.dead },
      { name: 'tidemark_archive_oldest_seconds', help: 'Age of the oldest bundle that is not stored', read: () => (this.#facts.oldestAt === null ? 0 : (this.#now().getTime() - this.#facts.oldestAt.getTime()) / 1_000) },
      { name: 'tidemark_archive_items_stored', help: 'Files that were fetched back from Arweave', read: () => this.#facts.itemsStored },
      { name: 'tidemark_archive_spent_ar', help: 'Paid for all that was signed', read: () => Number(this.#facts.spentWinston) / WINSTON_PER_AR },
      { name: 'tidemark_archive_balance_ar', help: 'Of all wallets', read: () => Number(balance()) / WINSTON_PER_AR },
    ];
  }
}

function itemSigners(keys: Pick<SigningKeys, 'signer'>) {
  return async (channelId: string) => {
    const signer = await keys.signer(channelId);
    return { publicKey: keyBytesOf(signer.key), sign: (bytes: Uint8Array) => signer.sign(Buffer.from(bytes)) };
  };
}

function openNetwork({ gatewayUrls, checkGatewayUrls, walletFiles, lowBalanceAr }: ArweaveConfig, log: Log): ArchiveNetwork & Component {
  const post = gatewayUrls.map((url) => new ArweaveGateway({ url }));
  const check = checkGatewayUrls.map((url) => new ArweaveGateway({ url }));
  const balanceOf = async (address: string, signal: AbortSignal): Promise<bigint> => {
    const [first] = post;
    if (first === undefined) throw new Error('there is a gateway to ask');
    return first.balance(address, signal);
  };
  const wallets = new Wallets({ files: walletFiles, balanceOf, lowWinston: winstonOf(lowBalanceAr), log });
  return { post, check, wallets, start: () => wallets.start(), stop: () => wallets.stop() };
}
