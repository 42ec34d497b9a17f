import { parseArgs } from 'node:util';
import { z } from 'zod';
import { checkOptions } from '../measure/options.js';

const optionsSchema = z.strictObject({
  /** How many at the same time, one measurement after the other. */
  viewers: z.string().transform((text) => text.split(',').map(Number)).pipe(z.array(z.number().int().min(1).max(5_000))),
  /** Length of each measurement. */
  seconds: z.coerce.number().min(2).max(600),
  /** How often each is measured, in turn with the others. */
  rounds: z.coerce.number().int().min(1).max(50),
  /** Viewers who come and leave one after the other at the end; 0 leaves that out. */
  joins: z.coerce.number().int().min(0).max(100_000),
  /** How media is encrypted, if the worker agrees: AES-128 as GCM or as counter mode with SHA-1. */
  srtp: z.enum(['gcm', 'cm']),
  /** Of Tidemark; the router that it is compared with has one. */
  workers: z.coerce.number().int().min(1).max(64),
  out: z.string().min(1),
});
export type WebRtcOptions = z.infer<typeof optionsSchema>;

/** @throws naming the option that is wrong. */
export function parseOptions(args: string[]): WebRtcOptions {
  const { values } = parseArgs({
    args,
    options: {
      viewers: { type: 'string', default: '100,300,500' },
      seconds: { type: 'string', default: '15' },
      rounds: { type: 'string', default: '1' },
      joins: { type: 'string', default: '1000' },
      srtp: { type: 'string', default: 'gcm' },
      workers: { type: 'string', default: '1' },
      out: { type: 'string', default: 'bench-output/webrtc.json' },
    },
  });
  return checkOptions(optionsSchema, values);
}
