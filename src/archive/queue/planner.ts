import { randomUUID } from 'node:crypto';
import type { Db, Log } from '../../platform/index.js';
import { messageOf } from '../../platform/index.js';
import { contentName } from '../cid/content-hash.js';
import { whyKept } from '../consent/departure.js';
import type { Gateway } from './network.js';
import { bundleSize, cutArchive, isTooLong } from './plan.js';
import type { CutBundle, PlannedFile } from './plan.js';
import { findArchive, insertPlan, listWanted, putOffPlan } from './queries.js';
import type { ArchiveRow, PlannedBundle } from './queries.js';

/** What a finished broadcast is, to whoever plans its archive. */
export interface FinishedBroadcasts {
  /** Undefined when there is no recording of it any more. */
  visibilityOf(id: string): Promise<'public' | 'unlisted' | 'private' | undefined>;
  /** Playlists of those segments that there are, with relative addresses. */
  playlistsOf(id: string, hasFile: (name: string) => boolean): Promise<{ name: string; text: string }[]>;
}

export interface PlannerOptions {
  db: Db;
  broadcasts: FinishedBroadcasts;
  sealArchiveKey: (broadcastId: string) => string;
  /** Asked what it costs. */
  gateway: Pick<Gateway, 'price'>;
  log: Log;
  now: () => Date;
}

/** A recording may become public again. */
const KEPT_RETRY_MS = 600_000;

type PlacedFile = PlannedFile & { place: number };
/** With its text when no file has it. */
type PlacedText = PlacedFile & { content?: string };

/** Makes bundles of what nobody vetoed, once the time for vetoes is over. */
export class Planner {
  readonly #options: PlannerOptions;
  readonly #db: Db;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#db = options.db;
  }

  async plan(id: string): Promise<void> {
    const { broadcasts, sealArchiveKey, now } = this.#options;
    const archive = await findArchive(this.#db, id);
    if (archive === undefined || !(await this.#isReady(archive))) return;
    const wanted = await listWanted(this.#db, id);
    const media = wanted.filter(({ rendition }) => rendition !== null);
    const texts = media.length === 0 ? [] : placed(await broadcasts.playlistsOf(id, nameSet(media)), wanted);
    const bundles = cutArchive<PlacedText>(wanted, texts).map(bundleOf);
    const sealedKey = archive.isEncrypted ? sealArchiveKey(id) : null;
    const estimatedWinston = await this.#estimate(bundles);
    if (!(await insertPlan(this.#db, id, { bundles, files: wanted.length, sealedKey, estimatedWinston, now: now() }))) return;
    this.#options.log.info('archive planned', { broadcast: id, bundles: bundles.length, files: wanted.length });
    for (const { name, sizeBytes } of wanted.filter(isTooLong)) this.#options.log.warn('a file is too long to be stored for ever', { broadcast: id, file: name, sizeBytes });
  }

  async #isReady(archive: ArchiveRow): Promise<boolean> {
    const reason = await whyKept(this.#db, archive, this.#options.broadcasts);
    if (reason === undefined) return true;
    await putOffPlan(this.#db, archive.broadcastId, { reason, dueAt: new Date(this.#options.now().getTime() + KEPT_RETRY_MS) });
    return false;
  }

  /** A plan does not wait for a price. */
  async #estimate(bundles: { sizeBytes: number }[]): Promise<bigint | undefined> {
    return this.#options.gateway.price(bundles.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).catch((error: unknown) => {
      this.#options.log.warn('the price of an archive is not known', { error: messageOf(error) });
      return undefined;
    });
  }
}

function nameSet(files: PlannedFile[]): (name: string) => boolean {
  const names = new Set(files.map(({ name }) => name));
  return (name) => names.has(name);
}

/** Texts become files, behind those that are there. */
function placed(texts: { name: string; text: string }[], files: PlacedFile[]): PlacedText[] {
  const first = (files.at(-1)?.place ?? -1) + 1;
  return texts.map(({ name, text }, at) => {
    const { cid, sizeBytes } = contentName([Buffer.from(text)]);
    return { name, content: text, place: first + at, cid: cid.toString(), sizeBytes, rendition: null, number: null, startUs: null, durationUs: null };
  });
}

function bundleOf({ kind, files }: CutBundle<PlacedText>): PlannedBundle {
  const texts = files.flatMap(({ content, ...file }) => (content === undefined ? [] : [{ ...file, content }]));
  return { id: randomUUID(), kind, sizeBytes: bundleSize(files), places: files.filter(({ content }) => content === undefined).map(({ place }) => place), texts };
}
