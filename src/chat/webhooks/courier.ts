import { messageOf } from '../../platform/index.js';
import type { Component, Db, Log } from '../../platform/index.js';
import { deliveryBackoffMs, hookBackoffMs } from './backoff.js';
import { clearFailures, deleteOldReports, disableWebhook, dropExcess, listDueTargets, reportDelivery, setFailures, takeDeliveries } from './queries.js';
import type { Delivery, Target } from './queries.js';
import type { Outcome, Sender } from './sender.js';

export interface CourierOptions {
  db: Db;
  sender: Pick<Sender, 'send'>;
  /** Of one webhook that may wait; over it, the oldest messages are dropped. */
  maxWaiting?: number;
  log: Log;
  now?: () => Date;
  /** 0 to 1. */
  random?: () => number;
}

/** Tries of one event. */
const MAX_ATTEMPTS = 8;
/** Rounds in a row without success after which a webhook is switched off: about an hour and a half. */
const MAX_FAILURES = 15;
/** Longer than a request takes, its look-up included. */
const LEASE_MS = 30_000;
/** At the same time: webhooks, and requests to one of them. */
const MAX_HOOKS = 16;
const TOGETHER = 8;
/** Rows become visible when their transaction is through, a moment after they were added. */
const SOON_MS = 50;
const POLL_MS = 2_000;
const SWEEP_MS = 10_000;
const MAX_WAITING = 10_000;
const KEPT_REPORTS = 50;
/** RFC 9110 §15.5.11: it is gone, and means to stay so. */
const GONE = 410;

/** Takes what waits in the outbox to the webhooks, on whichever server is first. */
export class Courier implements Component {
  readonly #options: CourierOptions;
  readonly #db: Db;
  readonly #now: () => Date;
  readonly #random: () => number;
  /** Webhooks that are being sent to. */
  readonly #busy = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #sweptMs = 0;
  #isStopped = false;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#now = options.now ?? (() => new Date());
    this.#random = options.random ?? Math.random;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.wake(), POLL_MS);
  }

  /** Lets the requests under way end: their outcome is written down. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    await this.#round;
    await Promise.all(this.#busy.values());
  }

  /** Something waits. */
  wake(): void {
    if (this.#isStopped) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#round = this.#round.then(() => this.#look()).catch((error: unknown) => this.#options.log.error('webhooks could not be looked at', { error: messageOf(error) }));
    }, SOON_MS);
  }

  async #look(): Promise<void> {
    if (this.#isStopped) return;
    await this.#sweep();
    const due = await listDueTargets(this.#db, { now: this.#now(), except: [...this.#busy.keys()], limit: MAX_HOOKS - this.#busy.size });
    for (const target of due) this.#busy.set(target.id, this.#serve(target));
  }

  /** Sends a few, the oldest first, then comes back for more. */
  async #serve(target: Target): Promise<void> {
    try {
      const now = this.#now();
      // One that fails is asked with one event whether it is back.
      const limit = target.failures > 0 ? 1 : TOGETHER;
      const taken = await takeDeliveries(this.#db, { hookId: target.id, now, leaseUntil: new Date(now.getTime() + LEASE_MS), limit });
      const outcomes = await Promise.all(taken.map((delivery) => this.#deliver(target, delivery)));
      if (outcomes.length === 0) return;
      await this.#judge(target, outcomes);
      this.wake();
    } catch (error) {
      this.#options.log.error('a webhook could not be served', { webhook: target.id, error: messageOf(error) });
    } finally {
      this.#busy.delete(target.id);
    }
  }

  async #deliver({ url, secret }: Target, { id, event, body, attempts }: Delivery): Promise<Outcome> {
    const outcome = await this.#options.sender.send({ url, secret, id, event, body });
    const at = this.#now();
    const isOver = attempts >= MAX_ATTEMPTS;
    const nextAt = new Date(at.getTime() + deliveryBackoffMs(attempts, this.#random()));
    if (outcome.error === null) await reportDelivery(this.#db, id, { state: 'delivered', at, ...outcome });
    else await reportDelivery(this.#db, id, isOver ? { state: 'failed', at, ...outcome } : { state: 'waiting', at, nextAt, ...outcome });
    return outcome;
  }

  /** A webhook that took anything is well; one that takes nothing is left alone for longer each time, then for good. */
  async #judge({ id, failures: before }: Target, outcomes: Outcome[]): Promise<void> {
    const last = outcomes.at(-1)?.error ?? '';
    if (outcomes.some(({ status }) => status === GONE)) return this.#disable(id, 'the receiver says that it is gone (410)');
    if (outcomes.some(({ error }) => error === null)) return clearFailures(this.#db, id);
    const failures = before + 1;
    if (failures >= MAX_FAILURES) return this.#disable(id, `nothing got through ${failures} times in a row; the last time: ${last}`);
    await setFailures(this.#db, id, { failures, retryAt: new Date(this.#now().getTime() + hookBackoffMs(failures, this.#random())) });
  }

  async #disable(id: string, reason: string): Promise<void> {
    if (await disableWebhook(this.#db, id, { at: this.#now(), reason })) this.#options.log.warn('webhook disabled', { webhook: id, reason });
  }

  async #sweep(): Promise<void> {
    const nowMs = performance.now();
    if (this.#sweptMs !== 0 && nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs;
    const dropped = await dropExcess(this.#db, this.#options.maxWaiting ?? MAX_WAITING);
    if (dropped > 0) this.#options.log.warn('webhooks lag: their oldest messages are dropped', { dropped });
    await deleteOldReports(this.#db, KEPT_REPORTS);
  }
}
