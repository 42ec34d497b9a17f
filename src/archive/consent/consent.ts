import type { Db, Log } from '../../platform/index.js';
import { ArchiveAlreadyPosted, ArchiveNotConfirmed, ArchiveNotEncrypted, ArchiveOwnerOnly, ArchiveRangesTooMany, ArchiveStateWrong, ArchiveUnknown, DeadLetterUnknown } from '../errors.js';
import { TIERS } from '../queue/plan.js';
import type { TimeRange } from '../queue/plan.js';
import { findArchive } from '../queue/queries.js';
import type { ArchiveRow } from '../queue/queries.js';
import { insertLog } from '../log/queries.js';
import { decideSettings, destroyKey, doubtArchive, findSettings, listUnfinished, listVetoes, releaseArchive, reviveBundle, vetoRange, vetoRest } from './queries.js';
import type { StoredSettings } from './queries.js';

export interface ConsentOptions {
  db: Db;
  /** @throws {ArchiveKeyUnusable} */
  openKey: (sealedKey: string, broadcastId: string) => Buffer;
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
  withChat?: boolean | undefined;
  /** The channel's name, when more than before is to be stored, or sooner. */
  confirm?: string | undefined;
}

/** Nothing is stored for ever until the owner says so. */
/** Of one broadcast: more than somebody chooses by hand. */
const MAX_RANGES = 100;
const OFF: StoredSettings = { isOn: false, tier: 'audio+360p', isEncrypted: false, holdHours: 24, withChat: false, turnedOnAt: null, turnedOnBy: null };

export interface ChangedSettings extends StoredSettings {
  /** Transactions of shows that were not finished when it was turned off: nobody can take them back. */
  sent: string[];
}

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

  /** By the owner; off ends what is on its way, all else is for shows that end from now on. @throws {ArchiveNotConfirmed} */
  async change(channel: { id: string; slug: string }, { confirm, ...changes }: SettingsChanges, by: string): Promise<ChangedSettings> {
    return this.#decide(channel, by, (before) => {
      const after = settingsAfter(before, changes, { by, at: this.#now() });
      if (isWider(after, before) && confirm !== channel.slug) throw new ArchiveNotConfirmed(channel.slug);
      return after;
    });
  }

  /** By an admin: less than before. @throws {ArchiveOwnerOnly} */
  async narrow(channel: { id: string; slug: string }, changes: SettingsChanges, by: string): Promise<ChangedSettings> {
    return this.#decide(channel, by, (before) => {
      const after = settingsAfter(before, changes, { by, at: this.#now() });
      if (isWider(after, before)) throw new ArchiveOwnerOnly();
      return after;
    });
  }

  /** Takes a range of a broadcast, or all that was not sent yet, out of what will be stored. Gives the transactions that are out. @throws {ArchiveUnknown} {ArchiveAlreadyPosted} {ArchiveRangesTooMany} */
  async veto(id: string, { fromMs, toMs, reason }: TimeRange & { reason: string }, by: string): Promise<string[]> {
    const archive = await this.#get(id);
    const veto = { fromMs, toMs, reason, actor: by, at: this.#now() };
    if (fromMs === null && toMs === null) return this.#end(archive, veto);
    if ((await listVetoes(this.#db, id)).length >= MAX_RANGES) throw new ArchiveRangesTooMany(MAX_RANGES);
    if (!(await vetoRange(this.#db, id, veto))) throw new ArchiveAlreadyPosted();
    await this.#note(archive, 'vetoed', by, `${fromMs ?? 0} ms to ${toMs === null ? 'the end' : `${toMs} ms`}: ${reason}`);
    return [];
  }

  /** The recording is gone: nothing more of it is sent. */
  async forget(id: string): Promise<void> {
    const archive = await findArchive(this.#db, id);
    if (archive !== undefined) await this.#endUnfinished(archive, { reason: 'the recording was deleted', actor: 'server' });
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
    await this.#note(archive, 'erased', by, outText(await destroyKey(this.#db, id, this.#now())));
  }

  /** The key of an encrypted archive (base64url), with which its owner can read it anywhere. @throws {ArchiveUnknown} {ArchiveNotEncrypted} {ArchiveStateWrong} {ArchiveKeyUnusable} */
  async exportKey(id: string, by: string): Promise<string> {
    const archive = await this.#get(id);
    if (!archive.isEncrypted) throw new ArchiveNotEncrypted();
    if (archive.sealedKey === null) throw new ArchiveStateWrong(archive.state);
    const key = this.#options.openKey(archive.sealedKey, id).toString('base64url');
    await this.#note(archive, 'key-exported', by);
    return key;
  }

  /** Everything is fetched back and hashed again. @throws {ArchiveUnknown} {ArchiveStateWrong} */
  async verify(id: string, by: string): Promise<void> {
    const archive = await this.#get(id);
    if (archive.state === 'erased' || !(await doubtArchive(this.#db, id, this.#now()))) throw new ArchiveStateWrong(archive.state);
    await this.#note(archive, 'verify', by);
  }

  /** @throws {DeadLetterUnknown} */
  async retry(bundleId: string, { broadcastId, channelId }: { broadcastId: string; channelId: string }, by: string): Promise<void> {
    if (!(await reviveBundle(this.#db, { bundleId, broadcastId, now: this.#now() }))) throw new DeadLetterUnknown();
    await this.#note({ broadcastId, channelId }, 'retried', by, bundleId);
  }

  async #decide({ id, slug }: { id: string; slug: string }, by: string, decide: (before: StoredSettings) => StoredSettings): Promise<ChangedSettings> {
    const { before, after } = await decideSettings(this.#db, id, OFF, decide);
    const action = after.isOn === before.isOn ? 'settings' : after.isOn ? 'turned-on' : 'turned-off';
    const detail = `${after.tier}${after.isEncrypted ? ', encrypted' : ''}${after.withChat ? ', with chat' : ''}, ${after.holdHours} hours`;
    await insertLog(this.#db, { at: this.#now(), actor: by, broadcastId: null, channelId: id, action, detail });
    const sent: string[] = [];
    if (action === 'turned-off') for (const broadcastId of await listUnfinished(this.#db, id)) {
      sent.push(...await this.#endUnfinished({ broadcastId, channelId: id }, { reason: `the archive of "${slug}" was turned off`, actor: by }) ?? []);
    }
    return { ...after, sent };
  }

  async #end(archive: ArchiveRow, veto: { reason: string; actor: string }): Promise<string[]> {
    const sent = await this.#endUnfinished(archive, veto);
    if (sent === undefined) throw new ArchiveAlreadyPosted();
    return sent;
  }

  /** Undefined when it is finished already. */
  async #endUnfinished(archive: Pick<ArchiveRow, 'broadcastId' | 'channelId'>, { reason, actor }: { reason: string; actor: string }): Promise<string[] | undefined> {
    const sent = await vetoRest(this.#db, archive.broadcastId, { fromMs: null, toMs: null, reason, actor, at: this.#now() });
    if (sent !== undefined) await this.#note(archive, 'vetoed', actor, `everything${outText(sent)}: ${reason}`);
    return sent;
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

function settingsAfter(before: StoredSettings, { isOn = before.isOn, tier = before.tier, isEncrypted = before.isEncrypted, holdHours = before.holdHours, withChat = before.withChat }: SettingsChanges, { by, at }: { by: string; at: Date }): StoredSettings {
  const after = { ...before, isOn, tier, isEncrypted, holdHours, withChat };
  return isOn && !before.isOn ? { ...after, turnedOnAt: at, turnedOnBy: by } : after;
}

/** Whether more would be stored than before, for more eyes, or sooner. */
function isWider(after: StoredSettings, before: StoredSettings): boolean {
  if (!after.isOn) return false;
  return !before.isOn || TIERS.indexOf(after.tier) > TIERS.indexOf(before.tier) || (before.isEncrypted && !after.isEncrypted) || after.holdHours < before.holdHours || (after.withChat && !before.withChat);
}

/** Which transactions were signed already; nothing when none were. */
function outText(sent: string[]): string {
  return sent.length === 0 ? '' : ` but what is out for ever: ${sent.join(', ')}`;
}
