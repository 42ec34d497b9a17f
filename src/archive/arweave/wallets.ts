import { messageOf } from '../../platform/index.js';
import type { Component, Log } from '../../platform/index.js';
import { readWallet } from './wallet-file.js';
import type { Wallet } from './wallet-file.js';

export interface WalletState {
  /** Of one whose file cannot be used, the file. */
  address: string;
  balanceWinston: string | null;
  state: 'ok' | 'low' | 'empty' | 'quarantined' | 'unusable';
  reason: string | null;
  /** When it came to be so; ISO 8601. */
  since: string | null;
}

export interface WalletsOptions {
  /** Key files (JWK). */
  files: string[];
  balanceOf: (address: string, signal: AbortSignal) => Promise<bigint>;
  /** Below it the operator is warned. */
  lowWinston: bigint;
  log: Log;
  /** Milliseconds. */
  now?: () => number;
}

/** What is known of a wallet whose file is good. */
interface Purse {
  wallet: Wallet;
  /** Undefined until a gateway has said. */
  balance: bigint | undefined;
  level: 'unknown' | 'ok' | 'low' | 'empty';
  levelSinceMs: number;
  /** In a row. */
  failures: number;
  lastFailure: string;
  /** In a row: each is twice as long. */
  quarantines: number;
  quarantinedMs: number;
  quarantinedUntilMs: number;
}

const REFRESH_MS = 60_000;
const MAX_FAILURES = 3;
const QUARANTINE_MS = 600_000;
const MAX_QUARANTINE_MS = 6 * 3_600_000;

/** The wallets that pay: which of them can, and which does next. Their keys are in files, and nowhere else but in memory. */
export class Wallets implements Component {
  readonly #options: WalletsOptions;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #purses = new Map<string, Purse>();
  readonly #unusable: WalletState[] = [];
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isAnswered = true;

  constructor(options: WalletsOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
  }

  /** Does not wait for the balances: a gateway that is down holds nobody up. */
  async start(): Promise<void> {
    for (const file of this.#options.files) await this.#open(file);
    if (this.#purses.size === 0) return;
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS);
    void this.refresh();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#round;
  }

  /** Asks for all balances; done by itself every minute. */
  async refresh(): Promise<void> {
    this.#round = this.#round.then(async () => {
      for (const purse of this.#purses.values()) await this.#weigh(purse);
    });
    return this.#round;
  }

  /** The one with the most money that can pay so much; undefined when none can. @param promised by address: what is signed, and not yet in the balance */
  pick(costWinston: bigint, promised: ReadonlyMap<string, bigint> = new Map()): Wallet | undefined {
    let best: { purse: Purse; balance: bigint } | undefined;
    for (const purse of this.#purses.values()) {
      if (purse.balance === undefined || this.#isQuarantined(purse)) continue;
      const balance = purse.balance - (promised.get(purse.wallet.address) ?? 0n);
      if (balance >= costWinston && (best === undefined || balance > best.balance)) best = { purse, balance };
    }
    return best?.purse.wallet;
  }

  /** A payment did not go through. After the third in a row the wallet is left alone for a while, twice as long each time. */
  reportFailure(address: string, reason: string): void {
    const purse = this.#purses.get(address);
    if (purse === undefined) return;
    purse.failures += 1;
    purse.lastFailure = reason;
    if (purse.failures >= MAX_FAILURES && !this.#isQuarantined(purse)) this.#quarantine(purse);
  }

  reportSuccess(address: string): void {
    this.release(address);
  }

  /** Ends a quarantine, and forgets what led to it. */
  release(address: string): void {
    const purse = this.#purses.get(address);
    if (purse !== undefined) Object.assign(purse, WELL);
  }

  list(): WalletState[] {
    return [...[...this.#purses.values()].map((purse) => this.#stateOf(purse)), ...this.#unusable];
  }

  async #open(file: string): Promise<void> {
    try {
      const wallet = await readWallet(file);
      if (this.#purses.has(wallet.address)) this.#log.warn('a wallet is named twice', { wallet: wallet.address, file });
      else this.#purses.set(wallet.address, { wallet, balance: undefined, level: 'unknown', levelSinceMs: this.#now(), ...WELL });
    } catch (error) {
      const reason = messageOf(error);
      this.#log.error('a wallet cannot be used', { file, error: reason });
      this.#unusable.push({ address: file, balanceWinston: null, state: 'unusable', reason, since: this.#iso(this.#now()) });
    }
  }

  async #weigh(purse: Purse): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    try {
      purse.balance = await this.#options.balanceOf(purse.wallet.address, signal);
      this.#isAnswered = true;
      this.#level(purse, purse.balance);
    } catch (error) {
      // The last known balance stands. One line, not one each minute.
      if (this.#isAnswered && !signal.aborted) this.#log.warn('balances of wallets cannot be asked for', { error: messageOf(error) });
      this.#isAnswered = false;
    }
  }

  #level(purse: Purse, balance: bigint): void {
    const level = balance === 0n ? 'empty' : balance < this.#options.lowWinston ? 'low' : 'ok';
    if (level === purse.level) return;
    const fields = { wallet: purse.wallet.address, balanceWinston: balance.toString() };
    if (level === 'ok') this.#log.info('a wallet can pay', fields);
    else this.#log.warn(level === 'low' ? 'a wallet is running out of money' : 'a wallet has no money', fields);
    purse.level = level;
    purse.levelSinceMs = this.#now();
  }

  #quarantine(purse: Purse): void {
    const forMs = Math.min(QUARANTINE_MS * 2 ** purse.quarantines, MAX_QUARANTINE_MS);
    purse.quarantines += 1;
    purse.quarantinedMs = this.#now();
    purse.quarantinedUntilMs = this.#now() + forMs;
    this.#log.warn('a wallet is left alone for a while', { wallet: purse.wallet.address, forSec: forMs / 1_000, reason: purse.lastFailure });
  }

  #isQuarantined(purse: Purse): boolean {
    return this.#now() < purse.quarantinedUntilMs;
  }

  #stateOf(purse: Purse): WalletState {
    const known = { address: purse.wallet.address, balanceWinston: purse.balance?.toString() ?? null };
    const since = this.#iso(purse.levelSinceMs);
    if (this.#isQuarantined(purse)) return { ...known, state: 'quarantined', reason: `${purse.failures} payments in a row failed; the last time: ${purse.lastFailure}`, since: this.#iso(purse.quarantinedMs) };
    if (purse.level === 'unknown') return { ...known, state: 'unusable', reason: 'its balance is not known yet', since };
    return { ...known, state: purse.level, reason: REASONS[purse.level], since };
  }

  #iso(ms: number): string {
    return new Date(ms).toISOString();
  }
}

/** Of a wallet whose payments go through. What fails again when a quarantine is over begins the next one. */
const WELL = { failures: 0, lastFailure: '', quarantines: 0, quarantinedMs: 0, quarantinedUntilMs: 0 };

const REASONS = { ok: null, low: 'there is little money left: send some to its address', empty: 'there is no money: send some to its address' };
