import { z } from 'zod';

export const archiveConfig = z.strictObject({
  signEverySec: z.int().min(1).max(600),
  keySecret: z.string().refine((secret) => secret === '' || secret.length >= 32, 'must have 32 characters or more'),
});
export type ArchiveConfig = z.infer<typeof archiveConfig>;
