import { z } from 'zod';

export const packagerConfig = z.strictObject({
  segmentSec: z.number().min(1).max(10),
  partSec: z.number().min(0.2).max(1),
  windowSec: z.number().min(10).max(86_400),
  memoryMiB: z.int().min(16),
});
export type PackagerConfig = z.infer<typeof packagerConfig>;
