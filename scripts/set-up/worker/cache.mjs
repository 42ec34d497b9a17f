import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onPath } from '../command.mjs';
import { say } from '../step.mjs';
import { failureOf } from './binary.mjs';

const RETRY_AFTER_MS = 3_600_000;
const QUIET_WAIT_MS = 1_000;

/**
 * The folder of one worker, outside the checkout, so that the next clone and the next `npm ci` find it built.
 * The compiler is not part of the name: a worker stays good when the compiler is upgraded or removed. Whatever else can
 * break one (a library that went away) shows when it is started, which each set-up does.
 */
export class WorkerCache {
  #folder;

  /** @param ingredients texts that make another worker when they change. */
  constructor({ version, ingredients }) {
    const hash = createHash('sha256').update(ingredients.join('\0')).digest('hex').slice(0, 16);
    this.#folder = path.join(cacheHome(), 'tidemark', 'mediasoup-worker', `${version}-${hash}`);
  }

  get file() {
    return this.#at('mediasoup-worker');
  }

  get buildFolder() {
    return this.#at('build');
  }

  /** Puts a worker in place, by one rename, if it works; answers what keeps it from that, or undefined. */
  async keep(file) {
    const spare = this.#at(`mediasoup-worker.${process.pid}`);
    copyFileSync(file, spare);
    chmodSync(spare, 0o755);
    const failure = await failureOf(spare);
    if (failure === undefined) renameSync(spare, this.file);
    else rmSync(spare);
    return failure;
  }

  /** True when this failed within the last hour: not every start should wait for the same failure. */
  hasFailed(what) {
    const stat = statSync(this.#at(`${what}-failed`), { throwIfNoEntry: false });
    return stat !== undefined && Date.now() - stat.mtimeMs < RETRY_AFTER_MS;
  }

  rememberFailure(what) {
    writeFileSync(this.#at(`${what}-failed`), '');
  }

  forgetFailures() {
    for (const what of ['download', 'install', 'build']) rmSync(this.#at(`${what}-failed`), { force: true });
  }

  /**
   * Does the work while no other set-up does the same; one that comes later waits.
   * The lock is the kernel's (flock), so it ends with its owner, however that ends. Without flock nothing is locked:
   * the work is then done twice, and the later rename wins.
   */
  async alone(work) {
    mkdirSync(this.#folder, { recursive: true });
    const flock = onPath('flock');
    const release = flock ? await hold(flock, this.#at('lock')) : () => undefined;
    try {
      return await work();
    } finally {
      release();
    }
  }

  #at(name) {
    return path.join(this.#folder, name);
  }
}

/** Takes a lock and answers the function that gives it back. */
async function hold(flock, file) {
  const holder = spawn(flock, [file, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const notice = setTimeout(() => say('another set-up is getting the WebRTC worker: waiting for it'), QUIET_WAIT_MS);
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
