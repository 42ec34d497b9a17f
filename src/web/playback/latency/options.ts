import type { Latency } from '../../api/contract.js';
import { HLS_LATENCIES, type HlsLatency } from './mode.js';

/** What a viewer chose: a latency, or `channel` for whatever the channel says. */
export type LatencyChoice = Latency | 'channel';

export interface LatencyOption {
  choice: LatencyChoice;
  label: string;
  /** Shown smaller beside the label. */
  note: string;
}

const LABELS: Record<Latency, string> = { 'real-time': 'Real time', 'ultra-low': 'Ultra low', balanced: 'Balanced', stable: 'Stable' };
const LATENCIES: Latency[] = ['real-time', ...HLS_LATENCIES];
const STORED_AS = 'tidemark.latency';

/** The entries of the delay menu: the channel's own choice first, then from near to far. */
export function latencyOptions(channel: Latency, given: { latencies: Partial<Record<HlsLatency, number>>; isRealTimePossible: boolean }): LatencyOption[] {
  const byHls = HLS_LATENCIES.map((latency) => ({ choice: latency, label: LABELS[latency], note: about(given.latencies[latency]) }));
  return [
    { choice: 'channel', label: 'Channel’s choice', note: LABELS[channel] },
    { choice: 'real-time', label: LABELS['real-time'], note: given.isRealTimePossible ? 'below 1 s' : 'not now' },
    ...byHls,
  ];
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

/** `about 1 s`, `about 2.2 s`; nothing where nobody knows. */
function about(seconds: number | undefined): string {
  return seconds === undefined ? '' : `about ${Number(seconds.toFixed(1))} s`;
}
