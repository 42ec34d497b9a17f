import path from 'node:path';

/** Something the person at the terminal can mend; printed without a stack. */
export class Problem extends Error {}

// Between two words of progress where a line cannot be written over, as in a log.
const PROGRESS_INTERVAL_MS = 60_000;

/**
 * Does one piece of work under one progress line: `tidemark: building the server … 4.1 s`.
 * Work that takes long calls the function it is given with how far it is: `37 of 196`.
 */
export async function step(title, work) {
  const startedMs = Date.now();
  const line = `tidemark: ${title} … `;
  process.stdout.write(line);
  try {
    const result = await work(progressOn(line));
    process.stdout.write(`${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  }
}

/** In a terminal the words replace each other; elsewhere a few of them stay on the line. */
function progressOn(line) {
  let lastMs = Date.now();
  return (words) => {
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}${words} … `);
    else if (Date.now() - lastMs >= PROGRESS_INTERVAL_MS) {
      lastMs = Date.now();
      process.stdout.write(`${words} … `);
    }
  };
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
