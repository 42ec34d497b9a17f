import { spreadOf } from '../measure/spread.js';
import type { Spread } from '../measure/spread.js';
import type { Figures, Measurement } from './round.js';

export interface SystemSummary {
  streams: number;
  system: string;
  /** Rounds that count. */
  rounds: number;
  cpuPercentPerStream: Spread;
  pssMbPerStream: Spread;
  idlePssMb: Spread;
  writtenKbPerSecPerStream: Spread;
}

/** Ours over another's in the same round: below 1, ours takes less. */
export interface Comparison {
  streams: number;
  with: string;
  cpu: number[];
  pss: number[];
  written: number[];
}

type Sound = Measurement & { figures: Figures };

export function summarise(measurements: Measurement[]): SystemSummary[] {
  return groupsOf(sound(measurements), ({ streams, system }) => `${streams} ${system}`).flatMap((group) => {
    const first = group[0];
    const spread = (figure: keyof Figures): Spread => spreadOf(group.map(({ figures }) => figures[figure]));
    return first === undefined ? [] : [{
      streams: first.streams,
      system: first.system,
      rounds: group.length,
      cpuPercentPerStream: spread('cpuPercentPerStream'),
      pssMbPerStream: spread('pssMbPerStream'),
      idlePssMb: spread('idlePssMb'),
      writtenKbPerSecPerStream: spread('writtenKbPerSecPerStream'),
    }];
  });
}

/** Absolute figures move from machine to machine and from minute to minute; these compare neighbours in time. */
export function compare(measurements: Measurement[], ours: string): Comparison[] {
  const all = sound(measurements);
  const pairs = all.filter(({ system }) => system !== ours).flatMap((other) => {
    const own = all.find(({ system, streams, round }) => system === ours && streams === other.streams && round === other.round);
    return own === undefined ? [] : [{ own: own.figures, other }];
  });
  return groupsOf(pairs, ({ other }) => `${other.streams} ${other.system}`).flatMap((group) => {
    const first = group[0]?.other;
    const ratios = (figure: keyof Figures): number[] => group.map(({ own, other }) => Number((own[figure] / other.figures[figure]).toFixed(3)));
    return first === undefined ? [] : [{ streams: first.streams, with: first.system, cpu: ratios('cpuPercentPerStream'), pss: ratios('pssMb'), written: ratios('writtenKbPerSecPerStream') }];
  });
}

function sound(measurements: Measurement[]): Sound[] {
  return measurements.flatMap((one) => (one.figures === undefined || one.problems.length > 0 ? [] : [{ ...one, figures: one.figures }]));
}

function groupsOf<T>(items: T[], keyOf: (item: T) => string): T[][] {
  return [...new Set(items.map(keyOf))].map((key) => items.filter((item) => keyOf(item) === key));
}
