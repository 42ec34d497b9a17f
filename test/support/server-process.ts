import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Test } from 'tap';
import { end } from './publisher.js';
import { until } from './until.js';

export interface ServerProcess {
  child: ChildProcess;
  url: string;
  rtmpPort: number;
  /** What it printed so far. */
  output(): string;
}

/** A port of loopback that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * The built program as a child, so that it can be killed. It is killed with the test at the latest.
 * @param options.settings what config/local.yaml says.
 */
export async function startServerProcess(t: Test, options: { folder: string; httpPort: number; rtmpPort: number; env?: Record<string, string>; settings?: object }): Promise<ServerProcess> {
  const config = path.join(options.folder, 'config');
  await mkdir(config, { recursive: true });
  await cp('config/default.yaml', path.join(config, 'default.yaml'));
  await writeFile(path.join(config, 'local.yaml'), JSON.stringify(options.settings ?? {}));
  const child = spawn(process.execPath, [path.resolve('dist/main.js')], {
    cwd: options.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      DATA_DIR: path.join(options.folder, 'data'), MEDIA_DIR: path.join(options.folder, 'media'),
      HTTP_PORT: String(options.httpPort), RTMP_PORT: String(options.rtmpPort), BIND_ADDRESS: '127.0.0.1', PUBLIC_URL: '',
      ...options.env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
  t.after(() => end(child));
  const url = `http://127.0.0.1:${options.httpPort}`;
  await until('the server is ready', async () => {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${output}`);
    return (await fetch(`${url}/health`).catch(() => undefined))?.ok || undefined;
  }, 30_000);
  return { child, url, rtmpPort: options.rtmpPort, output: () => output };
}
