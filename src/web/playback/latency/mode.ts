import type { Latency } from '../../api/contract.js';

/** What a playlist says about how near to its end one may play, seconds (RFC 8216bis §4.4.3.8). */
export interface HoldBack {
  /** HOLD-BACK, or three target durations. */
  holdBackSec: number;
  /** PART-HOLD-BACK; 0 when the playlist has no parts. */
  partHoldBackSec: number;
}

/** The distances to the end of the playlist that a player may keep, seconds. */
export interface TargetRange {
  floorSec: number;
  ceilingSec: number;
}

/** A choice that HLS can serve; what wants real time and cannot have it plays `ultra-low`. */
export type HlsLatency = Exclude<Latency, 'real-time'>;

export const HLS_LATENCIES: HlsLatency[] = ['ultra-low', 'balanced', 'stable'];

/** What `balanced` keeps, where parts are short. */
export const BALANCED_SEC = 2.2;
/** How far a bad network may push the player back. */
const MAX_EXTRA_SEC: Record<HlsLatency, number> = { 'ultra-low': 3, balanced: 4, stable: 6 };

/** About how far behind each plays before a playlist says so, seconds. */
export const TYPICAL_SEC: Record<HlsLatency, number> = { 'ultra-low': 1, balanced: BALANCED_SEC, stable: 6 };

/** What HLS plays for a choice. */
export function hlsLatency(latency: Latency): HlsLatency {
  return latency === 'real-time' ? 'ultra-low' : latency;
}

/** Whether this mode plays parts of segments as they come. */
export function playsParts(mode: HlsLatency): boolean {
  return mode !== 'stable';
}

/** The distance that a mode asks for, and the largest that it grows to when the network allows no less. */
export function targetRange(mode: HlsLatency, holdBack: HoldBack): TargetRange {
  const floorSec = floorOf(mode, holdBack);
  return { floorSec, ceilingSec: floorSec + MAX_EXTRA_SEC[mode] };
}

function floorOf(mode: HlsLatency, { holdBackSec, partHoldBackSec }: HoldBack): number {
  if (mode === 'stable' || partHoldBackSec === 0) return holdBackSec;
  // Nearer than PART-HOLD-BACK nobody should play; a second more rides out what a part cannot.
  return mode === 'ultra-low' ? partHoldBackSec : Math.max(BALANCED_SEC, partHoldBackSec + 1);
}
