import type { CaseResult } from './case.js';
import type { LipSync } from './real-time/lip-sync.js';

const NAME_WIDTH = 26;
const WIDTH = 9;

/** The table that the benchmark ends with. */
export function reportText(results: CaseResult[], lipSync: LipSync | undefined): string {
  const headers = ['p50', 'p95', 'max', 'enc p50', 'enc p95', 'stalls', 'freezes', 'longest', 'dropped', 'unread', 'shown %', 'rate'];
  const lines = [`${' '.repeat(NAME_WIDTH)}${headers.map((header) => header.padStart(WIDTH)).join('')}`];
  for (const one of results) {
    const { p50 = NaN, p95 = NaN, max = NaN } = one.glassToGlassMs ?? {};
    const fromEncoder = one.encoderToGlassMs;
    const cells = [p50.toFixed(0), p95.toFixed(0), max.toFixed(0), (fromEncoder?.p50 ?? NaN).toFixed(0), (fromEncoder?.p95 ?? NaN).toFixed(0), `${one.stalls}`, `${one.freezes.count}`, `${one.freezes.longestMs}`, `${one.droppedFrames}`, `${one.unreadableFrames}`, `${one.shownPercent}`, ` ${one.rate.min}–${one.rate.max}`];
    lines.push(`${one.name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(WIDTH)).join('')}`, ...detailLines(one));
  }
  return [
    ...(results.length === 0 ? [] : ['glass to glass, ms (enc: from the moment the encoder gave the picture out)', ...lines]),
    ...(lipSync === undefined ? [] : [lipSyncText(lipSync)]),
  ].join('\n');
}

function detailLines({ stagesMs, firstFrame, protocol, height, presentedFrames, passedFrames, cpuPercent, loadAverage, problems }: CaseResult): string[] {
  const stages = Object.entries(stagesMs).flatMap(([stage, spread]) => (spread === undefined ? [] : [`${stage}: ${spread.p50} (p95 ${spread.p95}, ${spread.count})`]));
  const first = firstFrame && `first picture after the click: p50 ${firstFrame.clickMs?.p50}, max ${firstFrame.clickMs?.max}; after the offer: p50 ${firstFrame.offerMs?.p50}, max ${firstFrame.offerMs?.max}; ${firstFrame.withoutWebRtc} without WebRTC`;
  const details = [
    ...stages,
    ...(first === undefined ? [] : [first]),
    `${protocol}, ${height} lines; ${presentedFrames} pictures on the screen of ${passedFrames} sent`,
    `CPU of one core: server ${cpuPercent.server} %, machine ${cpuPercent.machine} %; load ${loadAverage}`,
    ...problems,
  ];
  return details.map((line) => `    ${line}`);
}

function lipSyncText({ name, offsetMs, flashes, beeps, protocol }: LipSync): string {
  return `${name}: sound after picture p50 ${offsetMs?.p50} ms, ${offsetMs?.min} to ${offsetMs?.max}; ${flashes} flashes, ${beeps} beeps, ${protocol}`;
}
