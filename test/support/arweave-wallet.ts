import { generateKeyPair } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from './until.js';

const makePair = promisify(generateKeyPair);

/** A new Arweave key file (JWK), readable by its owner. @param modulusLength bits; Arweave's wallets have 4096 */
export async function writeWalletFile(t: Cleanup, { modulusLength = 4_096, mode = 0o600 } = {}): Promise<string> {
  const { privateKey } = await makePair('rsa', { modulusLength });
  return writeSecretFile(t, JSON.stringify(privateKey.export({ format: 'jwk' })), mode);
}

/** A file in a folder of its own. */
export async function writeSecretFile(t: Cleanup, text: string, mode = 0o600): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-wallet-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'wallet.json');
  await writeFile(file, text, { mode });
  return file;
}
