import { spreadOf } from '../measure/spread.js';
import type { Spread } from '../measure/spread.js';
import { FILE_SIZES } from './files-round.js';
import type { FileKind, FilesMeasurement } from './files-round.js';
import type { ViewersMeasurement } from './viewers-round.js';

export interface ViewersSummary {
  way: 'direct' | 'nginx';
  rounds: number;
  p50Ms: Spread;
  p99Ms: Spread;
  upstreamPerPart: Spread;
  serverCpuPercent: Spread;
  nginxCpuPercent: Spread;
}

/** Ours over bare nginx in the same round; above 1, ours is faster. */
export interface FilesSummary {
  kind: FileKind;
  ours: { requestsPerSec: Spread; mbPerSec: Spread };
  bare: { requestsPerSec: Spread; mbPerSec: Spread };
  ratio: Spread;
  /** CPU of nginx for each request, the same way; below 1, ours takes less. It does not move with what else runs. */
  cpuRatio: Spread;
}

export function summariseViewers(measurements: ViewersMeasurement[]): ViewersSummary[] {
  return (['direct', 'nginx'] as const).map((way) => {
    const own = measurements.filter((one) => one.way === way);
    const spread = (read: (one: ViewersMeasurement) => number): Spread => spreadOf(own.map(read));
    return {
      way,
      rounds: own.length,
      p50Ms: spread((one) => one.delayMs?.p50 ?? NaN),
      p99Ms: spread((one) => one.delayMs?.p99 ?? NaN),
      upstreamPerPart: spread((one) => one.upstreamPerPart),
      serverCpuPercent: spread((one) => one.cpuPercent.server),
      nginxCpuPercent: spread((one) => one.cpuPercent.nginx),
    };
  });
}

export function summariseFiles(measurements: FilesMeasurement[]): FilesSummary[] {
  const kinds = [...new Set(measurements.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const of = (server: 'ours' | 'bare'): FilesMeasurement[] => measurements.filter((one) => one.kind === kind && one.server === server);
    const figures = (server: 'ours' | 'bare') => ({ requestsPerSec: spreadOf(of(server).map((one) => one.requestsPerSec)), mbPerSec: spreadOf(of(server).map((one) => one.mbPerSec)) });
    const ratios = (read: (one: FilesMeasurement) => number): Spread => spreadOf(of('ours').map((own) => {
      const other = of('bare').find(({ round }) => round === own.round);
      return Number((read(own) / (other === undefined ? NaN : read(other))).toFixed(3));
    }));
    return {
      kind, ours: figures('ours'), bare: figures('bare'),
      ratio: ratios((one) => one.requestsPerSec),
      cpuRatio: ratios((one) => one.cpuPercent / one.requestsPerSec),
    };
  });
}

/** One line for a measurement that has just been made. */
export function viewersText({ way, round, delayMs, late, skipped, parts, upstreamPerPart, cpuPercent, errors, loadAverage }: ViewersMeasurement): string {
  const failed = Object.entries(errors).map(([what, count]) => `, ${count} × ${what}`).join('');
  return `viewers, ${way}, round ${round}: p50 ${delayMs?.p50} ms, p99 ${delayMs?.p99} ms over ${parts} parts, ${late} late, ${skipped} skipped${failed}; ${upstreamPerPart} requests a part; CPU server ${cpuPercent.server} %, nginx ${cpuPercent.nginx} %; load ${loadAverage}`;
}

export function filesText({ kind, server, round, requestsPerSec, mbPerSec, cpuPercent, errors, loadAverage }: FilesMeasurement): string {
  return `files of ${FILE_SIZES[kind] / 1000} kB, ${server}, round ${round}: ${requestsPerSec} a second, ${mbPerSec} MB/s, CPU ${cpuPercent} %${errors > 0 ? `, ${errors} errors` : ''}; load ${loadAverage}`;
}

/** The tables that the benchmark ends with. */
export function reportText(viewers: ViewersSummary[], files: FilesSummary[]): string {
  return [
    '',
    'min / median / max over the rounds',
    ...viewers.flatMap((one) => [
      `${one.way.padEnd(8)} playlist after the part is ready: p50 ${text(one.p50Ms, 1)} ms, p99 ${text(one.p99Ms, 1)} ms`,
      `         requests to the server for each part: ${text(one.upstreamPerPart, 2)}; CPU of one core: server ${text(one.serverCpuPercent, 0)} %, nginx ${text(one.nginxCpuPercent, 0)} %`,
    ]),
    ...files.map((one) => `files of ${FILE_SIZES[one.kind] / 1000} kB: ours ${text(one.ours.requestsPerSec, 0)} a second, ${text(one.ours.mbPerSec, 0)} MB/s; bare nginx ${text(one.bare.requestsPerSec, 0)}, ${text(one.bare.mbPerSec, 0)} MB/s; ours / bare ${text(one.ratio, 3)}, in CPU for each ${text(one.cpuRatio, 3)}`),
  ].join('\n');
}

function text({ min, median, max }: Spread, digits: number): string {
  return [min, median, max].map((value) => value.toFixed(digits)).join(' / ');
}
