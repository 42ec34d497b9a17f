import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lastLines, run } from './command.mjs';
import { Problem, step } from './step.mjs';

const TARGETS = [
  {
    title: 'building the server',
    stamp: 'dist/.server-stamp',
    sources: () => ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', ...filesUnder('src').filter((file) => !isWeb(file))],
    clear: () => clearFolder('dist', ['web', '.web-stamp']),
    args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  },
  {
    title: 'building the pages',
    stamp: 'dist/.web-stamp',
    sources: () => ['package-lock.json', ...filesUnder('src').filter(isWeb)],
    clear: () => clearFolder('dist/web', []),
    args: ['node_modules/vite/bin/vite.js', 'build', '--config', 'src/web/vite.config.ts'],
  },
];

/** Compiles the server and the pages into dist/, each only when its sources are not those of the last time. */
export async function build() {
  for (const target of TARGETS) await buildTarget(target);
}

async function buildTarget(target) {
  const wanted = hashOf(target.sources());
  if (readText(target.stamp) === wanted) return;
  await step(target.title, async () => {
    target.clear();
    const { code, output } = await run(process.execPath, target.args);
    if (code !== 0) throw new Problem(`${target.title} failed:\n${lastLines(output, 60)}`);
    writeFileSync(target.stamp, wanted);
  });
}

/** Contents, not times: a fresh clone or a branch that comes back builds only what differs. */
function hashOf(files) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function isWeb(file) {
  return file.startsWith(path.join('src', 'web') + path.sep);
}

/** What an earlier build left would otherwise outlive its source file. */
function clearFolder(folder, keep) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (!keep.includes(name)) rmSync(path.join(folder, name), { recursive: true });
  }
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
