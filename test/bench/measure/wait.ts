import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;

/**
 * Asks until the answer is yes.
 * @throws naming what was waited for, when the deadline passes or the signal aborts.
 */
export async function until(what: string, isTrue: () => Promise<boolean>, options: { deadlineMs: number; signal: AbortSignal }): Promise<void> {
  const giveUpAtMs = performance.now() + options.deadlineMs;
  while (!(await isTrue())) {
    if (performance.now() > giveUpAtMs) throw new Error(`${what}: not after ${options.deadlineMs / 1000} s`);
    await delay(POLL_MS, undefined, { signal: options.signal });
  }
}

/** Whether something listens on a port of this machine. */
export async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A TCP port of 127.0.0.1 that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
