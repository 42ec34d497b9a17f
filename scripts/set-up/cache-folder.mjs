import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onPath } from './command.mjs';
import { say } from './step.mjs';

const RETRY_AFTER_MS = 3_600_000;
const QUIET_WAIT_MS = 1_000;
const FAILED = '-failed';

/** The folder of one thing that takes long to get, outside the checkout, so that the next clone and `npm ci` find it. */
export class CacheFolder {
  #folder;
  #title;

  /**
   * @param title what it holds, in words.
   * @param ingredients texts that make another one when they change.
   */
  constructor({ name, title, version, ingredients }) {
    const hash = createHash('sha256').update(ingredients.join('\0')).digest('hex').slice(0, 16);
    this.#folder = path.join(cacheHome(), 'tidemark', name, `${version}-${hash}`);
    this.#title = title;
  }

  /** Path of a file in it. */
  at(name) {
    return path.join(this.#folder, name);
  }

  /** True when this failed within the last hour: not every start should wait for the same failure. */
  hasFailed(what) {
    const stat = statSync(this.at(`${what}${FAILED}`), { throwIfNoEntry: false });
    return stat !== undefined && Date.now() - stat.mtimeMs < RETRY_AFTER_MS;
  }

  rememberFailure(what) {
    writeFileSync(this.at(`${what}${FAILED}`), '');
  }

  forgetFailures() {
    for (const name of readdirSync(this.#folder)) if (name.endsWith(FAILED)) rmSync(this.at(name));
  }

  /**
   * Does the work while no other set-up does the same; one that comes later waits.
   * The lock is the kernel's (flock), so it ends with its owner, however that ends. Without flock nothing is locked:
   * the work is then done twice, and the later rename wins.
   */
  async alone(work) {
    mkdirSync(this.#folder, { recursive: true });
    const flock = onPath('flock');
    const release = flock ? await hold(flock, this.at('lock'), this.#title) : () => undefined;
    try {
      return await work();
    } finally {
      release();
    }
  }
}

/** Takes a lock and answers the function that gives it back. */
async function hold(flock, file, title) {
  const holder = spawn(flock, [file, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const notice = setTimeout(() => say(`another set-up is getting ${title}: waiting for it`), QUIET_WAIT_MS);
  await new Promise((resolve) => {
    holder.stdout.once('data', resolve);
    holder.once('error', resolve);
    holder.once('close', resolve);
  });
  clearTimeout(notice);
  holder.stdin.on('error', () => undefined); // It is gone, and the lock with it.
  return () => holder.stdin.end();
}

function cacheHome() {
  const configured = process.env.XDG_CACHE_HOME ?? '';
  return path.isAbsolute(configured) ? configured : path.join(process.env.HOME || os.homedir(), '.cache');
}
