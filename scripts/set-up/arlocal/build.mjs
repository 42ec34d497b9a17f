import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lastLines, onPath, run } from '../command.mjs';
import { installCommand, installDebianPackages } from '../debian.mjs';
import { npmCi } from '../packages.mjs';
import { step } from '../step.mjs';

/** Commands that node-gyp calls; Debian's packages have the same names. */
const COMMANDS = ['python3', 'make', 'g++'];
const BUILD_LIMIT_MS = 900_000;

/**
 * Installs arlocal's packages beside the place where they are kept and compiles SQLite for them, since the compiled one
 * comes from GitHub; then renames. Answers why there is none and what mends it, or undefined.
 */
export async function buildArlocal(cache, { files, folder, works }) {
  const missing = await missingCommands(cache);
  if (missing.length > 0) return { reason: 'it cannot be built here before some packages are installed', mend: installCommand(missing) };
  const mend = `rm '${cache.at('build-failed')}' && npm test`;
  if (cache.hasFailed('build')) return { reason: 'building it failed less than an hour ago', mend };
  const spare = cache.at('build');
  const failure = await build(spare, { files, works });
  if (failure === undefined) return void replace(folder, spare);
  cache.rememberFailure('build');
  return { reason: `building it failed:\n${failure}`, mend };
}

async function missingCommands(cache) {
  const missing = COMMANDS.filter((command) => !onPath(command));
  if (missing.length === 0 || cache.hasFailed('install')) return missing;
  if (await installDebianPackages('installing what the local Arweave of the tests is built with', missing)) return [];
  cache.rememberFailure('install');
  return missing;
}

/** Answers what went wrong, or undefined. */
async function build(folder, { files, works }) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const { name, text } of files) writeFileSync(path.join(folder, name), text);
  try {
    await step('installing a local Arweave for the tests (a minute, once)', () => npmCi(folder));
  } catch (error) {
    return error.message;
  }
  const { code, output } = await step('compiling SQLite for it (half a minute, once)', () => compile(folder));
  return code === 0 && await works(folder) ? undefined : lastLines(output);
}

/** `--debug`: a third of the time, and no test feels the difference. */
function compile(folder) {
  const script = path.join(folder, 'node_modules/node-gyp/bin/node-gyp.js');
  return run(process.execPath, [script, 'rebuild', '--debug', ...ownHeaders()], { cwd: path.join(folder, 'node_modules/sqlite3'), timeoutMs: BUILD_LIMIT_MS });
}

/** The headers that came with this Node, where they did; node-gyp downloads them otherwise. */
function ownHeaders() {
  const folder = path.resolve(process.execPath, '../..');
  return existsSync(path.join(folder, 'include/node/node_api.h')) ? [`--nodedir=${folder}`] : [];
}

function replace(folder, spare) {
  rmSync(folder, { recursive: true, force: true });
  renameSync(spare, folder);
}
