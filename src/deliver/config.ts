import { z } from 'zod';

export const deliverConfig = z.strictObject({
  corsOrigin: z.union([z.literal('*'), z.url({ protocol: /^https?$/ })]),
  maxWaitingRequests: z.int().min(100).max(100_000),
});
