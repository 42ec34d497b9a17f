import type { Db } from '../../platform/index.js';
import { findBot } from '../bots/queries.js';
import { ChatUserUnknown } from '../errors.js';
import { deleteEvidence, findPerson, isSuspect, listActiveSanctions, listOnSameDevice, upsertEvidence } from './queries.js';
import type { Origin, Person } from './queries.js';
import { isTrusted, roleOf, tierOf } from './standing.js';
import type { Standing } from './standing.js';

export interface PeopleOptions {
  db: Db;
  /** How long it is remembered where somebody wrote from, days. */
  evidenceDays: number;
  now?: () => Date;
}

const DAY_MS = 86_400_000;
const SWEEP_MS = 6 * 3_600_000;
/** The same evidence of the same account is written again after this time. */
const NOTED_MS = 3_600_000;
const MAX_NOTED = 20_000;
const SUSPICION_MS = 3_000;
const MAX_SAME_DEVICE = 20;

/** Who somebody is in a room. The database is asked each time, so that a ban holds at once on every server. */
export class People {
  readonly #options: PeopleOptions;
  readonly #db: Db;
  readonly #now: () => Date;
  /** Account and origin → when it was written down. */
  readonly #noted = new Map<string, number>();
  readonly #suspicions = new Map<string, { isSuspect: boolean; readMs: number }>();
  #sweptMs = 0;

  constructor(options: PeopleOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#now = options.now ?? (() => new Date());
  }

  /** Undefined for an account that is gone. Without an origin, only what stands against the account itself counts. */
  async standing(channelId: string, userId: string, origin?: Origin): Promise<Standing | undefined> {
    const person = await findPerson(this.#db, channelId, { userId });
    if (person === undefined) return this.#bot(channelId, userId);
    if (person.isAccountBanned) return undefined;
    const role = roleOf(person);
    const now = this.#now();
    // Who helps to moderate has been looked at; a sibling's device does not count against them.
    const device = isTrusted(role) ? undefined : origin?.device;
    const evidenceSince = this.#evidenceSince();
    const sanctions = await listActiveSanctions(this.#db, { channelId, userId, device, evidenceSince, now });
    const { username, createdAt, followsSince } = person;
    return {
      user: { id: userId, username },
      role,
      tier: role === 'follower' && followsSince !== null ? tierOf(followsSince, now) : undefined,
      followsSince: followsSince ?? undefined,
      sanctions,
      isSuspect: !isTrusted(role) && origin !== undefined && await this.#isSuspect({ channelId, userId, createdAt, address: origin.address, evidenceSince, now }),
    };
  }

  /** Asked with each message, and hardly ever another answer than a moment ago. */
  async #isSuspect(wish: Parameters<typeof isSuspect>[1]): Promise<boolean> {
    const name = `${wish.channelId} ${wish.userId} ${wish.address}`;
    const known = this.#suspicions.get(name);
    if (known !== undefined && performance.now() - known.readMs < SUSPICION_MS) return known.isSuspect;
    const found = { isSuspect: await isSuspect(this.#db, wish), readMs: performance.now() };
    if (this.#suspicions.size >= MAX_NOTED) this.#suspicions.clear();
    this.#suspicions.set(name, found);
    return found.isSuspect;
  }

  /** Somebody by name, for who acts on them. @throws {ChatUserUnknown} */
  async named(channelId: string, username: string): Promise<Person & { role: Standing['role'] }> {
    const person = await findPerson(this.#db, channelId, { username });
    if (person === undefined) throw new ChatUserUnknown(username);
    return { ...person, role: roleOf(person) };
  }

  /** Accounts that used the same device lately. */
  async onSameDevice(userId: string): Promise<string[]> {
    return listOnSameDevice(this.#db, { userId, evidenceSince: this.#evidenceSince(), limit: MAX_SAME_DEVICE });
  }

  /** Remembers where an account wrote from, for as long as the configuration says. */
  async note(userId: string, origin: Origin): Promise<void> {
    const key = `${userId} ${origin.device} ${origin.address}`;
    const nowMs = this.#now().getTime();
    if (nowMs - (this.#noted.get(key) ?? 0) < NOTED_MS) return;
    if (this.#noted.size >= MAX_NOTED) this.#noted.clear();
    this.#noted.set(key, nowMs);
    await upsertEvidence(this.#db, userId, origin, this.#now());
    await this.#sweep(nowMs);
  }

  /** The owner vouches for it: modes do not bind it. It moderates if its token says so. */
  async #bot(channelId: string, id: string): Promise<Standing | undefined> {
    const bot = await findBot(this.#db, channelId, id);
    if (bot === undefined) return undefined;
    const role = bot.scopes.includes('moderate') ? 'moderator' : 'vip';
    return { user: { id, username: bot.name }, role, tier: undefined, followsSince: undefined, sanctions: [], isSuspect: false, isBot: true };
  }

  /** What is older proves nothing any more. */
  #evidenceSince(): Date {
    return new Date(this.#now().getTime() - this.#options.evidenceDays * DAY_MS);
  }

  async #sweep(nowMs: number): Promise<void> {
    if (nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs;
    await deleteEvidence(this.#db, this.#evidenceSince());
  }
}
