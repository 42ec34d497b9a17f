import { z } from 'zod';

const messages = z.strictObject({
  messages: z.int().min(1).max(100_000),
  windowSec: z.int().min(1).max(3_600),
});

export const chatConfig = z.strictObject({
  limits: z.strictObject({
    user: messages,
    moderator: messages,
    address: messages,
    room: messages,
    connectionsPerMin: z.int().min(1).max(1_000_000),
    socketsPerAddress: z.int().min(1).max(1_000_000),
    eventsPer10Sec: z.int().min(10).max(1_000_000),
    tapsPerSec: z.int().min(1).max(1_000),
  }),
  keepDays: z.int().min(0).max(36_500),
  evidenceDays: z.int().min(1).max(3_650),
  webhooks: z.strictObject({ allowPrivate: z.boolean() }),
  deviceSecret: z.string().refine((secret) => secret === '' || secret.length >= 32, 'must have 32 characters or more'),
});
export type ChatConfig = z.infer<typeof chatConfig>;
