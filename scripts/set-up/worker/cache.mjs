import { chmodSync, copyFileSync, renameSync, rmSync } from 'node:fs';
import { CacheFolder } from '../cache-folder.mjs';
import { failureOf } from './binary.mjs';

/**
 * Where a worker is kept.
 * The compiler is not part of the name: a worker stays good when the compiler is upgraded or removed. Whatever else can
 * break one (a library that went away) shows when it is started, which each set-up does.
 */
export class WorkerCache extends CacheFolder {
  constructor({ version, ingredients }) {
    super({ name: 'mediasoup-worker', title: 'the WebRTC worker', version, ingredients });
  }

  get file() {
    return this.at('mediasoup-worker');
  }

  get buildFolder() {
    return this.at('build');
  }

  /** Puts a worker in place, by one rename, if it works; answers what keeps it from that, or undefined. */
  async keep(file) {
    const spare = this.at(`mediasoup-worker.${process.pid}`);
    copyFileSync(file, spare);
    chmodSync(spare, 0o755);
    const failure = await failureOf(spare);
    if (failure === undefined) renameSync(spare, this.file);
    else rmSync(spare);
    return failure;
  }
}
