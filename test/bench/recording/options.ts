import { parseArgs } from 'node:util';
import { z } from 'zod';
import { checkOptions } from '../measure/options.js';

const optionsSchema = z.strictObject({
  /** Publishers that are passed through. */
  streams: z.coerce.number().int().min(1).max(100),
  /** Length of a measurement. */
  seconds: z.coerce.number().min(1).max(600),
  /** How often each of the two is measured, in turn with the other. */
  rounds: z.coerce.number().int().min(1).max(100),
  /** Time between the last publisher's start and the measurement, seconds. */
  warmUp: z.coerce.number().min(0).max(600),
  /** Shows that are ended one after the other. */
  shows: z.coerce.number().int().min(1).max(100),
  out: z.string().min(1),
});
export type BenchOptions = z.infer<typeof optionsSchema>;

/** @throws naming the option that is wrong. */
export function parseOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      streams: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '15' },
      rounds: { type: 'string', default: '5' },
      'warm-up': { type: 'string', default: '4' },
      shows: { type: 'string', default: '12' },
      out: { type: 'string', default: 'bench-output/recording.json' },
    },
  });
  const { 'warm-up': warmUp, ...others } = values;
  return checkOptions(optionsSchema, { ...others, warmUp });
}
