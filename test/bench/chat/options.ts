import { parseArgs } from 'node:util';
import { z } from 'zod';
import { checkOptions } from '../measure/options.js';

const optionsSchema = z.strictObject({
  /** Connections in the room. */
  sockets: z.coerce.number().int().min(10).max(20_000),
  /** Messages a second, of all writers together. */
  rate: z.coerce.number().int().min(1).max(60),
  /** Length of each measurement. */
  seconds: z.coerce.number().min(2).max(600),
  /** How often each server is measured, in turn with the other. */
  rounds: z.coerce.number().int().min(1).max(50),
  /** Taps of each connection in a second; 0 leaves the reactions out. */
  taps: z.coerce.number().min(0).max(10),
  database: z.enum(['embedded', 'postgres']),
  out: z.string().min(1),
});
export type ChatOptions = z.infer<typeof optionsSchema>;

/** @throws naming the option that is wrong. */
export function parseOptions(args: string[]): ChatOptions {
  const { values } = parseArgs({
    args,
    options: {
      sockets: { type: 'string', default: '2000' },
      rate: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      taps: { type: 'string', default: '10' },
      database: { type: 'string', default: 'embedded' },
      out: { type: 'string', default: 'bench-output/chat.json' },
    },
  });
  return checkOptions(optionsSchema, values);
}
