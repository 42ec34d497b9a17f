import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';

/** Reports to be running as a worker does: with its process id on the channel. */
const RUNNING = '#!/bin/sh\nprintf "%s" $$ >&4\nread -r _ <&3\n';
const BROKEN = '#!/bin/sh\necho "error while loading shared libraries: libuv.so.1: cannot open shared object file" >&2\nexit 127\n';
const LOOK = `
import { findMediasoupWorker } from './scripts/set-up/worker/mediasoup-worker.mjs';
import { main } from './scripts/set-up/step.mjs';
await main(async () => process.stdout.write('\\n' + JSON.stringify(await findMediasoupWorker(process.env.MEDIASOUP_WORKER_BIN)) + '\\n'));
`;

interface Found {
  path?: string;
  reason?: string;
  mend?: string;
}

/** A folder for the cache, and a PATH where no package is installed and nothing can install one. */
function machine(t: Test): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = t.testdir({ bin: { 'dpkg-query': '#!/bin/sh\nexit 1\n' } });
  chmodSync(path.join(folder, 'bin/dpkg-query'), 0o755);
  for (const name of ['flock', 'sh', 'cat', 'tar', 'gzip']) symlinkSync(commandPath(name), path.join(folder, 'bin', name));
  return { folder, env: { PATH: path.join(folder, 'bin'), XDG_CACHE_HOME: path.join(folder, 'cache') } };
}

function commandPath(name: string): string {
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
}

function look(env: NodeJS.ProcessEnv): Promise<{ found: Found; printed: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', LOOK], { env, timeout: 60_000 }, (_, stdout, stderr) => {
      const answer = stdout.trimEnd().split('\n').at(-1) ?? '';
      resolve({ found: answer.startsWith('{') ? JSON.parse(answer) : {}, printed: stdout + stderr });
    });
  });
}

/** A mirror of mediasoup's releases that serves this text as the worker of any machine; `asked` counts the requests. */
async function mirror(t: Test, folder: string, worker: string): Promise<{ url: string; asked: () => number }> {
  mkdirSync(path.join(folder, 'release'));
  writeFileSync(path.join(folder, 'release/mediasoup-worker'), worker);
  execFileSync('tar', ['-czf', path.join(folder, 'worker.tgz'), '-C', path.join(folder, 'release'), 'mediasoup-worker']);
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end(readFileSync(path.join(folder, 'worker.tgz')));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.close(); });
  return { url: `http://127.0.0.1:${portOf(server.address())}`, asked: () => asked };
}

function portOf(address: AddressInfo | string | null): number {
  return address && typeof address === 'object' ? address.port : 0;
}

t.test('where a worker can neither be downloaded nor built, one command is named and the rest goes on', async (t) => {
  const { env } = machine(t);
  const { found } = await look({ ...env, MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD: 'true' });
  t.equal(found.path, undefined);
  t.match(found.mend, /^(sudo )?apt-get install -y g\+\+ ninja-build .*libsrtp2-dev/);
});

t.test('a worker that is set is the one, and a wrong one is refused with what is wrong', async (t) => {
  const { folder, env } = machine(t);
  const worker = path.join(folder, 'worker');
  const withWorker = { ...env, MEDIASOUP_WORKER_BIN: worker };
  t.match((await look(withWorker)).printed, `MEDIASOUP_WORKER_BIN) is ${worker}, but there is no such file`);
  writeFileSync(worker, BROKEN, { mode: 0o755 });
  t.match((await look(withWorker)).printed, 'libuv.so.1: cannot open shared object file');
  writeFileSync(worker, RUNNING);
  t.same((await look(withWorker)).found, { path: worker });
});

t.test('a download is kept for the next time, and replaced when it does not run any more', async (t) => {
  const { folder, env } = machine(t);
  const { url, asked } = await mirror(t, folder, RUNNING);
  const online = { ...env, MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: url };
  const { path: file = '' } = (await look(online)).found;
  t.ok(file.startsWith(path.join(folder, 'cache/tidemark/mediasoup-worker/3.')), file);
  t.same((await look(online)).found, { path: file });
  t.equal(asked(), 1);
  writeFileSync(file, BROKEN);
  t.same((await look(online)).found, { path: file });
  t.equal(asked(), 2);
  t.same(readdirSync(path.dirname(file)).filter((name) => name.startsWith('mediasoup-worker')), ['mediasoup-worker'], 'nothing is left beside it');
});

t.test('a download that does not run here is not kept, and not tried again at once', async (t) => {
  const { folder, env } = machine(t);
  const { url, asked } = await mirror(t, folder, BROKEN);
  const online = { ...env, MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: url };
  t.match((await look(online)).printed, 'could not be downloaded (error while loading shared libraries');
  t.match((await look(online)).found, { mend: /apt-get install/ });
  t.equal(asked(), 1);
});

t.test('of two set-ups at the same time one works and both have the worker', async (t) => {
  const { folder, env } = machine(t);
  const { url, asked } = await mirror(t, folder, RUNNING);
  const online = { ...env, MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: url };
  const [one, other] = await Promise.all([look(online), look(online)]);
  t.ok(existsSync(one.found.path ?? ''));
  t.equal(other.found.path, one.found.path);
  t.equal(asked(), 1);
});

t.test('a cache that cannot be written is a reason, not a failure', async (t) => {
  const { folder, env } = machine(t);
  writeFileSync(path.join(folder, 'cache'), '');
  t.match((await look(env)).found, { reason: /cache cannot be used/, mend: /^XDG_CACHE_HOME=/ });
});
