import { spawn } from 'node:child_process';

// Keeps what it transpiled: loading the whole server takes two seconds and not seven, and many tests do. Found when it is
// used: this file is loaded before the packages are installed.
const LOADER = 'tsx';

/**
 * Starts Node on a TypeScript file, which is transpiled as it is loaded and not checked.
 * The child leads a process group of its own, so that whatever it leaves behind can be ended with it.
 */
export function startTypeScript(file, { args = [], env = {}, stdio = 'inherit' } = {}) {
  return spawn(process.execPath, [`--import=${LOADER}`, '--enable-source-maps', file, ...args], {
    env: { ...process.env, ...env },
    stdio,
    detached: true,
  });
}

/** Sends a signal to a child's whole group; says nothing when it is gone. */
export function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
