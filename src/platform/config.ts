import { z } from 'zod';

const port = z.int().min(0).max(65535);

export const logConfig = z.strictObject({
  level: z.enum(['error', 'warn', 'info', 'debug']),
  format: z.enum(['text', 'json']),
});

export const httpConfig = z.strictObject({
  port,
  bindAddress: z.string().min(1),
  publicUrl: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]),
  trustProxy: z.int().min(0).max(10),
});

export const databaseConfig = z.strictObject({
  url: z.union([z.literal(''), z.url({ protocol: /^postgres(ql)?$/ })]),
});

export const redisConfig = z.strictObject({
  url: z.union([z.literal(''), z.url({ protocol: /^rediss?$/ })]),
});
