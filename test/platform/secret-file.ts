import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { readOrMakeSecret } from '../../src/platform/index.js';

t.test('a secret is made once, and for this user alone', async (t) => {
  const folder = path.join(t.testdir(), 'data');
  const file = path.join(folder, 'secret');
  const secrets = await Promise.all(Array.from({ length: 5 }, () => readOrMakeSecret(file)));
  t.match(secrets[0], /^[A-Za-z0-9_-]{43}$/);
  t.equal(new Set(secrets).size, 1, 'of five at once, all have the same');
  t.equal(await readOrMakeSecret(file), secrets[0]);
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.strictSame(readdirSync(folder), ['secret'], 'no draft is left');
});

t.test('two folders have two secrets', async (t) => {
  const folder = t.testdir();
  t.not(await readOrMakeSecret(path.join(folder, 'a')), await readOrMakeSecret(path.join(folder, 'b')));
});

t.test('a file that holds no secret is refused with its name', async (t) => {
  const file = path.join(t.testdir(), 'secret');
  writeFileSync(file, 'short\n');
  await t.rejects(readOrMakeSecret(file), { code: 'secret_file_unusable', message: `${file} cannot be used: it holds fewer than 32 characters; delete it to get a new one` });
  const folder = path.join(t.testdir(), 'secret');
  mkdirSync(folder);
  await t.rejects(readOrMakeSecret(folder), { code: 'secret_file_unusable', message: /EISDIR/ });
});
