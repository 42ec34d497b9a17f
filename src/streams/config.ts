import { z } from 'zod';

export const streamsConfig = z.strictObject({
  /** How long a broadcast waits for its encoder to come back, seconds. */
  reconnectGraceSec: z.number().min(0).max(3600),
  /** A broadcast that a stop of the server interrupted goes on when the server is back within this time, seconds. */
  resumeWithinSec: z.number().min(0).max(86_400),
  /** How long an encoder is kept out after its owner ended the stream, seconds. */
  ownerEndHoldSec: z.number().min(0).max(3600),
});
