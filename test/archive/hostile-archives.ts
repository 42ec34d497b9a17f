import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { runDecrypt } from '../../src/archive/decrypt/run-decrypt.js';
import { decryptFile, encryptFile } from '../../src/archive/keys/archive-cipher.js';

const KEY = randomBytes(32);

/** A folder with an encrypted segment, its key beside it. */
async function packed(t: Test): Promise<{ outside: string; copy: string; decrypt: (target?: string) => Promise<number> }> {
  const outside = await mkdtemp(path.join(tmpdir(), 'tidemark-hostile-'));
  t.after(() => rm(outside, { recursive: true, force: true }));
  const copy = path.join(outside, 'copy');
  await mkdir(path.join(copy, 'source'), { recursive: true });
  await writeFile(path.join(copy, 'source/0.m4s.enc'), encryptFile(KEY, 'source/0.m4s', Buffer.from('a segment')));
  await writeFile(path.join(outside, 'key.txt'), KEY.toString('base64url'));
  return { outside, copy, decrypt: (target = copy) => runDecrypt({ target, keyFile: path.join(outside, 'key.txt'), out: { write: () => true } }) };
}

t.test('nothing is written outside of the archive', async (t) => {
  const { outside, copy, decrypt } = await packed(t);
  const precious = path.join(outside, 'precious');
  await writeFile(precious, 'mine');
  await symlink(precious, path.join(copy, 'source/0.m4s'));
  t.equal(await decrypt(), 0);
  t.equal(await readFile(precious, 'utf8'), 'mine', 'what a link points at is as it was');
  t.equal(await readFile(path.join(copy, 'source/0.m4s'), 'utf8'), 'a segment');
  t.same((await readdir(path.join(copy, 'source'))).sort(), ['0.m4s', '0.m4s.enc'], 'nothing is left behind');
});

t.test('links in circles, pipes and devices are no files of it', async (t) => {
  const { outside, copy, decrypt } = await packed(t);
  for (const name of ['a', 'b', 'c']) await symlink('.', path.join(copy, name));
  await mkdir(path.join(outside, 'other'));
  await writeFile(path.join(outside, 'other/1.m4s.enc'), encryptFile(KEY, 'other/1.m4s', Buffer.from('elsewhere')));
  await symlink('../other', path.join(copy, 'other'));
  await symlink('/dev/zero', path.join(copy, 'zero.enc'));
  execFileSync('mkfifo', [path.join(copy, 'pipe.enc')]);
  t.equal(await decrypt(), 0);
  t.same(await readdir(path.join(outside, 'other')), ['1.m4s.enc'], 'a link to another folder is not followed');
  await t.rejects(decrypt(path.join(copy, 'pipe.enc')), { code: 'decryption_impossible', message: /is no file/ });
});

t.test('what was cut, swapped or changed is refused', async (t) => {
  const sealed = encryptFile(KEY, 'source/0.m4s', Buffer.from('a segment'));
  for (const length of [0, 4, 12, 16, 27, sealed.length - 1]) t.throws(() => decryptFile(KEY, 'source/0.m4s', sealed.subarray(0, length)), `${length} bytes of it`);
  t.throws(() => decryptFile(KEY, 'source/1.m4s', sealed), 'in the place of another');
  t.throws(() => decryptFile(randomBytes(32), 'source/0.m4s', sealed), 'another key');
  t.equal(decryptFile(KEY, 'source/0.m4s', sealed).toString(), 'a segment');
  const { copy, decrypt } = await packed(t);
  await mkdir(path.join(copy, 'source/0.m4s'));
  await t.rejects(decrypt(), { code: 'decryption_impossible' }, 'a folder where the file should be');
});
