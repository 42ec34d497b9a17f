import { z } from 'zod';

export const accountsConfig = z.strictObject({
  jwtSecret: z.union([z.literal(''), z.string().min(32)]),
  /** Minutes. */
  accessTokenMin: z.number().min(1).max(1440),
  /** Days. */
  refreshTokenDays: z.number().min(1).max(365),
  registration: z.enum(['open', 'closed']),
  attemptsPer15Min: z.int().min(1),
});
export type AccountsConfig = z.infer<typeof accountsConfig>;
