import { z } from 'zod';

const rung = z.strictObject({
  name: z.string().regex(/^[0-9a-z]{1,16}$/),
  /** Pixels of the shorter side, even. */
  shortSide: z.int().min(90).max(4320).multipleOf(2),
  bitrateKbps: z.int().min(50).max(100_000),
});

/** Renditions that are not rungs. */
const RESERVED_NAMES = ['source', 'audio'];

export const transcodeConfig = z.strictObject({
  ffmpegPath: z.string(),
  ladder: z.union([z.enum(['auto', 'off']), z.array(z.string()).min(1)]),
  rungs: z.array(rung).min(1).max(8),
  preset: z.enum(['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium']),
  audioBitrateKbps: z.int().min(32).max(512),
  maxLoad: z.number().min(0.1).max(1),
  maxKeyFrameIntervalSec: z.number().min(1).max(30),
}).superRefine(({ ladder, rungs }, context) => {
  const refuse = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
  for (const [i, { name, shortSide }] of rungs.entries()) {
    const above = rungs[i - 1];
    if (RESERVED_NAMES.includes(name)) refuse(['rungs', i, 'name'], 'is the name of what the publisher sends: choose another');
    if (rungs.findIndex((other) => other.name === name) < i) refuse(['rungs', i, 'name'], 'must not be the name of another rung');
    if (above && shortSide >= above.shortSide) refuse(['rungs', i, 'shortSide'], `must be less than that of the rung before it, ${above.shortSide}`);
  }
  if (typeof ladder === 'string') return;
  const names = rungs.map(({ name }) => name);
  for (const [i, name] of ladder.entries()) {
    if (!names.includes(name)) refuse(['ladder', i], `must be the name of a rung: ${names.join(', ')}`);
  }
});
export type TranscodeConfig = z.infer<typeof transcodeConfig>;
export type Rung = z.infer<typeof rung>;
