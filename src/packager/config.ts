import { z } from 'zod';

/** RFC 8216bis §6.2.2: a live playlist may not be shorter than three target durations. */
const MIN_WINDOW_SEGMENTS = 3;

export const packagerConfig = z.strictObject({
  segmentSec: z.number().min(1).max(10),
  partSec: z.number().min(0.2).max(1),
  windowSec: z.number().min(10).max(86_400),
  /** How far viewers can rewind a live broadcast, seconds. */
  dvrSec: z.number().min(0).max(86_400),
  memoryMiB: z.int().min(16),
}).refine(({ windowSec, segmentSec }) => windowSec >= MIN_WINDOW_SEGMENTS * segmentSec, {
  path: ['windowSec'],
  error: `must be at least ${MIN_WINDOW_SEGMENTS} × segmentSec`,
});
export type PackagerConfig = z.infer<typeof packagerConfig>;
