import { z } from 'zod';

export const deliverConfig = z.strictObject({
  corsOrigin: z.union([z.literal('*'), z.url({ protocol: /^https?$/ })]),
});
