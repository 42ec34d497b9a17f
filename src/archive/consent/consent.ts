import type { Db, Log } from '../../platform/index.js';
import { ArchiveAlreadyPosted, ArchiveNotConfirmed, ArchiveNotEncrypted, ArchiveStateWrong, ArchiveUnknown, DeadLetterUnknown } from '../errors.js';
import type { TimeRange } from '../queue/plan.js';
import { findArchive, refreshArchive } from '../queue/queries.js';
import type { ArchiveRow } from '../queue/queries.js';
import { destroyKey, doubtArchive, findSettings, insertLog, insertVeto, releaseArchive, reviveBundle, upsertSettings } from './queries.js';
import type { StoredSettings } from './queries.js';

export interface ConsentOptions {
  db: Db;
  /** There may be something to do. */
  onChanged: () => void;
  log: Log;
  now: () => Date;
}

export interface SettingsChanges {
  isOn?: boolean | undefined;
  tier?: StoredSettings['tier'] | undefined;
  isEncrypted?: boolean | undefined;
  holdHours?: number | undefined;
  /** The channel's name, to turn it on. */
  confirm?: string | undefined;
}

/** Nothing is stored for ever until the owner says so. */
const OFF: StoredSettings = { isOn: false, tier: 'audio+360p', isEncrypted: false, holdHours: 24, turnedOnAt: null, turnedOnBy: null };

/** What people decide about the permanent archive. Every decision is written into the log. */
export class Consent {
  readonly #options: ConsentOptions;
  readonly #db: Db;
  readonly #now: () => Date;

  constructor(options: ConsentOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#now = options.now;
  }

  async settings(channelId: string): Promise<StoredSettings> {
    return (await findSettings(this.#db, channelId)) ?? OFF;
  }

  /** For shows that end from now on. @throws {ArchiveNotConfirmed} */
  async change(channel: { id: string; slug: string }, { confirm, ...changes }: SettingsChanges, by: string): Promise<StoredSettings> {
    const before = await this.settings(channel.id);
    const after: StoredSettings = {
      ...before,
      isOn: changes.isOn ?? before.isOn,
      tier: changes.tier ?? before.tier,
      isEncrypted: changes.isEncrypted ?? before.isEncrypted,
      holdHours: changes.holdHours ?? before.holdHours,
    };
    if (after.isOn && !before.isOn) {
      if (confirm !== channel.slug) throw new ArchiveNotConfirmed(channel.slug);
      Object.assign(after, { turnedOnAt: this.#now(), turnedOnBy: by });
    }
    await upsertSettings(this.#db, channel.id, after);
    const action = after.isOn === before.isOn ? 'settings' : after.isOn ? 'turned-on' : 'turned-off';
    await insertLog(this.#db, { at: this.#now(), actor: by, broadcastId: null, channelId: channel.id, action, detail: `${after.tier}${after.isEncrypted ? ', encrypted' : ''}, ${after.holdHours} hours` });
    return after;
  }

  /** Takes a range of a broadcast, or all of it, out of what will be stored. @throws {ArchiveUnknown} {ArchiveAlreadyPosted} */
  async veto(id: string, { fromMs, toMs, reason }: TimeRange & { reason: string }, by: string): Promise<void> {
    const archive = await this.#get(id);
    if (!(await insertVeto(this.#db, id, { fromMs, toMs, reason, actor: by, at: this.#now() }))) throw new ArchiveAlreadyPosted();
    const what = fromMs === null && toMs === null ? 'everything' : `${fromMs ?? 0} ms to ${toMs === null ? 'the end' : `${toMs} ms`}`;
    await this.#note(archive, 'vetoed', by, `${what}: ${reason}`);
  }

  /** Ends the hold now. @throws {ArchiveUnknown} {ArchiveStateWrong} */
  async release(id: string, by: string): Promise<void> {
    const archive = await this.#get(id);
    if (!(await releaseArchive(this.#db, id, this.#now()))) throw new ArchiveStateWrong(archive.state);
    await this.#note(archive, 'released', by);
  }

  /** Destroys the key of an encrypted archive. @throws {ArchiveUnknown} {ArchiveNotEncrypted} {ArchiveNotConfirmed} */
  async erase(id: string, confirm: string, by: string): Promise<void> {
    const archive = await this.#get(id);
    if (!archive.isEncrypted) throw new ArchiveNotEncrypted();
    if (confirm !== archive.slug) throw new ArchiveNotConfirmed(archive.slug);
    await destroyKey(this.#db, id, this.#now());
    await this.#note(archive, 'erased', by);
  }

  /** Everything is fetched back and hashed again. @throws {ArchiveUnknown} {ArchiveStateWrong} */
  async verify(id: string, by: string): Promise<void> {
    const archive = await this.#get(id);
    if (archive.state === 'erased' || !(await doubtArchive(this.#db, id, this.#now()))) throw new ArchiveStateWrong(archive.state);
    await refreshArchive(this.#db, id, this.#now());
    await this.#note(archive, 'verify', by);
  }

  /** @throws {DeadLetterUnknown} */
  async retry(bundleId: string, { broadcastId, channelId }: { broadcastId: string; channelId: string }, by: string): Promise<void> {
    if (!(await reviveBundle(this.#db, bundleId, this.#now()))) throw new DeadLetterUnknown();
    await refreshArchive(this.#db, broadcastId, this.#now());
    await this.#note({ broadcastId, channelId }, 'retried', by, bundleId);
  }

  async #get(id: string): Promise<ArchiveRow> {
    const archive = await findArchive(this.#db, id);
    if (archive === undefined) throw new ArchiveUnknown();
    return archive;
  }

  async #note({ broadcastId, channelId }: Pick<ArchiveRow, 'broadcastId' | 'channelId'>, action: string, by: string, detail = ''): Promise<void> {
    await insertLog(this.#db, { at: this.#now(), actor: by, broadcastId, channelId, action, detail });
    this.#options.log.info(`archive ${action}`, { broadcast: broadcastId, by });
    this.#options.onChanged();
  }
}
