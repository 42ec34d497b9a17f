import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../platform/index.js';
import { ARCHIVE_KEY_BYTES, decryptFile } from '../keys/archive-cipher.js';

export interface DecryptWish {
  /** A folder of `<name>.enc`, as they are named in the archive, or one of these files. */
  target: string;
  /** File with the key that the server gave the owner. */
  keyFile: string;
  /** Of a single file, what it is called in its broadcast (`720p/12.m4s`); of a folder its files say it. */
  name?: string | undefined;
  out: { write(text: string): unknown };
}

/** Nothing could be made of what was given. */
export class DecryptionImpossible extends AppError {
  constructor(reason: string, options: { cause?: unknown } = {}) {
    super('decryption_impossible', reason, options);
  }
}

const SUFFIX = '.enc';

/** `tidemark decrypt`: writes each file beside its ciphertext. Gives the exit code. @throws {DecryptionImpossible} */
export async function runDecrypt({ target, keyFile, name, out }: DecryptWish): Promise<number> {
  const key = await readKey(keyFile);
  const files = (await statOf(target)).isDirectory() ? await sealedFiles(target) : [{ file: target, name: name ?? path.basename(target, SUFFIX) }];
  if (files.length === 0) throw new DecryptionImpossible(`${target} has no files that end with ${SUFFIX}`);
  for (const sealed of files) await decryptOne(key, sealed);
  out.write(`${files.length} ${files.length === 1 ? 'file' : 'files'} decrypted\n`);
  return 0;
}

async function statOf(target: string): Promise<Stats> {
  return stat(target).catch((cause: unknown) => {
    throw new DecryptionImpossible(`${target} cannot be read`, { cause });
  });
}

async function readKey(file: string): Promise<Buffer> {
  const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64url');
  if (key.length !== ARCHIVE_KEY_BYTES) throw new DecryptionImpossible(`${file} is not the key of an archive`);
  return key;
}

/** With the names that they have in the broadcast. Links lead elsewhere or in a circle, pipes have no end: neither is one. */
async function sealedFiles(folder: string): Promise<{ file: string; name: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(SUFFIX)).map((entry) => path.join(entry.parentPath, entry.name)).sort();
  return files.map((file) => ({ file, name: path.relative(folder, file).slice(0, -SUFFIX.length).split(path.sep).join('/') }));
}

async function decryptOne(key: Buffer, { file, name }: { file: string; name: string }): Promise<void> {
  if (!(await stat(file)).isFile()) throw new DecryptionImpossible(`${file} is no file`);
  const sealed = await readFile(file);
  const plainFile = file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : `${file}.plain`;
  await writeBeside(plainFile, opened(key, { file, name, sealed }));
}

function opened(key: Buffer, { file, name, sealed }: { file: string; name: string; sealed: Buffer }): Uint8Array {
  try {
    return decryptFile(key, name, sealed);
  } catch (cause) {
    throw new DecryptionImpossible(`${file} is not "${name}" encrypted with this key: --name says what a file is called in its broadcast`, { cause });
  }
}

/** Under another name first: whatever has the right one is replaced as it is, and a link is not followed to what it points at. */
async function writeBeside(file: string, bytes: Uint8Array): Promise<void> {
  if ((await lstat(file).catch(() => undefined))?.isDirectory()) throw new DecryptionImpossible(`${file} is a folder`);
  const part = `${file}.${randomUUID()}.part`;
  const handle = await open(part, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.close();
    await rename(part, file);
  } catch (error) {
    await handle.close();
    await rm(part, { force: true });
    throw error;
  }
}
