import { z } from 'zod';

export const recordingsConfig = z.strictObject({
  /** 0: never too old. */
  maxAgeDays: z.number().min(0),
  /** 0: no budget. */
  maxDiskGiB: z.number().min(0),
  minFreeGiB: z.number().min(0),
  checkEveryMin: z.number().min(1).max(1440),
  clips: z.strictObject({
    /** 0: nobody makes clips. */
    perDay: z.number().int().min(0),
  }),
});
export type RecordingsConfig = z.infer<typeof recordingsConfig>;
