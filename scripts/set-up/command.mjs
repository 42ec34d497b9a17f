import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

const OUTPUT_LIMIT = 1 << 20;

/**
 * Runs a command to its end without a terminal.
 * Answers its exit code (undefined when it was killed or could not start) and the last 1 MiB of what it printed;
 * `onText` hears it as it comes.
 */
export function run(command, args, { cwd, env = process.env, timeoutMs = 0, signal, onText } = {}) {
  return new Promise((resolve) => {
    // What is captured is shown as plain text, if at all.
    const plain = { ...env, NO_COLOR: '1', FORCE_COLOR: '0' };
    const child = spawn(command, args, { cwd, env: plain, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL', signal });
    let output = '';
    const keep = (text) => {
      output = (output + text).slice(-OUTPUT_LIMIT);
      onText?.(text);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => resolve({ code: undefined, output: output + error.message }));
    child.on('close', (code) => resolve({ code: code ?? undefined, output }));
  });
}

/** The last lines of a long output, for a message. */
export function lastLines(output, count = 25) {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}

/** Where a command is on PATH, or undefined. */
export function onPath(command) {
  return (process.env.PATH ?? '').split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, command))
    .find(isExecutable);
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export function isRoot() {
  return process.getuid?.() === 0;
}
