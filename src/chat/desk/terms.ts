import type { Db } from '../../platform/index.js';
import { TermUnknown, TermUnusable, TooManyTerms } from '../errors.js';
import type { BlockedTerm } from '../events.js';
import type { Audit } from '../moderation/audit.js';
import type { Moderator } from '../moderation/moderation.js';
import type { RoomChannel } from '../socket/connection.js';
import { parseTerm } from '../text/terms.js';
import type { Term } from '../text/terms.js';
import { countTerms, deleteTerm, listTerms, upsertTerm } from './queries.js';

const MAX_TERMS = 500;
/** Patterns of all channels that are kept parsed. */
const MAX_PARSED = 10_000;
/** What another server changed counts here so much later at most. */
const FRESH_MS = 1_000;
const MAX_KEPT = 1_000;

/** What is looked for, and what becomes of a message that has it. */
interface Rule {
  term: Term;
  action: BlockedTerm['action'];
}

/** Words that a channel does not take, or looks at first. */
export class Terms {
  readonly #db: Db;
  readonly #audit: Audit;
  readonly #parsed = new Map<string, Term | undefined>();
  /** Rules of channels that were asked for a moment ago, since each message asks. */
  readonly #kept = new Map<string, { rules: Rule[]; readMs: number }>();

  constructor(options: { db: Db; audit: Audit }) {
    this.#db = options.db;
    this.#audit = options.audit;
  }

  async list(channelId: string): Promise<BlockedTerm[]> {
    return listTerms(this.#db, channelId);
  }

  /** What messages are looked through for. */
  async rules(channelId: string): Promise<Rule[]> {
    const kept = this.#kept.get(channelId);
    if (kept !== undefined && performance.now() - kept.readMs < FRESH_MS) return kept.rules;
    const readMs = performance.now();
    const rules = (await this.list(channelId)).flatMap(({ pattern, action }) => {
      const term = this.#parse(pattern);
      return term === undefined ? [] : [{ term, action }];
    });
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(channelId, { rules, readMs });
    return rules;
  }

  /** @throws {TermUnusable} {TooManyTerms} */
  async add(channel: RoomChannel, by: Moderator, wish: { pattern: string; action: BlockedTerm['action'] }): Promise<BlockedTerm> {
    const pattern = wish.pattern.toLowerCase().replace(/\s+/g, ' ').trim();
    if (parseTerm(pattern) === undefined) throw new TermUnusable(pattern);
    const added = await this.#audit.act(channel, by.user.id, { act: 'add-term', detail: { pattern, action: wish.action } }, async (tx, { at }) => {
      const term = await upsertTerm(tx, { channelId: channel.id, pattern, action: wish.action, at });
      if ((await countTerms(tx, channel.id)) > MAX_TERMS) throw new TooManyTerms(MAX_TERMS);
      return term;
    });
    this.#kept.delete(channel.id);
    return added;
  }

  /** @throws {TermUnknown} */
  async remove(channel: RoomChannel, by: Moderator, id: string): Promise<void> {
    const term = (await this.list(channel.id)).find((known) => known.id === id);
    if (term === undefined) throw new TermUnknown();
    const { pattern, action } = term;
    await this.#audit.act(channel, by.user.id, { act: 'remove-term', detail: { pattern, action } }, async (tx) => {
      if ((await deleteTerm(tx, channel.id, id)) === undefined) throw new TermUnknown();
    });
    this.#kept.delete(channel.id);
  }

  #parse(pattern: string): Term | undefined {
    if (!this.#parsed.has(pattern)) {
      if (this.#parsed.size >= MAX_PARSED) this.#parsed.clear();
      this.#parsed.set(pattern, parseTerm(pattern));
    }
    return this.#parsed.get(pattern);
  }
}
