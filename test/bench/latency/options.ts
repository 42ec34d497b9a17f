import { parseArgs } from 'node:util';
import { z } from 'zod';
import { checkOptions } from '../measure/options.js';

const optionsSchema = z.strictObject({
  /** Length of each measurement. */
  seconds: z.coerce.number().min(5).max(3600),
  /** Playback before it, in which the player finds its distance, seconds. */
  warmUp: z.coerce.number().min(0).max(600),
  /** Names of the cases to measure; empty: all. */
  cases: z.string().transform((text) => text.split(',').map((item) => item.trim()).filter((item) => item !== '')),
  out: z.string().min(1),
});
export type LatencyOptions = z.infer<typeof optionsSchema>;

/** @throws naming the option that is wrong. */
export function parseOptions(args: string[]): LatencyOptions {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '60' },
      'warm-up': { type: 'string', default: '15' },
      cases: { type: 'string', default: '' },
      out: { type: 'string', default: 'bench-output/latency.json' },
    },
  });
  const { 'warm-up': warmUp, ...others } = values;
  return checkOptions(optionsSchema, { ...others, warmUp });
}
