import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import path from 'node:path';
import { AppError } from './errors.js';

/** Longest path that every system takes for a unix socket (104 bytes on macOS with its end mark), less the suffix of a stale one. */
const SOCKET_PATH_BYTES = 103 - '.00000000'.length;
const TRIES = 3;

export class FolderLocked extends AppError {
  constructor(file: string) {
    super('folder_locked', `${file} is held by a running process`, { expose: false });
  }
}

/**
 * Holds a folder for one process. The lock is a listening unix socket: the kernel drops it with its process, so a
 * crash leaves nothing that blocks, and containers that share a volume see each other, which process ids would not show.
 */
export class FolderLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * @throws {FolderLocked} when another process, or another owner in this one, holds the lock.
   * @throws {Error} of `listen` when the file system has no sockets.
   */
  static async take(file: string): Promise<FolderLock> {
    const address = socketAddress(file);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const server = await listen(address);
      if (server) return new FolderLock(server);
      if ((await isHeld(address)) || !(await removeStale(address))) break;
    }
    throw new FolderLocked(file);
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** The shorter of the absolute and the relative path. */
function socketAddress(file: string): string {
  const addresses = [path.resolve(file), path.relative('', file)];
  const [shortest = file] = addresses.sort((a, b) => a.length - b.length);
  if (Buffer.byteLength(shortest) <= SOCKET_PATH_BYTES) return shortest;
  throw new AppError('path_too_long', `${file} is longer than ${SOCKET_PATH_BYTES} bytes, which a socket cannot have: use a shorter folder`, { expose: false });
}

/** The listening server, or undefined when the address is taken. */
async function listen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** Whether somebody listens; a file whose process is gone refuses. */
async function isHeld(address: string): Promise<boolean> {
  const socket = connect(address);
  const held = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'));
  });
  socket.destroy();
  return held;
}

/**
 * Removes what a killed process left. Another process may have done so a moment ago and listen there by now:
 * hence it is moved aside first, tried once more, and given back if it answers.
 */
async function removeStale(address: string): Promise<boolean> {
  const aside = `${address}.${randomBytes(4).toString('hex')}`;
  await rename(address, aside).catch(ignoreMissing);
  const isAlive = await isHeld(aside);
  if (isAlive) await rename(aside, address);
  else await rm(aside, { force: true });
  return !isAlive;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
