import { z } from 'zod';

const port = z.int().min(0).max(65535);

const turn = z.strictObject({
  /** `turn:` and `turns:` URLs (RFC 7065). */
  urls: z.array(z.string().regex(/^turns?:\S+$/, 'must begin with turn: or turns:')).max(8),
  secret: z.string(),
  credentialTtlSec: z.int().min(60).max(86_400 * 7),
}).refine(({ urls, secret }) => urls.length === 0 || secret !== '', { path: ['secret'], error: 'must be set, since urls is' });

export const webrtcConfig = z.strictObject({
  enabled: z.boolean(),
  workerBin: z.string(),
  port,
  announcedAddress: z.string().max(255),
  workers: z.int().min(0).max(64),
  maxViewersPerWorker: z.int().min(1).max(10_000),
  stunUrls: z.array(z.string().regex(/^stuns?:\S+$/, 'must begin with stun:')).max(8),
  turn,
});
export type WebRtcConfig = z.infer<typeof webrtcConfig>;
