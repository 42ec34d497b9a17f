import { parseArgs } from 'node:util';
import { z } from 'zod';
import { checkOptions } from '../measure/options.js';

const optionsSchema = z.strictObject({
  /** Players that wait for the next part at the same time. */
  viewers: z.coerce.number().int().min(1).max(5000),
  /** Length of each measurement of theirs. */
  seconds: z.coerce.number().min(2).max(600),
  /** How often each way is measured, in turn with the others. */
  rounds: z.coerce.number().int().min(1).max(50),
  /** Length of each measurement with files; 0 leaves them out. */
  fileSeconds: z.coerce.number().min(0).max(600),
  out: z.string().min(1),
});
export type HlsOptions = z.infer<typeof optionsSchema>;

/** @throws naming the option that is wrong. */
export function parseOptions(args: string[]): HlsOptions {
  const { values } = parseArgs({
    args,
    options: {
      'viewers': { type: 'string', default: '1000' },
      'seconds': { type: 'string', default: '15' },
      'rounds': { type: 'string', default: '3' },
      'file-seconds': { type: 'string', default: '5' },
      'out': { type: 'string', default: 'bench-output/hls.json' },
    },
  });
  const { 'file-seconds': fileSeconds, ...others } = values;
  return checkOptions(optionsSchema, { ...others, fileSeconds });
}
