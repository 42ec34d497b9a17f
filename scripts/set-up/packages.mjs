import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lastLines, run } from './command.mjs';
import { Problem, step } from './step.mjs';

/**
 * Installs what package-lock.json lists, unless node_modules already holds it.
 * Development packages too: the pages are built here.
 */
export async function installPackages() {
  if (isInstalled(readLock('package-lock.json'), readLock('node_modules/.package-lock.json'))) return;
  accessSync('.', constants.W_OK);
  await step('installing packages (about a minute the first time)', () => npmCi());
}

/** npm writes its own list into node_modules last, so an install that was cut short does not count. */
function isInstalled(wanted, installed) {
  if (installed === undefined) return false;
  return Object.entries(wanted.packages).every(([name, entry]) =>
    name === '' || entry.optional || installed.packages[name]?.version === entry.version);
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Installs what the package-lock.json of a folder lists, whatever is there. */
export async function npmCi(folder = '.') {
  const spareCache = isWritable(npmCache()) ? undefined : mkdtempSync(path.join(os.tmpdir(), 'tidemark-npm-'));
  try {
    const cache = spareCache ? ['--cache', spareCache] : [];
    const { code, output } = await npm(['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...cache], { cwd: folder });
    if (code !== 0) throw new Problem(`npm could not install the packages.${reason(output)}\n${lastLines(output)}`);
  } finally {
    if (spareCache) rmSync(spareCache, { recursive: true, force: true });
  }
}

/** The npm that runs this script, else the one on PATH. */
function npm(args, options) {
  const script = process.env.npm_execpath ?? '';
  return /npm-cli\.c?js$/.test(script) ? run(process.execPath, [script, ...args], options) : run('npm', args, options);
}

function npmCache() {
  return process.env.npm_config_cache ?? path.join(process.env.HOME || os.homedir(), '.npm');
}

function isWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function reason(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network/i.test(output)) return ' The npm registry cannot be reached: check the network or the registry setting, then start again.';
  if (/EACCES|EPERM/.test(output)) return ` A file is not this user's: sudo chown -R "$(id -un)" '${process.cwd()}'`;
  return '';
}
