import { messageOf, withDeadline } from '../../platform/index.js';
import type { Component, Db, Log } from '../../platform/index.js';
import { insertLog } from '../log/queries.js';
import { nextBundle } from './bundle-state.js';
import type { StepOutcome } from './bundle-state.js';
import { failureOf, LEASE_MS } from './bundle-steps.js';
import type { BundleSteps } from './bundle-steps.js';
import type { Planner } from './planner.js';
import { findArchive, listHoldsOver, putOffPlan, reportBundle, takeBundle } from './queries.js';
import type { ArchiveRow, Bundle } from './queries.js';
import type { ArchiveState } from './tables.js';

export interface ArchiveWorkerOptions {
  db: Db;
  planner: Pick<Planner, 'plan'>;
  steps: Pick<BundleSteps, 'perform'>;
  log: Log;
  now: () => Date;
  /** 0 to 1. */
  random?: () => number;
  /** Before the second try of what failed, ms. */
  baseMs?: number;
}

const POLL_MS = 5_000;
const BASE_MS = 5_000;
const PLANS_TOGETHER = 10;
const PLAN_RETRY_MS = 60_000;
/** A step that takes longer ends where it is, and goes on in its turn: well within the lease. */
const STEP_MS = 120_000;
/** A request may hang for longer; what it was for is taken up again after the lease. */
const STOP_MS = 8_000;

/** Does what is due, one step at a time, on whichever server is first. All of its memory is in the database. */
export class ArchiveWorker implements Component {
  readonly #options: ArchiveWorkerOptions;
  readonly #db: Db;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  /** A round is about to begin. */
  #isRoundComing = false;

  constructor(options: ArchiveWorkerOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#log = options.log;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.wake(), POLL_MS);
    this.wake();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await withDeadline(this.#round, STOP_MS).catch(() => undefined);
  }

  /** Something may be due. */
  wake(): void {
    if (this.#isRoundComing) return;
    this.#isRoundComing = true;
    void this.work().catch((error: unknown) => {
      this.#log.error('the archive queue could not be looked at', { error: messageOf(error) });
    });
  }

  /** Does all that is due, once what is being done is done: one bundle is in memory at a time. */
  work(): Promise<void> {
    const work = this.#round.then(() => this.#work());
    this.#round = work.catch(() => undefined);
    return work;
  }

  async #work(): Promise<void> {
    // What comes from here on may have been missed, and wakes it again.
    this.#isRoundComing = false;
    while (!this.#stopping.signal.aborted) {
      // Between steps: holds end also while many bundles wait.
      for (const id of await listHoldsOver(this.#db, this.#options.now(), PLANS_TOGETHER)) await this.#plan(id);
      const now = this.#options.now();
      const bundle = await takeBundle(this.#db, { now, leaseUntil: new Date(now.getTime() + LEASE_MS) });
      if (bundle === undefined) return;
      await this.#step(bundle);
    }
  }

  async #plan(id: string): Promise<void> {
    try {
      await this.#options.planner.plan(id);
    } catch (error) {
      this.#log.error('an archive could not be planned; it is tried again', { broadcast: id, error: messageOf(error) });
      await putOffPlan(this.#db, id, { reason: 'it could not be planned, and is tried again', dueAt: new Date(this.#options.now().getTime() + PLAN_RETRY_MS) });
    }
  }

  async #step(bundle: Bundle): Promise<void> {
    const archive = await findArchive(this.#db, bundle.broadcastId);
    if (archive === undefined) return;
    const ended = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(STEP_MS)]);
    const outcome = await this.#options.steps.perform(bundle, archive, ended).catch(failureOf);
    const { random = Math.random, baseMs = BASE_MS, now } = this.#options;
    if (outcome === undefined) return;
    const patch = nextBundle(bundle, outcome, { baseMs, random: random() });
    const state = await reportBundle(this.#db, bundle, patch, now());
    this.#tell(bundle, outcome, patch.state);
    if (state !== undefined) await this.#note(archive, state);
  }

  async #note({ broadcastId, channelId }: ArchiveRow, state: ArchiveState): Promise<void> {
    const at = this.#options.now();
    this.#log.info(`archive ${state}`, { broadcast: broadcastId });
    if (state === 'stored' || state === 'failed') await insertLog(this.#db, { at, actor: 'server', broadcastId, channelId, action: state, detail: '' });
  }

  #tell({ id, broadcastId, state, transaction }: Bundle, outcome: StepOutcome, next: Bundle['state']): void {
    const fields = { broadcast: broadcastId, bundle: id, step: state, transaction: transaction?.id };
    const problem = 'error' in outcome ? { error: outcome.error, fault: outcome.kind === 'failed' ? outcome.fault : 'remote' } : {};
    if (next === 'dead') this.#log.error('a part of an archive needs a person', { ...fields, ...problem });
    else if ('error' in outcome) this.#log.warn('a step of an archive is tried again', { ...fields, ...problem });
    else this.#log.debug('a step of an archive', { ...fields, next });
  }
}
