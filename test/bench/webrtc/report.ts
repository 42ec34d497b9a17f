import type { Spread } from '../measure/spread.js';
import { spreadOf } from '../measure/spread.js';
import type { ComingAndGoing, Held } from './coming-and-going.js';
import type { Joining, Measurement } from './round.js';

export interface Summary {
  system: Measurement['system'];
  viewers: number;
  workerPercentPerViewer: Spread;
  workerMicrosPerPacket: Spread;
  lostPercent: Spread;
  serverCpuPercent: Spread;
  joinsPerSec: Spread;
}

/** The bare router's CPU for a packet over Tidemark's, round by round; above 1, Tidemark takes less. */
export interface Comparison {
  viewers: number;
  ratio: Spread;
}

export function summarise(measurements: Measurement[]): Summary[] {
  const names = [...new Set(measurements.map(({ system }) => system))];
  return viewerCounts(measurements).flatMap((viewers) => names.map((system) => {
    const own = measurements.filter((one) => one.viewers === viewers && one.system === system);
    const spread = (read: (one: Measurement) => number): Spread => spreadOf(own.map(read));
    return {
      system, viewers,
      workerPercentPerViewer: spread((one) => one.workerPercentPerViewer),
      workerMicrosPerPacket: spread((one) => one.workerMicrosPerPacket),
      lostPercent: spread((one) => one.lostPercent.all),
      serverCpuPercent: spread((one) => one.cpuPercent.server),
      joinsPerSec: spread((one) => one.joining.perSec),
    };
  }));
}

export function compare(measurements: Measurement[]): Comparison[] {
  return viewerCounts(measurements).map((viewers) => {
    const of = (system: Measurement['system']): Measurement[] => measurements.filter((one) => one.viewers === viewers && one.system === system);
    const ratios = of('tidemark').map((ours) => {
      const bare = of('bare router').find(({ round }) => round === ours.round);
      return Number(((bare?.workerMicrosPerPacket ?? NaN) / ours.workerMicrosPerPacket).toFixed(3));
    });
    return { viewers, ratio: spreadOf(ratios) };
  });
}

/** One line for a measurement that has just been made. */
export function progressText(one: Measurement): string {
  const { cpuPercent, lostPercent } = one;
  return [
    `${one.viewers} viewers, round ${one.round}, ${one.system}: worker ${one.workerPercentPerViewer} % of a core a viewer, ${one.workerMicrosPerPacket} µs a packet (${one.packetsPerSec} a second, ${one.kbpsPerViewer} kbps a viewer)`,
    `lost ${lostPercent.all} % (${lostPercent.inReceivers} % in the receivers); CPU workers ${cpuPercent.workers} %, server ${cpuPercent.server} %, machine ${cpuPercent.machine} %; load ${one.loadAverage}`,
    joiningText(one.joining),
  ].join('\n    ');
}

export function comingAndGoingText({ joins, joining, before, after }: ComingAndGoing): string {
  return [`${joins} joins and leaves: ${joiningText(joining)}`, `before: ${heldText(before)}`, `after:  ${heldText(after)}`].join('\n    ');
}

/** The table that the benchmark ends with. */
export function reportText(summaries: Summary[], comparisons: Comparison[]): string {
  return [
    '',
    'min / median / max over the rounds; CPU of the workers, % of a core for each viewer and µs for each packet',
    ...summaries.map((one) => `${String(one.viewers).padStart(5)} ${one.system.padEnd(12)} ${text(one.workerPercentPerViewer, 3)} %   ${text(one.workerMicrosPerPacket, 1)} µs   lost ${text(one.lostPercent, 2)} %   server ${text(one.serverCpuPercent, 0)} %   joins a second ${text(one.joinsPerSec, 0)}`),
    ...comparisons.map((one) => `${String(one.viewers).padStart(5)} bare router / tidemark, CPU for a packet: ${text(one.ratio, 3)}`),
  ].join('\n');
}

function joiningText({ answerMs, firstPacketMs: { alone, crowd }, perSec, errors }: Joining): string {
  const failed = Object.entries(errors).map(([what, count]) => `, ${count} × ${what}`).join('');
  const single = alone === undefined ? '' : `first packet alone p50 ${alone.p50} ms, p95 ${alone.p95} ms; `;
  return `${single}in a crowd p50 ${crowd?.p50} ms, p95 ${crowd?.p95} ms, answer p50 ${answerMs?.p50} ms; ${perSec} joins a second${failed}`;
}

function heldText({ viewers, server, workers }: Held): string {
  return `${viewers} viewers; server ${server.rssMb} MB (heap ${server.heapMb}), ${server.handles} handles; workers ${workers.rssMb} MB, ${workers.handles} handles`;
}

function viewerCounts(measurements: Measurement[]): number[] {
  return [...new Set(measurements.map(({ viewers }) => viewers))];
}

function text({ min, median, max }: Spread, digits: number): string {
  return [min, median, max].map((value) => value.toFixed(digits)).join(' / ');
}
