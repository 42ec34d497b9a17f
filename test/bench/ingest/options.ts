import { parseArgs } from 'node:util';
import { z } from 'zod';
import { checkOptions } from '../measure/options.js';

const list = z.string().transform((text) => text.split(',').map((item) => item.trim()).filter((item) => item !== ''));

const optionsSchema = z.strictObject({
  /** Numbers of publishers, each measured on its own. */
  streams: list.transform((items) => items.map(Number)).pipe(z.array(z.int().min(1).max(500)).min(1)),
  /** Length of a measurement. */
  seconds: z.coerce.number().min(1).max(3600),
  /** How often each system is measured, in turn with the others. */
  rounds: z.coerce.number().int().min(1).max(100),
  /** Time between the last publisher's start and the measurement, seconds. */
  warmUp: z.coerce.number().min(0).max(600),
  /** Names of the systems to measure; empty: all. */
  systems: list,
  out: z.string().min(1),
});
export type BenchOptions = z.infer<typeof optionsSchema>;

/** @throws naming the option that is wrong. */
export function parseOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      streams: { type: 'string', default: '10,30' },
      seconds: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '3' },
      'warm-up': { type: 'string', default: '8' },
      systems: { type: 'string', default: '' },
      out: { type: 'string', default: 'bench-output/ingest.json' },
    },
  });
  const { 'warm-up': warmUp, ...others } = values;
  return checkOptions(optionsSchema, { ...others, warmUp });
}
