import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../command.mjs';

const RELEASES = 'https://github.com/versatica/mediasoup/releases/download';
const ANSWER_LIMIT_MS = 5_000;
const DOWNLOAD_LIMIT_MS = 20_000;

/** The archive of mediasoup's own releases for a machine, as its npm-scripts.mjs names them. */
export function prebuiltName({ version, platform, arch, kernel }) {
  // From Linux 6 on their workers use io_uring.
  const suffix = platform === 'linux' ? `-kernel${kernel.split('.')[0]}` : '';
  return `mediasoup-worker-${version}-${platform}-${arch}${suffix}.tgz`;
}

/**
 * Downloads mediasoup's own worker and offers it to the cache, which takes it only if it runs here.
 * The two variables are mediasoup's: a mirror, and `true` for none of it. Answers why not, or undefined.
 */
export async function downloadWorker(cache, version) {
  const name = prebuiltName({ version, platform: os.platform(), arch: os.arch(), kernel: os.release() });
  const base = process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL || RELEASES;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidemark-worker-'));
  try {
    writeFileSync(path.join(folder, name), await fetchAll(`${base}/${version}/${name}`));
    const binary = os.platform() === 'win32' ? 'mediasoup-worker.exe' : 'mediasoup-worker';
    const { code, output } = await run('tar', ['-xzf', path.join(folder, name), '-C', folder, binary], { timeoutMs: DOWNLOAD_LIMIT_MS });
    return code === 0 ? await cache.keep(path.join(folder, binary)) : output.trim();
  } catch (error) {
    return error.cause?.message ?? error.message;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function mayDownload() {
  return !process.env.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD;
}

/** Gives up early when nothing answers: a firewall may swallow packets. */
async function fetchAll(url) {
  const abort = new AbortController();
  const giveUp = (limitMs) => setTimeout(() => abort.abort(new Error(`no answer within ${limitMs / 1000} s`)), limitMs);
  const timers = [giveUp(ANSWER_LIMIT_MS), giveUp(DOWNLOAD_LIMIT_MS)];
  try {
    const response = await fetch(url, { signal: abort.signal });
    clearTimeout(timers[0]);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } finally {
    timers.forEach(clearTimeout);
  }
}
