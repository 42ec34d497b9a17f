import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';

const LOOK = `
import { findArlocal } from './scripts/set-up/arlocal/arlocal.mjs';
process.stdout.write('\\n' + JSON.stringify(await findArlocal(process.env.ARLOCAL_FOLDER)) + '\\n');
`;

interface Found {
  path?: string;
  reason?: string;
  mend?: string;
}

/** A folder for the cache, and a PATH with these commands and nothing that can install others. */
function machine(t: Test, commands: string[]): NodeJS.ProcessEnv {
  const folder = t.testdir({ bin: {} });
  for (const name of commands) symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), path.join(folder, 'bin', name));
  return { PATH: path.join(folder, 'bin'), XDG_CACHE_HOME: path.join(folder, 'cache') };
}

/** As far as npm: one that does what it is told. */
function npm(t: Test, env: NodeJS.ProcessEnv, script: string): NodeJS.ProcessEnv {
  const file = path.join(t.testdirName, 'npm-cli.cjs');
  writeFileSync(file, script);
  return { ...env, npm_execpath: file };
}

function look(env: NodeJS.ProcessEnv): Promise<Found & { printed: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', LOOK], { env, timeout: 60_000 }, (_, stdout, stderr) => {
      resolve({ ...JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''), printed: stdout + stderr });
    });
  });
}

t.test('without a compiler one command is named', async (t) => {
  const found = await look(machine(t, ['sh', 'cat']));
  t.equal(found.path, undefined);
  t.match(found.mend, /^(sudo )?apt-get install -y python3 make g\+\+$/);
});

t.test('packages that cannot be installed are a reason, and not asked for again at once', async (t) => {
  const env = npm(t, machine(t, ['sh', 'cat', 'python3', 'make', 'g++']), `process.stderr.write('ENOTFOUND registry'); process.exit(1);`);
  t.match(await look(env), { reason: /registry cannot be reached/, mend: /^rm .*build-failed/ });
  t.match(await look(env), { reason: /less than an hour ago/, printed: /^\n\{.*\}\n$/ });
});

t.test('what was built is kept for the next time', async (t) => {
  const parts = { 'node_modules/sqlite3/index.js': '', 'node_modules/node-gyp/bin/node-gyp.js': 'process.exit(0);' };
  const install = `const fs = require('fs'); for (const [file, text] of Object.entries(${JSON.stringify(parts)})) { fs.mkdirSync(require('path').dirname(file), { recursive: true }); fs.writeFileSync(file, text); }`;
  const env = npm(t, machine(t, ['sh', 'cat', 'python3', 'make', 'g++']), install);
  const { path: folder = '', printed } = await look(env);
  t.match(printed, /installing a local Arweave .* s\n.*compiling SQLite .* s\n/);
  t.ok(existsSync(path.join(folder, 'node_modules/sqlite3/index.js')));
  t.match(await look(env), { path: folder, printed: /^\n\{.*\}\n$/ });
  t.notOk(readdirSync(path.dirname(folder)).includes('build'), 'nothing is left beside it');
});

t.test('a cache that cannot be written is a reason, not a failure', async (t) => {
  const env = machine(t, ['sh', 'cat']);
  writeFileSync(path.join(t.testdirName, 'cache'), '');
  t.match(await look(env), { reason: /cache cannot be used/, mend: /^XDG_CACHE_HOME=/ });
});
