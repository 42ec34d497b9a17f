import type { Percentiles } from '../measure/percentiles.js';
import { spreadOf } from '../measure/spread.js';
import type { Spread } from '../measure/spread.js';
import type { Hashing } from './hashing.js';

/** One way of hashing, over all rounds. */
export interface HashingSummary {
  name: Hashing['name'];
  mbPerCpuSec: number[];
  spread: Spread;
  /** Its speed over that of `sha256sum` in the same round. */
  ofSha256sum: Spread;
}

/** From a segment's last byte to its playlist, µs. */
export interface AnnouncingSummary {
  signedUs: Percentiles | undefined;
  unsignedUs: Percentiles | undefined;
  /** What signing adds to the 99th percentile, by round, µs. */
  addedP99Us: number[];
}

export function summariseHashing(rounds: Record<Hashing['name'], number>[]): HashingSummary[] {
  const names: Hashing['name'][] = ['sha256sum', 'node:crypto', 'contentName', 'contentNameAside'];
  return names.map((name) => {
    const mbPerCpuSec = rounds.map((round) => round[name]);
    return { name, mbPerCpuSec, spread: spreadOf(mbPerCpuSec), ofSha256sum: spreadOf(rounds.map((round) => round[name] / round.sha256sum)) };
  });
}

/** What the benchmark ends with. */
export function reportText(hashing: HashingSummary[], { signedUs, unsignedUs, addedP99Us }: AnnouncingSummary, queueing: number[]): string {
  const [added, queued] = [spreadOf(addedP99Us), spreadOf(queueing)];
  return [
    '',
    'hashed, MB for each CPU second',
    ...hashing.map(({ name, spread, ofSha256sum }) =>
      `  ${name.padEnd(18)} ${spread.median.toFixed(0).padStart(5)} (${spread.min.toFixed(0)} to ${spread.max.toFixed(0)}), ${ofSha256sum.median.toFixed(2)} of sha256sum (${ofSha256sum.min.toFixed(2)} to ${ofSha256sum.max.toFixed(2)})`),
    '',
    'from the last byte of a segment to its playlist',
    ...[['signed', signedUs], ['not signed', unsignedUs]].map(([name, us]) => `  ${String(name).padEnd(12)} ${percentilesText(us)}`),
    `  signing adds at p99 ${microseconds(added.median)} (${microseconds(added.min)} to ${microseconds(added.max)})`,
    '',
    'through the queue of the permanent archive, from the end of a show to the last receipt, without any network',
    `  ${queued.median.toFixed(0)} segments/s (${queued.min.toFixed(0)} to ${queued.max.toFixed(0)})`,
  ].join('\n');
}

function percentilesText(us: AnnouncingSummary['signedUs'] | string): string {
  return typeof us !== 'object' ? 'nothing was measured' : `p50 ${microseconds(us.p50)}, p99 ${microseconds(us.p99)}, max ${microseconds(us.max)} of ${us.count}`;
}

function microseconds(us: number): string {
  return `${(us / 1000).toFixed(2)} ms`;
}
