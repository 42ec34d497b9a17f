import { stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../platform/index.js';
import type { Db, Log } from '../../platform/index.js';
import { checkChain } from '../manifest/manifest-chain.js';
import { MANIFEST_FILE } from '../manifest/manifest-file.js';
import { hashFile } from '../manifest/manifests.js';
import { looseFilesOf, mediaOf } from '../queue/plan.js';
import type { PlannedFile, ShowFacts, Tier } from '../queue/plan.js';
import { findArchive } from '../queue/queries.js';
import { insertLog } from '../log/queries.js';
import { findSettings, insertArchive, listChannelsOn } from './queries.js';

export interface AdmissionOptions {
  db: Db;
  mediaDir: string;
  manifests: { find(id: string): Promise<Uint8Array[] | undefined> };
  broadcasts: {
    factsOf(id: string): Promise<ShowFacts>;
    /** Finished shows of a channel that ended later than that. */
    listEnded(channelId: string, since: Date): Promise<{ id: string; slug: string }[]>;
  };
  onAdmitted: () => void;
  log: Log;
  now: () => Date;
}

const HOUR_MS = 3_600_000;
const STATS_TOGETHER = 64;

/** Takes finished broadcasts of channels that want it into the permanent archive. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #db: Db;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#db = options.db;
  }

  /** The recording is complete and its manifest final: its hold begins, when the channel's owner turned the archive on. Again: nothing happens. */
  async admit(broadcast: { id: string; channelId: string; slug: string }): Promise<void> {
    const { id, channelId, slug } = broadcast;
    const settings = await findSettings(this.#db, channelId);
    if (settings === undefined || !settings.isOn || (await findArchive(this.#db, id)) !== undefined) return;
    const { tier, isEncrypted, holdHours, withChat } = settings;
    const files = (await this.listTiers(id, [tier], { withChat }))?.get(tier);
    if (files === undefined) return;
    const now = this.#options.now();
    const archive = { broadcastId: id, channelId, slug, tier, isEncrypted, holdUntil: new Date(now.getTime() + holdHours * HOUR_MS), now };
    if (!(await insertArchive(this.#db, archive, files))) return;
    await insertLog(this.#db, { at: now, actor: 'server', broadcastId: id, channelId, action: 'admitted', detail: `${tier}${isEncrypted ? ', encrypted' : ''}, held for ${holdHours} hours` });
    this.#options.log.info('archive held', { broadcast: id, channel: slug, hours: holdHours, files: files.length });
    this.#options.onAdmitted();
  }

  /** Shows that ended, and whose end a crash kept from being told. */
  async admitMissed(stopped: AbortSignal): Promise<void> {
    for (const { channelId, since } of await listChannelsOn(this.#db)) {
      for (const { id, slug } of await this.#options.broadcasts.listEnded(channelId, since)) {
        if (stopped.aborted) return;
        await this.admit({ id, channelId, slug }).catch((error: unknown) => this.#options.log.error('a show is not in the archive', { broadcast: id, error: messageOf(error) }));
      }
    }
  }

  /** What tiers would store of a broadcast, as far as it is on the disk; undefined while its manifest has no end. @param tiers each with all that is in those before it */
  async listTiers(id: string, tiers: readonly Tier[], { withChat }: { withChat: boolean }): Promise<Map<Tier, PlannedFile[]> | undefined> {
    const blocks = await this.#options.manifests.find(id);
    const manifest = blocks && checkChain(blocks);
    if (!manifest?.isFinal) return undefined;
    const facts = await this.#options.broadcasts.factsOf(id);
    const planned = tiers.map((tier) => ({ tier, files: [...mediaOf(manifest, tier, facts), ...looseFilesOf(manifest, tier, { withChat })] }));
    const found = new Set((await this.#onDisk(id, planned.at(-1)?.files ?? [])).map(({ name }) => name));
    const { cid, sizeBytes } = await hashFile(path.join(this.#options.mediaDir, id, MANIFEST_FILE));
    const car: PlannedFile = { name: MANIFEST_FILE, rendition: null, number: null, startUs: null, durationUs: null, cid: cid.toString(), sizeBytes };
    return new Map(planned.map(({ tier, files }) => [tier, [...files.filter(({ name }) => found.has(name)), car]]));
  }

  /** The manifest may name what the disk lost. */
  async #onDisk(id: string, files: PlannedFile[]): Promise<PlannedFile[]> {
    const found: PlannedFile[] = [];
    for (let at = 0; at < files.length; at += STATS_TOGETHER) {
      const some = files.slice(at, at + STATS_TOGETHER);
      const sizes = await Promise.all(some.map(({ name }) => stat(path.join(this.#options.mediaDir, id, name)).then(({ size }) => size, () => undefined)));
      found.push(...some.filter(({ sizeBytes }, i) => sizes[i] === sizeBytes));
    }
    return found;
  }
}
