import type { Comparison, SystemSummary } from '../ingest/summary.js';
import type { Percentiles } from '../measure/percentiles.js';
import { spreadOf } from '../measure/spread.js';

/** What was measured with and without recording. */
export interface CaseReport {
  name: string;
  summaries: SystemSummary[];
  /** With recording over without, round by round. */
  comparison: Comparison | undefined;
}

/** What the benchmark ends with. */
export function reportText(cases: CaseReport[], timeToVodMs: Percentiles | undefined): string {
  return [
    ...cases.flatMap(caseLines),
    '',
    timeToVodMs === undefined ? 'no show was ended' : `from the end of ${timeToVodMs.count} shows to their recordings: p50 ${timeToVodMs.p50} ms, max ${timeToVodMs.max} ms`,
  ].join('\n');
}

function caseLines({ name, summaries, comparison }: CaseReport): string[] {
  return [
    '',
    `${name}: medians for each stream`,
    ...summaries.map(({ system, cpuPercentPerStream, writtenKbPerSecPerStream, pssMbPerStream }) =>
      `  ${system.padEnd(14)} ${cpuPercentPerStream.median.toFixed(2)} % CPU, ${writtenKbPerSecPerStream.median.toFixed(0)} kB/s written, ${pssMbPerStream.median.toFixed(1)} MB`),
    ...(comparison === undefined ? [] : [
      `  CPU with / without      ${ratioText(comparison.cpu)}`,
      `  written with / without  ${ratioText(comparison.written)}`,
    ]),
  ];
}

function ratioText(ratios: number[]): string {
  return `median ${spreadOf(ratios).median.toFixed(3)} of ${ratios.map((ratio) => ratio.toFixed(2)).join('  ')}`;
}
