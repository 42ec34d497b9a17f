import { withDeadline, messageOf } from '../../platform/index.js';
import type { Db } from '../../platform/index.js';
import type { Admission } from '../consent/admission.js';
import { listVetoes } from '../consent/queries.js';
import type { StoredSettings } from '../consent/queries.js';
import { ArchiveUnknown } from '../errors.js';
import { KeptTexts } from '../kept-texts.js';
import { listLog } from '../log/queries.js';
import type { Pins } from '../ipfs/pins.js';
import type { PinView } from '../ipfs/queries.js';
import type { Amounts } from '../arweave/budget.js';
import { hostOf, originOf } from '../queue/network.js';
import type { ArchiveNetwork, Gateway } from '../queue/network.js';
import { bundleSize, TIERS } from '../queue/plan.js';
import { sumSpent } from '../queue/queries.js';
import { fileStateOf } from './file-state.js';
import { findCard, listCards, listDead, listFiles, listSums, listUnstored, readQueue, readVersion } from './queries.js';
import type { ArchiveCard, DeadBundle, FileRow, QueueFacts } from './queries.js';
import type { AdminView, ArchiveView, DeadView, EstimateView, FileView, GatewayView, PinnedView, ReceiptsView, SettingsView, SummaryView } from './views.js';

export interface ReceiptsOptions {
  db: Db;
  network: ArchiveNetwork;
  admission: Pick<Admission, 'listTiers'>;
  broadcasts: { findCard(id: string): Promise<{ title: string; startedAt: Date } | undefined> };
  pins: Pick<Pins, 'pinsOf' | 'nodes'>;
  limits: Amounts;
  isDryRun: boolean;
  now: () => Date;
}

const SHOWN_ARCHIVES = 100;
const SHOWN_DEAD = 100;
const SHOWN_LOG = 200;
const LATELY_MIN = 10;
/** Of a long show one is megabytes. */
const TEXTS_KEPT = 8;
/** A page does not wait longer for a gateway to say that it is up. */
const GATEWAY_MS = 3_000;

/** What the permanent archive looks like: to whoever sees the recording, to its owner, to the operator. */
export class Receipts {
  readonly #options: ReceiptsOptions;
  readonly #db: Db;
  readonly #texts = new KeptTexts(TEXTS_KEPT);

  constructor(options: ReceiptsOptions) {
    this.#options = options;
    this.#db = options.db;
  }

  async find(id: string): Promise<ArchiveCard | undefined> {
    return findCard(this.#db, id);
  }

  /** Broadcasts whose files must not go yet. */
  async listNeeded(): Promise<string[]> {
    return listUnstored(this.#db);
  }

  /** For everybody who may see the recording: without reasons, which may be about people. */
  async publicView(id: string, { withFiles }: { withFiles: boolean }): Promise<ReceiptsView> {
    return { ...await this.#view(id, withFiles), reason: null };
  }

  /** The same as text, which is made once for all who ask while nothing changes. */
  async publicText(id: string, { withFiles }: { withFiles: boolean }): Promise<string> {
    const [key, version] = [`${id} ${withFiles}`, JSON.stringify([await readVersion(this.#db, id), await this.#options.pins.pinsOf(id)])];
    return this.#texts.find(key, version) ?? this.#texts.keep(key, version, JSON.stringify(await this.publicView(id, { withFiles })));
  }

  /** For owner and moderators. */
  async view(id: string): Promise<ArchiveView> {
    const [view, dead, vetoes, log] = [await this.#view(id, true), await listDead(this.#db, { broadcastId: id, limit: SHOWN_DEAD }), await listVetoes(this.#db, id), await listLog(this.#db, id, SHOWN_LOG)];
    return {
      ...view,
      deadLetters: dead.map(deadView),
      vetoes: vetoes.map(({ fromMs, toMs, reason, actor, at }) => ({ fromMs, toMs, reason, by: actor, at: at.toISOString() })),
      log: log.map(({ at, actor, action, detail }) => ({ at: at.toISOString(), by: actor, action, detail })),
    };
  }

  /** The archives of a channel, the newest first. */
  async list(channelId: string): Promise<SummaryView[]> {
    const cards = await listCards(this.#db, channelId, SHOWN_ARCHIVES);
    const sums = await listSums(this.#db, cards.map(({ broadcastId }) => broadcastId));
    return Promise.all(cards.map(async ({ broadcastId, state, reason, holdUntil, tier, isEncrypted, createdAt }) => {
      const shown = await this.#options.broadcasts.findCard(broadcastId);
      return {
        broadcast: broadcastId, title: shown?.title ?? '', startedAt: (shown?.startedAt ?? createdAt).toISOString(), state, reason, holdUntil: holdUntil.toISOString(), tier, isEncrypted,
        ...sums.get(broadcastId) ?? NOTHING,
      };
    }));
  }

  /** What each tier of a broadcast would cost now. @throws {ArchiveUnknown} while its manifest has no end */
  async estimate(id: string): Promise<EstimateView[]> {
    const gateway = this.#posting();
    const listed = await this.#options.admission.listTiers(id, TIERS, { withChat: true });
    if (listed === undefined) throw new ArchiveUnknown();
    return Promise.all([...listed].map(async ([tier, files]) => {
      const sizeBytes = bundleSize(files);
      return { tier, sizeBytes, winston: (await gateway.price(sizeBytes)).toString(), gateway: originOf(gateway.url) };
    }));
  }

  settingsView(settings: StoredSettings): SettingsView {
    return { ...settings, turnedOnAt: settings.turnedOnAt?.toISOString() ?? null, problem: this.problem() };
  }

  /** Why nothing can be stored now, in words; null when it can. */
  problem(): string | null {
    const { isDryRun, network: { wallets, check, post } } = this.#options;
    const listed = wallets.list();
    if (isDryRun) return 'this server only tries out what would be stored (dry run)';
    if (listed.length === 0) return 'this server has no wallet that pays';
    if (!listed.some(({ state }) => state === 'ok' || state === 'low')) return 'none of the wallets can pay now';
    return check.some(({ url }) => post.some((one) => hostOf(one.url) !== hostOf(url))) ? null : 'this server has no second gateway, which is needed to check what is stored';
  }

  async admin(): Promise<AdminView> {
    const { network, limits, isDryRun, now, pins } = this.#options;
    const [queue, spent] = [await this.queue(), await sumSpent(this.#db, NO_BROADCAST, now())];
    return {
      queue: { waiting: queue.waiting, held: queue.held, dead: queue.dead, oldestAt: queue.oldestAt?.toISOString() ?? null, storedPerMin: queue.storedLately / LATELY_MIN, bytesWaiting: queue.bytesWaiting },
      wallets: network.wallets.list(),
      gateways: await Promise.all([...network.post.map((gateway) => stateOf(gateway, 'post')), ...network.check.map((gateway) => stateOf(gateway, 'check'))]),
      nodes: await pins.nodes(),
      budget: { daySpentWinston: spent.day.toString(), dayLimitWinston: limits.day.toString(), monthSpentWinston: spent.month.toString(), monthLimitWinston: limits.month.toString() },
      dryRun: isDryRun,
      deadLetters: (await listDead(this.#db, { limit: SHOWN_DEAD })).map(deadView),
    };
  }

  async queue(): Promise<QueueFacts> {
    return readQueue(this.#db, this.#options.now());
  }

  async #view(id: string, withFiles: boolean): Promise<ReceiptsView> {
    const [card, pins] = [await findCard(this.#db, id), (await this.#options.pins.pinsOf(id)).map(pinnedView)];
    if (card === undefined) return { broadcast: id, state: 'off', reason: null, holdUntil: null, tier: null, isEncrypted: false, pathManifest: null, spentWinston: '0', estimatedWinston: null, files: [], pins };
    const { state, reason, holdUntil, tier, isEncrypted, pathManifestId, estimatedWinston } = card;
    const [files, sums] = [withFiles ? await listFiles(this.#db, id) : [], (await listSums(this.#db, [id])).get(id) ?? NOTHING];
    return {
      broadcast: id, state, reason, holdUntil: holdUntil.toISOString(), tier, isEncrypted,
      pathManifest: pathManifestId === null ? null : { id: pathManifestId, urls: this.#urls().map((url) => `${url}/${pathManifestId}/master.m3u8`) },
      spentWinston: sums.spentWinston, estimatedWinston,
      files: files.map((file) => this.#fileView(file, card)), pins,
    };
  }

  #fileView(file: FileRow, { state }: ArchiveCard): FileView {
    const { name, rendition, number, startUs, durationUs, cid, sizeBytes, itemId, transactionId, storedAt, fetchedFrom } = file;
    return {
      name, rendition, number, startUs, durationUs, cid, sizeBytes,
      state: fileStateOf(file, state),
      arweave: itemId === null || transactionId === null ? null : { item: itemId, transaction: transactionId, url: `${originOf(fetchedFrom ?? this.#posting().url)}/${itemId}` },
      receipt: storedAt === null || fetchedFrom === null ? null : { storedAt: storedAt.toISOString(), fetchedFrom: originOf(fetchedFrom) },
    };
  }

  #urls(): string[] {
    const { check, post } = this.#options.network;
    return [...new Set([...check, ...post].map(({ url }) => originOf(url)))];
  }

  #posting(): Gateway {
    const [first] = this.#options.network.post;
    if (first === undefined) throw new Error('there is a gateway to post to');
    return first;
  }
}

const NOTHING = { files: 0, filesStored: 0, sizeBytes: 0, spentWinston: '0', deadLetters: 0 };
const BUG_TEXT = 'a bug of this server: its log says more';
/** Of all broadcasts only the sums over time are asked for. */
const NO_BROADCAST = '00000000-0000-0000-0000-000000000000';

async function stateOf(gateway: Gateway, role: GatewayView['role']): Promise<GatewayView> {
  const error = await withDeadline(gateway.height(), GATEWAY_MS).then(() => null, messageOf);
  return { url: gateway.url, role, isUp: error === null, error };
}

function pinnedView({ checkedAt, ...pin }: PinView): PinnedView {
  return { ...pin, checkedAt: checkedAt?.toISOString() ?? null };
}

/** What a bug says of itself may have paths and queries in it. */
function deadView({ since, error, ...dead }: DeadBundle): DeadView {
  return { ...dead, error: dead.fault === 'bug' ? BUG_TEXT : error, since: since.toISOString() };
}
