import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Problem, say, step } from '../step.mjs';
import { failureOf } from './binary.mjs';
import { buildWorker } from './build.mjs';
import { WorkerCache } from './cache.mjs';
import { downloadWorker, mayDownload } from './prebuilt.mjs';
import { ninjaFile, platformName, readSources } from './recipe.mjs';

const PACKAGE_FOLDER = path.resolve('node_modules/mediasoup');
const WORKER_FOLDER = path.join(PACKAGE_FOLDER, 'worker');
/** What stands before the headers of the system. */
const HEADERS = ['srtp.h', 'openssl/bio.h'].map((file) => path.resolve('scripts/set-up/worker/include', file));

/**
 * Finds a mediasoup worker that runs: the configured one, else the cached one, else mediasoup's download, else one built
 * here. Everything but WebRTC works without it, so only a wrong setting is a Problem: otherwise it answers
 * `{ path }` or, in words, `{ reason, mend }`, where `mend` is one command.
 * @param configured value of MEDIASOUP_WORKER_BIN, '' when unset.
 * @param again true to try what failed within the last hour too.
 */
export async function findMediasoupWorker(configured, { again = false } = {}) {
  if (configured) return { path: await checked(configured) };
  try {
    return await cachedOrNew({ again });
  } catch (error) {
    return { reason: `its cache cannot be used: ${error.message}`, mend: 'XDG_CACHE_HOME=<a folder that can be written> npm start' };
  }
}

async function checked(file) {
  const failure = await failureOf(file);
  if (failure === undefined) return file;
  throw new Problem(`the WebRTC worker that is set (MEDIASOUP_WORKER_BIN) is ${file}, but ${failure}`);
}

async function cachedOrNew({ again }) {
  const { version } = JSON.parse(readFileSync(path.join(PACKAGE_FOLDER, 'package.json'), 'utf8'));
  const ninja = ninjaFile(readSources(WORKER_FOLDER));
  const cache = new WorkerCache({ version, ingredients: [platformName(), ninja, ...HEADERS.map((file) => readFileSync(file, 'utf8'))] });
  if (await failureOf(cache.file) === undefined) return { path: cache.file };
  return cache.alone(async () => {
    if (again) cache.forgetFailures();
    // Another set-up may have brought it while this one waited.
    if (await failureOf(cache.file) === undefined) return { path: cache.file };
    if (await isDownloaded(cache, version)) return { path: cache.file };
    return await buildWorker(cache, { workerFolder: WORKER_FOLDER, ninja }) ?? { path: cache.file };
  });
}

async function isDownloaded(cache, version) {
  if (!mayDownload() || cache.hasFailed('download')) return false;
  const failure = await step('downloading the WebRTC worker', () => downloadWorker(cache, version));
  if (failure === undefined) return true;
  say(`the WebRTC worker could not be downloaded (${failure})`);
  cache.rememberFailure('download');
  return false;
}
