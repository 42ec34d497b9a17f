import { z } from 'zod';

const rung = z.strictObject({
  name: z.string().regex(/^[0-9a-z]{1,16}$/),
  /** Pixels of the shorter side, even. */
  shortSide: z.int().min(90).max(4320).multipleOf(2),
  bitrateKbps: z.int().min(50).max(100_000),
});

export const transcodeConfig = z.strictObject({
  ffmpegPath: z.string(),
  ladder: z.union([z.enum(['auto', 'off']), z.array(z.string()).min(1)]),
  rungs: z.array(rung).min(1).max(8),
  preset: z.enum(['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium']),
  audioBitrateKbps: z.int().min(32).max(512),
  maxLoad: z.number().min(0.1).max(1),
  maxKeyFrameIntervalSec: z.number().min(1).max(30),
});
export type TranscodeConfig = z.infer<typeof transcodeConfig>;
export type Rung = z.infer<typeof rung>;
