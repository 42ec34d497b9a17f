import type { HlsPackage } from '../live.js';
import { TooManyWaiting } from '../errors.js';

/** Waits of one kind, answered by one look. */
interface Wait {
  isOver: () => boolean;
  wake: Set<() => void>;
}

interface WaitsOfPackage {
  byKey: Map<string, Wait>;
  count: number;
  isLooking: boolean;
  onAdvanced: () => void;
}

export interface WaitOptions {
  /** Requests with the same key wait for the same thing. */
  key: string;
  isOver: () => boolean;
  timeoutMs: number;
  /** Aborts when the client is gone. */
  signal: AbortSignal;
}

/** Requests for what a live broadcast does not have yet. They are woken together, as soon as its package advances. */
export class WaitingRequests {
  readonly #maxPerBroadcast: number;
  readonly #packages = new Map<HlsPackage, WaitsOfPackage>();

  /** @param options.maxPerBroadcast requests of one broadcast that may wait at once. */
  constructor(options: { maxPerBroadcast: number }) {
    this.#maxPerBroadcast = options.maxPerBroadcast;
  }

  /** Requests that wait now. */
  get count(): number {
    return [...this.#packages.values()].reduce((sum, waits) => sum + waits.count, 0);
  }

  /**
   * Resolves once it is over, the time has run out or the client is gone; the caller looks which.
   * @throws {TooManyWaiting}
   */
  async wait(live: HlsPackage, options: WaitOptions): Promise<void> {
    if (options.isOver() || options.signal.aborted) return;
    const waits = this.#packages.get(live) ?? this.#watch(live);
    if (waits.count >= this.#maxPerBroadcast) throw new TooManyWaiting(this.#maxPerBroadcast);
    waits.count++;
    try {
      await this.#park(waits, options);
    } finally {
      waits.count--;
      if (waits.count === 0) this.#unwatch(live, waits);
    }
  }

  #park(waits: WaitsOfPackage, { key, isOver, timeoutMs, signal }: WaitOptions): Promise<void> {
    const wait = waits.byKey.get(key) ?? { isOver, wake: new Set<() => void>() };
    waits.byKey.set(key, wait);
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        wait.wake.delete(wake);
        if (wait.wake.size === 0) waits.byKey.delete(key);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      signal.addEventListener('abort', wake);
      wait.wake.add(wake);
    });
  }

  #watch(live: HlsPackage): WaitsOfPackage {
    const waits: WaitsOfPackage = { byKey: new Map(), count: 0, isLooking: false, onAdvanced: () => this.#lookSoon(waits) };
    this.#packages.set(live, waits);
    live.on('advanced', waits.onAdvanced);
    return waits;
  }

  #unwatch(live: HlsPackage, waits: WaitsOfPackage): void {
    live.off('advanced', waits.onAdvanced);
    this.#packages.delete(live);
  }

  /** After the frames at hand are packed: the last part of a segment and its end are one step. */
  #lookSoon(waits: WaitsOfPackage): void {
    if (waits.isLooking) return;
    waits.isLooking = true;
    queueMicrotask(() => {
      waits.isLooking = false;
      for (const wait of [...waits.byKey.values()]) {
        if (wait.isOver()) for (const wake of [...wait.wake]) wake();
      }
    });
  }
}
