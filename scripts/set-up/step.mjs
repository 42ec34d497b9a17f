import path from 'node:path';

/** Something the person at the terminal can mend; printed without a stack. */
export class Problem extends Error {}

/** Does one piece of work under one progress line: `tidemark: building the server … 4.1 s`. */
export async function step(title, work) {
  const startedMs = Date.now();
  process.stdout.write(`tidemark: ${title} … `);
  try {
    const result = await work();
    process.stdout.write(`${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  }
}

export function say(text) {
  process.stdout.write(`tidemark: ${text}\n`);
}

/** Runs a script's work and turns what it throws into one clear message and exit code 1. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`\n${explain(error)}\n`);
    // 78 as in src/main.ts: wrong settings, starting again does not help.
    process.exitCode = error.code === 'config_invalid' ? 78 : 1;
  }
}

/** The message of a problem, with the command that mends it where one is known. */
export function explain(error) {
  if (error instanceof Problem || error.code === 'config_invalid') return `tidemark: ${error.message}`;
  if (['EACCES', 'EPERM', 'EROFS'].includes(error.code)) return `tidemark: ${notWritable(error)}`;
  if (error.code === 'ENOSPC') return `tidemark: the disk is full (${error.path ?? error.message}): free some space and start again`;
  return error.stack ?? String(error);
}

function notWritable(error) {
  const folder = path.resolve(error.path ?? '.');
  if (error.code === 'EROFS') return `${folder} is on a read-only file system: copy this folder to a place that can be written`;
  return `this user may not write ${folder}. To mend it:\n  sudo chown -R "$(id -un)" '${process.cwd()}'`;
}
