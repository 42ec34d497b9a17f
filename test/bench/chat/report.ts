import { spreadOf } from '../measure/spread.js';
import type { Spread } from '../measure/spread.js';
import type { ChatMeasurement } from './round.js';

export interface SystemSummary {
  system: string;
  p50Ms: Spread;
  p95Ms: Spread;
  p99Ms: Spread;
  cpuPercent: Spread;
  memoryPerSocketKb: Spread;
}

export interface ChatSummary {
  systems: SystemSummary[];
  /** p99 of Tidemark by that of the bare server, round by round. */
  ratioP99: number[];
}

export function summarise(measurements: ChatMeasurement[]): ChatSummary {
  const of = (name: string): ChatMeasurement[] => measurements.filter(({ system }) => system === name);
  const systems = ['tidemark', 'raw'].map((system) => {
    const spread = (read: (one: ChatMeasurement) => number): Spread => spreadOf(of(system).map(read));
    return {
      system,
      p50Ms: spread(({ latencyMs }) => latencyMs.p50), p95Ms: spread(({ latencyMs }) => latencyMs.p95), p99Ms: spread(({ latencyMs }) => latencyMs.p99),
      cpuPercent: spread(({ cpuPercent }) => cpuPercent), memoryPerSocketKb: spread(({ memoryPerSocketKb }) => memoryPerSocketKb),
    };
  });
  const ratioP99 = of('tidemark').flatMap(({ round, latencyMs }) => of('raw').filter((one) => one.round === round).map((raw) => Number((latencyMs.p99 / raw.latencyMs.p99).toFixed(2))));
  return { systems, ratioP99 };
}

export function measurementText({ system, round, latencyMs, cpuPercent, memoryPerSocketKb, sent, acknowledged, refused, delivered, reactions, closed, refusals }: ChatMeasurement): string {
  const wrong = [refused > 0 && `refused ${JSON.stringify(refusals)}`, closed > 0 && `${closed} closed`].filter(Boolean).join(', ');
  return `${system} ${round}: p50 ${latencyMs.p50} p95 ${latencyMs.p95} p99 ${latencyMs.p99} max ${latencyMs.max} ms, CPU ${cpuPercent} %, ${memoryPerSocketKb} kB a socket, `
    + `${sent} in, ${acknowledged} acknowledged, ${delivered} messages and ${reactions} aggregates out${wrong === '' ? '' : `: ${wrong}`}`;
}

export function summaryText({ systems, ratioP99 }: ChatSummary): string {
  const rows = systems.map(({ system, p50Ms, p95Ms, p99Ms, cpuPercent, memoryPerSocketKb }) =>
    `${system.padEnd(9)} p50 ${p50Ms.median} p95 ${p95Ms.median} p99 ${p99Ms.median} (${p99Ms.min}–${p99Ms.max}) ms, CPU ${cpuPercent.median} %, ${memoryPerSocketKb.median} kB a socket`);
  return [...rows, `p99, Tidemark by bare Socket.IO: ${ratioP99.join(', ')}`].join('\n');
}
