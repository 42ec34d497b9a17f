import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { findNginx, NGINX_MISSING, startNginx } from '../../support/nginx.js';
import type { Nginx } from '../../support/nginx.js';
import type { Child, Children } from '../measure/children.js';
import { freePort } from '../measure/wait.js';
import { startChannelServer } from '../systems/one-channel.js';

/** A running server with one channel, and nginx in front of it where that is wanted and installed. */
export interface Site {
  direct: string;
  nginx: string | undefined;
  /** Why nginx is not there. */
  nginxMissing: string | undefined;
  publishUrl: string;
  server: Child;
  stop(): Promise<void>;
}

export interface SiteOptions {
  folder: string;
  ffmpegPath: string;
  /** Rungs: few, since two cores decode, encode and play at once. */
  ladder: 'off' | string[];
  withNginx: boolean;
  children: Children;
  signal: AbortSignal;
}

export async function startSite(options: SiteOptions): Promise<Site> {
  const { folder } = options;
  const { url, port, publishUrl, mediaDir, server } = await startChannelServer({ ...options, config: { transcode: { ladder: options.ladder } } });
  const front = options.withNginx ? await startFront(folder, port, mediaDir) : undefined;
  return {
    direct: url,
    nginx: front?.url,
    nginxMissing: options.withNginx && front === undefined ? NGINX_MISSING : undefined,
    publishUrl,
    server,
    stop: async () => {
      await front?.nginx.stop();
      await server.stop();
    },
  };
}

async function startFront(folder: string, upstreamPort: number, mediaDir: string): Promise<{ url: string; nginx: Nginx } | undefined> {
  const command = findNginx();
  if (command === undefined) return undefined;
  const port = await freePort();
  const home = path.join(folder, 'nginx');
  await mkdir(home, { recursive: true });
  const nginx = await startNginx(command, { folder: home, listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${upstreamPort}`, mediaDir });
  return { url: `http://127.0.0.1:${port}`, nginx };
}
