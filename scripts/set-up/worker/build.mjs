import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onPath, run } from '../command.mjs';
import { installCommand, installDebianPackages, missingDebianPackages } from '../debian.mjs';
import { step } from '../step.mjs';

const PACKAGES = [
  'g++', 'ninja-build', 'flatbuffers-compiler', 'libflatbuffers-dev', 'libabsl-dev', 'libssl-dev', 'libsrtp2-dev', 'libusrsctp-dev', 'libuv1-dev',
];
const BUILD_LIMIT_MS = 1_800_000;
const INCLUDE_FOLDER = path.resolve('scripts/set-up/worker/include');

/**
 * Compiles the worker out of mediasoup's npm package with the distribution's libraries, which is nine minutes of one
 * core's time. What an interrupted build has compiled is kept. Answers why there is no worker and what mends it, or
 * undefined.
 */
export async function buildWorker(cache, { workerFolder, ninja }) {
  if (process.platform !== 'linux' || !onPath('dpkg-query')) return noRecipe();
  const missing = await missingPackages(cache);
  if (missing.length > 0) return { reason: 'it cannot be built here before some packages are installed', mend: installCommand(missing) };
  if (cache.hasFailed('build')) return failed(cache);
  const folder = await prepareFolder(cache, { workerFolder, ninja });
  const { code, output } = await step('building the WebRTC worker (some minutes, once)', (progress) => compile(folder, progress));
  const failure = code === 0 ? await cache.keep(path.join(folder, 'mediasoup-worker')) : output;
  if (failure === undefined) {
    rmSync(cache.buildFolder, { recursive: true });
    return undefined;
  }
  writeFileSync(logFile(cache), failure);
  cache.rememberFailure('build');
  return failed(cache);
}

async function missingPackages(cache) {
  const missing = await missingDebianPackages(PACKAGES);
  if (missing.length === 0 || cache.hasFailed('install')) return missing;
  if (await installDebianPackages('installing what the WebRTC worker is built with', missing)) return [];
  cache.rememberFailure('install');
  return missing;
}

/** One folder for each version of the compiler: link-time optimisation cannot mix them. */
async function prepareFolder(cache, { workerFolder, ninja }) {
  const compiler = await run('g++', ['-dumpfullversion']);
  const folder = path.join(cache.buildFolder, compiler.output.trim());
  mkdirSync(folder, { recursive: true });
  for (const [name, target] of [['worker', workerFolder], ['include', INCLUDE_FOLDER]]) {
    rmSync(path.join(folder, name), { force: true });
    symlinkSync(target, path.join(folder, name));
  }
  writeFileSync(path.join(folder, 'build.ninja'), ninja);
  writeFileSync(path.join(folder, 'abseil.rsp'), (await abseilArchives()).join('\n'));
  return folder;
}

/** All of Abseil as static libraries: the linker takes what is called, which differs from release to release. */
async function abseilArchives() {
  const { output } = await run('g++', ['-print-file-name=libabsl_strings.a']);
  const folder = path.resolve(path.dirname(output.trim()));
  return readdirSync(folder).filter((name) => /^libabsl_.*\.a$/.test(name)).sort().map((name) => path.join(folder, name));
}

function compile(folder, progress) {
  const onText = (text) => {
    const [, done, total] = [...text.matchAll(/^\[(\d+) of (\d+)\]/gm)].at(-1) ?? [];
    if (done) progress(`${done} of ${total}`);
  };
  const env = { ...process.env, NINJA_STATUS: '[%f of %t] ' };
  return run('ninja', ['-C', folder, '-j', String(os.availableParallelism())], { env, timeoutMs: BUILD_LIMIT_MS, onText });
}

function failed(cache) {
  const log = existsSync(logFile(cache)) ? ` (the compiler's words are in ${logFile(cache)})` : '';
  return { reason: `building it failed${log}`, mend: 'npm run setup' };
}

function logFile(cache) {
  return path.join(cache.buildFolder, 'failure.log');
}

function noRecipe() {
  return {
    reason: 'it could not be downloaded, and only Debian and its kin have all the libraries to build it',
    mend: 'MEDIASOUP_WORKER_BIN=<path of a mediasoup-worker> npm start',
  };
}
