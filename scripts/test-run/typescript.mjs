import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

// tap's own TypeScript loader, so that a file behaves the same under `npx tap`, here and in the tools.
const LOADER = pathToFileURL(path.resolve('node_modules/@isaacs/ts-node-temp-fork-for-pr-2009/import.mjs')).href;

/**
 * Starts Node on a TypeScript file, which is transpiled as it is loaded and not checked.
 * The child leads a process group of its own, so that whatever it leaves behind can be ended with it.
 */
export function startTypeScript(file, { args = [], env = {}, stdio = 'inherit' } = {}) {
  return spawn(process.execPath, [`--import=${LOADER}`, '--enable-source-maps', file, ...args], {
    env: { ...process.env, TS_NODE_TRANSPILE_ONLY: '1', TS_NODE_PROJECT: path.resolve('tsconfig.json'), ...env },
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
