import type { Latency } from '../../api/contract.js';

/** What a viewer chose: a latency, or `channel` for whatever the channel says. */
export type LatencyChoice = Latency | 'channel';

export interface LatencyOption {
  choice: LatencyChoice;
  label: string;
  /** Shown smaller beside the label. */
  note: string;
}

const LABELS: Record<Latency, string> = { 'ultra-low': 'Ultra low', balanced: 'Balanced', stable: 'Stable' };
const LATENCIES: Latency[] = ['ultra-low', 'balanced', 'stable'];
const STORED_AS = 'tidemark.latency';

/** The entries of the delay menu: the channel's own choice first, then from near to far. */
export function latencyOptions(channel: Latency, latencies: Record<Latency, number>): LatencyOption[] {
  const own = LATENCIES.map((latency) => ({ choice: latency, label: LABELS[latency], note: about(latencies[latency]) }));
  return [{ choice: 'channel', label: 'Channel’s choice', note: LABELS[channel] }, ...own];
}

/** Reads what this browser's viewer chose last; the channel's choice when nothing is stored or may be. */
export function storedChoice(): LatencyChoice {
  try {
    const stored = window.localStorage.getItem(STORED_AS);
    return LATENCIES.find((latency) => latency === stored) ?? 'channel';
  } catch {
    return 'channel';
  }
}

/** Keeps a choice for all channels on this browser. */
export function storeChoice(choice: LatencyChoice): void {
  try {
    if (choice === 'channel') window.localStorage.removeItem(STORED_AS);
    else window.localStorage.setItem(STORED_AS, choice);
  } catch {
    // Then it counts for this visit.
  }
}

/** `about 1 s`, `about 2.2 s`. */
function about(seconds: number): string {
  return `about ${Number(seconds.toFixed(1))} s`;
}
