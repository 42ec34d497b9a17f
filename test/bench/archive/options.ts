import { parseArgs } from 'node:util';
import { z } from 'zod';
import { checkOptions } from '../measure/options.js';

const optionsSchema = z.strictObject({
  /** What each way of hashing hashes in one turn, MiB. */
  mebibytes: z.coerce.number().int().min(16).max(4_096),
  /** Broadcasts on air, which end their segments in the same moment. */
  streams: z.coerce.number().int().min(1).max(100),
  /** Segments that each of them makes in one turn. */
  segments: z.coerce.number().int().min(2).max(10_000),
  /** Segments of a show that is stored for ever, in each rendition. */
  archived: z.coerce.number().int().min(1).max(10_000),
  /** How often everything is measured, in turns. */
  rounds: z.coerce.number().int().min(1).max(100),
  out: z.string().min(1),
});
export type ArchiveOptions = z.infer<typeof optionsSchema>;

/** @throws naming the option that is wrong. */
export function parseOptions(args: string[]): ArchiveOptions {
  const { values } = parseArgs({
    args,
    options: {
      mebibytes: { type: 'string', default: '256' },
      streams: { type: 'string', default: '10' },
      segments: { type: 'string', default: '30' },
      archived: { type: 'string', default: '100' },
      rounds: { type: 'string', default: '5' },
      out: { type: 'string', default: 'bench-output/archive.json' },
    },
  });
  return checkOptions(optionsSchema, values);
}
