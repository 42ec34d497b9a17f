import type { Spread } from '../measure/spread.js';
import type { Measurement } from './round.js';
import type { Comparison, SystemSummary } from './summary.js';

const NAME_WIDTH = 26;
const COLUMN_WIDTH = 8;
const IDLE_WIDTH = 13;

/** The tables that the benchmark ends with. */
export function reportText(options: { summaries: SystemSummary[]; comparisons: Comparison[]; measurements: Measurement[]; ours: string }): string {
  const counts = [...new Set(options.measurements.map(({ streams }) => streams))];
  const parts = counts.flatMap((streams) => [
    ...figuresTable(streams, options.summaries.filter((one) => one.streams === streams)),
    ...ratioTable(options.ours, options.comparisons.filter((one) => one.streams === streams)),
  ]);
  return [...parts, ...problemLines(options.measurements)].join('\n');
}

/** One line for a measurement that has just been made. */
export function progressText({ streams, round, system, figures, eventLoop, problems }: Measurement): string {
  const measured = figures && `${figures.cpuPercentPerStream.toFixed(2)} % CPU, ${figures.pssMbPerStream.toFixed(1)} MB a stream; other programs ${figures.otherCpuPercent.toFixed(0)} %`;
  const delay = eventLoop && `event-loop delay p50 ${eventLoop.p50Ms} ms, p99 ${eventLoop.p99Ms} ms`;
  return `${streams} streams, round ${round}, ${system}: ${[measured, delay, ...problems].filter(Boolean).join('; ')}`;
}

function figuresTable(streams: number, summaries: SystemSummary[]): string[] {
  return [
    '',
    `${streams} streams: CPU in % of one core, PSS in MB, both of the whole process tree`,
    `${' '.repeat(NAME_WIDTH)}${'CPU per stream'.padStart(3 * COLUMN_WIDTH)}${'PSS per stream'.padStart(3 * COLUMN_WIDTH)}${'PSS before'.padStart(IDLE_WIDTH)}`,
    row('', ['min', 'median', 'max', 'min', 'median', 'max'], 'streams'),
    ...summaries.map((one) => row(one.system, [...spread(one.cpuPercentPerStream, 2), ...spread(one.pssMbPerStream, 1)], one.idlePssMb.median.toFixed(1))),
  ];
}

function ratioTable(ours: string, comparisons: Comparison[]): string[] {
  if (comparisons.length === 0) return [];
  return [
    '',
    `${ours} / other, round by round`,
    ...comparisons.map((one) => `${one.with.padEnd(NAME_WIDTH)}  CPU ${ratios(one.cpu)}   PSS ${ratios(one.pss)}`),
  ];
}

function problemLines(measurements: Measurement[]): string[] {
  const failed = measurements.filter(({ problems }) => problems.length > 0);
  if (failed.length === 0) return [];
  return ['', 'not counted', ...failed.map((one) => `${one.streams} streams, round ${one.round}, ${one.system}: ${one.problems.join('; ')}`)];
}

function spread(values: Spread, digits: number): string[] {
  return [values.min, values.median, values.max].map((value) => value.toFixed(digits));
}

function ratios(values: number[]): string {
  return values.map((value) => value.toFixed(2)).join('  ');
}

function row(name: string, cells: string[], last: string): string {
  return name.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padStart(COLUMN_WIDTH)).join('') + last.padStart(IDLE_WIDTH);
}
