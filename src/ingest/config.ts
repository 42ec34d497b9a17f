import { z } from 'zod';

const port = z.int().min(0).max(65535);

const tls = z.strictObject({ port, certFile: z.string(), keyFile: z.string() })
  .refine(({ certFile, keyFile }) => certFile === '' || keyFile !== '', { path: ['keyFile'], error: 'must be set, since certFile is' })
  .refine(({ certFile, keyFile }) => keyFile === '' || certFile !== '', { path: ['certFile'], error: 'must be set, since keyFile is' });

const upload = z.strictObject({
  maxGiB: z.number().min(0.001).max(1000),
  maxUnfinished: z.int().min(1).max(1000),
  expireHours: z.number().min(0.1).max(720),
  maxChunkMiB: z.int().min(1).max(1024),
  maxChunks: z.int().min(1).max(100_000),
});

export const ingestConfig = z.strictObject({
  port,
  tls,
  handshakeTimeoutSec: z.number().min(1).max(120),
  idleTimeoutSec: z.number().min(1).max(600),
  maxMessageKiB: z.int().min(64).max(16384),
  maxChunkStreams: z.int().min(4).max(1024),
  maxChunkSizeKiB: z.int().min(1).max(16384),
  maxCommandDepth: z.int().min(2).max(64),
  maxBitrateKbps: z.number().min(100),
  maxConnections: z.int().min(1),
  maxConnectionsPerAddress: z.int().min(1),
  wrongKeysPerMinute: z.int().min(1),
  upload,
});
export type IngestConfig = z.infer<typeof ingestConfig>;
