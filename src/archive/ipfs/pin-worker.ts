import type { Db, Log } from '../../platform/index.js';
import { messageOf } from '../../platform/index.js';
import { BlockUnknown } from '../gateway/errors.js';
import { backoffMs, CircuitBreaker } from './circuit-breaker.js';
import type { PinnedFolder, PinReport, PinTarget } from './pin-target.js';
import { deletePin, renewLease, reportPin, returnPin, takePin } from './queries.js';
import type { TakenPin } from './queries.js';

export interface PinWorkerOptions {
  db: Db;
  target: PinTarget;
  /** Whether strangers may have a recording; what is gone, they may not. */
  isPublic: (broadcastId: string) => Promise<boolean>;
  /** All blocks of a folder as a CAR file. */
  car: (pin: TakenPin) => AsyncIterable<Uint8Array>;
  log: Log;
  now: () => Date;
  random: () => number;
}

const POLL_MS = 5_000;
const CHECK_MS = 60_000;
/** Renewed while a step lasts: an import may take an hour. */
const LEASE_MS = 120_000;
/** How often a target is asked whether it still has what it has, and what it is working on. */
const LOOK_MS = 86_400_000;
const PROGRESS_MS = 60_000;
const RETRY = { baseMs: 15_000, maxMs: 3_600_000 };
/** Tries after which a recording counts as failed; it is tried on, once a day. */
const MAX_ATTEMPTS = 8;

/** Brings one target to have what it should have, one recording at a time. */
export class PinWorker {
  readonly #options: PinWorkerOptions;
  readonly #breaker: CircuitBreaker;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #isWoken = false;
  #checkedMs = -Infinity;

  constructor(options: PinWorkerOptions) {
    this.#options = options;
    this.#breaker = new CircuitBreaker({ now: () => options.now().getTime(), random: options.random });
  }

  get target(): PinTarget {
    return this.#options.target;
  }

  /** Why it is not well; undefined when it is. */
  get problem(): string | undefined {
    return this.#breaker.error;
  }

  start(): void {
    this.#timer = setInterval(() => this.wake(), POLL_MS);
    this.wake();
  }

  /** What is under way is given up, and taken up again by whoever comes next. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#round;
  }

  /** Something may be due. */
  wake(): void {
    this.#isWoken = true;
    this.#round ??= this.#work().catch((error: unknown) => this.#options.log.error('pins could not be looked at', { target: this.target.name, error: messageOf(error) })).finally(() => { this.#round = undefined; });
  }

  async #work(): Promise<void> {
    while (this.#isWoken && !this.#stopped.signal.aborted && this.#breaker.isClosed && await this.#isWell()) {
      this.#isWoken = false;
      const now = this.#options.now();
      const pin = await takePin(this.#options.db, { target: this.target.name, now, leaseUntil: new Date(now.getTime() + LEASE_MS) });
      if (pin === undefined) continue;
      await this.#serve(pin);
      this.#isWoken = true;
    }
  }

  /** Asked each minute, and before anything is sent to who failed: an import is too much for a question. */
  async #isWell(): Promise<boolean> {
    const nowMs = this.#options.now().getTime();
    if (this.problem === undefined && nowMs - this.#checkedMs < CHECK_MS) return true;
    this.#checkedMs = nowMs;
    try {
      await this.target.check(this.#stopped.signal);
      if (this.problem !== undefined) this.#options.log.info('the target for pins answers again', { target: this.target.name });
      this.#breaker.succeed();
      return true;
    } catch (error) {
      if (this.problem === undefined) this.#options.log.warn('the target for pins does not answer', { target: this.target.name, error: messageOf(error) });
      this.#breaker.fail(messageOf(error), { isDown: true });
      return false;
    }
  }

  async #serve(pin: TakenPin): Promise<void> {
    const { db, now } = this.#options;
    const lease = setInterval(() => void renewLease(db, pin, new Date(now().getTime() + LEASE_MS)).catch(() => undefined), LEASE_MS / 4);
    try {
      const report = await this.#step(pin);
      this.#breaker.succeed();
      if (report === 'unpinned') await deletePin(db, pin);
      else await this.#note(pin, report);
    } catch (error) {
      if (this.#stopped.signal.aborted) return await returnPin(db, pin);
      // What this server has lost is not the target's failure.
      if (!(error instanceof BlockUnknown)) this.#breaker.fail(messageOf(error));
      await this.#noteFailure(pin, messageOf(error));
    } finally {
      clearInterval(lease);
    }
  }

  async #step(pin: TakenPin): Promise<PinReport | 'unpinned'> {
    const folder: PinnedFolder = { cid: pin.cid, name: `tidemark ${pin.broadcastId}`, requestId: pin.requestId ?? undefined, car: () => this.#options.car(pin) };
    const { signal } = this.#stopped;
    if (!(await this.#options.isPublic(pin.broadcastId))) {
      await this.target.unpin(folder, signal);
      return 'unpinned';
    }
    return (await this.target.look(folder, signal)) ?? this.target.pin(folder, signal);
  }

  async #note(pin: TakenPin, { state, requestId }: PinReport): Promise<void> {
    const { db, log, random } = this.#options;
    const now = this.#options.now();
    const waitMs = state === 'pinned' ? LOOK_MS * (0.75 + random() / 4) : PROGRESS_MS;
    await reportPin(db, pin, { state, attempts: 0, dueAt: new Date(now.getTime() + waitMs), requestId: requestId ?? null, checkedAt: now, error: null });
    if (state === 'pinned' && pin.state !== 'pinned') log.info('recording pinned', { broadcast: pin.broadcastId, target: this.target.name, cid: pin.cid });
  }

  /** That a target does not answer does not mean that it lost what it had. */
  async #noteFailure(pin: TakenPin, error: string): Promise<void> {
    const { db, log, random } = this.#options;
    const attempts = pin.attempts + 1;
    const isFailed = attempts >= MAX_ATTEMPTS;
    const waitMs = isFailed ? LOOK_MS : backoffMs(pin.attempts, random(), RETRY);
    log.warn('a recording could not be pinned', { broadcast: pin.broadcastId, target: this.target.name, attempts, error });
    await reportPin(db, pin, {
      state: isFailed ? 'failed' : pin.state, attempts, dueAt: new Date(this.#options.now().getTime() + waitMs), requestId: pin.requestId, checkedAt: undefined, error: printable(error).slice(0, 500),
    });
  }
}

/** What a target says goes into a database, which takes no NUL, and before people. */
function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ');
}
