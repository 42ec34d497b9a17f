import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const REPEAT_MS = 1_000;

/**
 * Starts the built server in this terminal, in a process group of its own: a Ctrl-C reaches it once, through us,
 * and not also from the terminal and from npm, which it would take for a second one that asks for a hard exit.
 * @param env variables from setUp(), over those of this process.
 */
export function startServer(env) {
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/main.js'], { env: { ...process.env, ...env }, stdio: 'inherit', detached: process.platform !== 'win32' });
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
  return { exited, kill: (signal) => child.kill(signal) };
}

/** Calls `handle` for each request to end, once when it arrives several ways at the same time. */
export function onStopSignal(handle) {
  let lastMs = -Infinity;
  const received = (signal) => {
    const nowMs = performance.now();
    if (nowMs - lastMs > REPEAT_MS) handle(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    lastMs = nowMs;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, received);
}
