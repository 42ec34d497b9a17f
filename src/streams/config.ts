import { z } from 'zod';

export const streamsConfig = z.strictObject({
  /** How long a broadcast waits for its encoder to come back, seconds. */
  reconnectGraceSec: z.number().min(0).max(3600),
  /** How long an encoder is kept out after its owner ended the stream, seconds. */
  ownerEndHoldSec: z.number().min(0).max(3600),
});
