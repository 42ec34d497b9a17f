import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import type { Test } from 'tap';
import { end } from './publisher.js';
import { freePort } from './server-process.js';
import { until } from './until.js';

/** A Redis of the test's own, which it may stop and start. */
export interface RedisServer {
  url: string;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** It hangs, as behind a network that swallows packets, and goes on. */
  pause(): void;
  resume(): void;
}

const binary = (process.env['PATH'] ?? '').split(':').map((folder) => path.join(folder, 'redis-server')).find((file) => existsSync(file));

/** Reason to skip what needs a real Redis, or false. */
export function redisMissing(): string | false {
  return binary === undefined && 'redis-server is not installed';
}

/** Starts a throw-away Redis on a free port of 127.0.0.1; nothing goes to the disk. It ends with the test. */
export async function startRedis(t: Test): Promise<RedisServer> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    start: async () => {
      child = spawn(binary ?? '', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', '/tmp'], { stdio: 'ignore' });
      await until('redis answers', () => answers(port));
    },
    stop: async (signal = 'SIGTERM') => {
      if (child !== undefined) await end(child, signal);
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
  t.after(() => server.stop('SIGKILL'));
  await server.start();
  return server;
}

function answers(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', () => resolve(true));
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
    socket.setTimeout(500, () => socket.destroy());
    socket.once('data', () => socket.destroy());
  });
}
