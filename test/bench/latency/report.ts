import type { CaseResult } from './case.js';

const NAME_WIDTH = 26;
const WIDTH = 9;

/** The table that the benchmark ends with. */
export function reportText(results: CaseResult[]): string {
  const headers = ['p50', 'p95', 'max', 'enc p50', 'enc p95', 'stalls', 'freezes', 'longest', 'dropped', 'unread', 'rate'];
  const lines = [`${' '.repeat(NAME_WIDTH)}${headers.map((header) => header.padStart(WIDTH)).join('')}`];
  for (const one of results) {
    const { p50 = NaN, p95 = NaN, max = NaN } = one.glassToGlassMs ?? {};
    const fromEncoder = one.encoderToGlassMs;
    const cells = [p50.toFixed(0), p95.toFixed(0), max.toFixed(0), (fromEncoder?.p50 ?? NaN).toFixed(0), (fromEncoder?.p95 ?? NaN).toFixed(0), `${one.stalls}`, `${one.freezes.count}`, `${one.freezes.longestMs}`, `${one.droppedFrames}`, `${one.unreadableFrames}`, ` ${one.rate.min}–${one.rate.max}`];
    lines.push(`${one.name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(WIDTH)).join('')}`);
    for (const [stage, spread] of Object.entries(one.stagesMs)) if (spread) lines.push(`    ${stage}: ${spread.p50} (p95 ${spread.p95}, ${spread.count})`);
    lines.push(`    CPU of one core: server ${one.cpuPercent.server} %, machine ${one.cpuPercent.machine} %; load ${one.loadAverage}`, ...one.problems.map((problem) => `    ${problem}`));
  }
  return ['glass to glass, ms (enc: from the moment the encoder gave the picture out)', ...lines].join('\n');
}
