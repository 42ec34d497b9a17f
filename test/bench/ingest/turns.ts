import { measure } from './round.js';
import type { Measurement, RoundOptions } from './round.js';
import type { System } from './system.js';

export interface TurnsOptions extends Omit<RoundOptions, 'system' | 'round'> {
  rounds: number;
  onMeasured: (measurement: Measurement) => void;
}

/** Each round starts with another system: whoever runs first or last has no lasting advantage. */
export async function measureInTurns(systems: System[], { rounds, onMeasured, ...options }: TurnsOptions): Promise<Measurement[]> {
  const measurements = [];
  for (let round = 1; round <= rounds; round++) {
    for (const system of rotate(systems, round - 1)) {
      const measurement = await measure({ ...options, system, round });
      onMeasured(measurement);
      measurements.push(measurement);
    }
  }
  return measurements;
}

function rotate<T>(items: T[], by: number): T[] {
  const start = by % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
