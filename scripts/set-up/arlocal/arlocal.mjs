import { readFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../command.mjs';
import { CacheFolder } from '../cache-folder.mjs';
import { platformName } from '../worker/recipe.mjs';
import { buildArlocal } from './build.mjs';

const SOURCE_FOLDER = path.resolve('test/support/arlocal');
const LOAD_LIMIT_MS = 10_000;

/**
 * Finds the local Arweave of the tests (arlocal): the configured folder of packages, else the cached one, else one made
 * here. Answers `{ path }`, the folder where it is installed, or, in words, `{ reason, mend }`, where `mend` is one command.
 * @param configured value of ARLOCAL_FOLDER, '' when unset.
 */
export async function findArlocal(configured) {
  if (configured) return { path: configured };
  try {
    return await cachedOrNew();
  } catch (error) {
    return { reason: `its cache cannot be used: ${error.message}`, mend: 'XDG_CACHE_HOME=<a folder that can be written> npm test' };
  }
}

async function cachedOrNew() {
  const files = ['package.json', 'package-lock.json'].map((name) => ({ name, text: readFileSync(path.join(SOURCE_FOLDER, name), 'utf8') }));
  const cache = new CacheFolder({
    name: 'arlocal',
    title: 'the local Arweave of the tests',
    version: JSON.parse(files[0].text).dependencies.arlocal,
    ingredients: [platformName(), ...files.map(({ text }) => text)],
  });
  const folder = cache.at('packages');
  if (await works(folder)) return { path: folder };
  return cache.alone(async () => {
    // Another set-up may have made it while this one waited.
    if (await works(folder)) return { path: folder };
    return await buildArlocal(cache, { files, folder, works }) ?? { path: folder };
  });
}

/** Its one native part is what a new Node or a system library that went away would break. */
async function works(folder) {
  const { code } = await run(process.execPath, ['-e', `require(${JSON.stringify(path.join(folder, 'node_modules/sqlite3'))})`], { timeoutMs: LOAD_LIMIT_MS });
  return code === 0;
}
