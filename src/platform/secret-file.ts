import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, messageOf } from './errors.js';

const SECRET_BYTES = 32;

export class SecretFileUnusable extends AppError {
  constructor(file: string, reason: string) {
    super('secret_file_unusable', `${file} cannot be used: ${reason}`, { expose: false });
  }
}

/**
 * Reads the secret in `file`; makes a random one of 256 bits on first use, readable by this user only.
 * Two processes that start at once get the same one: the file appears whole, and only once.
 * @throws {SecretFileUnusable} when the folder cannot be written or the file holds something else.
 */
export async function readOrMakeSecret(file: string): Promise<string> {
  try {
    const secret = (await readIfThere(file)) ?? (await make(file));
    if (secret.length < SECRET_BYTES) throw new Error(`it holds fewer than ${SECRET_BYTES} characters; delete it to get a new one`);
    return secret;
  } catch (error) {
    throw new SecretFileUnusable(file, messageOf(error));
  }
}

async function make(file: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft, { force: true });
  return (await readIfThere(file)) ?? '';
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
