import { constants, createHash, createPrivateKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { WalletFileUnusable } from './errors.js';
import type { Payer } from './transaction.js';

/** RFC 7517; the exponent is part of the protocol, and not in transactions. */
const walletKey = z.object({
  kty: z.literal('RSA'), e: z.literal('AQAB'), n: z.base64url(), d: z.base64url(), p: z.base64url(), q: z.base64url(), dp: z.base64url(), dq: z.base64url(), qi: z.base64url(),
});

const MODULUS_BITS = 4_096;
const MAX_FILE_BYTES = 64 << 10;
/** Read or write for those who are neither the owner nor in its group; groups are how containers get secrets. */
const OTHERS = 0o006;

const signAside = promisify(sign);

/** One that can pay. The key stays inside. */
export class Wallet implements Payer {
  /** Base64url of the public key's SHA-256: what money is sent to. */
  readonly address: string;
  readonly owner: string;
  readonly #key: KeyObject;

  constructor(owner: string, key: KeyObject) {
    this.owner = owner;
    this.address = createHash('sha256').update(Buffer.from(owner, 'base64url')).digest('base64url');
    this.#key = key;
  }

  async sign(bytes: Uint8Array): Promise<Uint8Array> {
    return signAside('sha256', bytes, { key: this.#key, padding: constants.RSA_PKCS1_PSS_PADDING });
  }
}

/** Reads a key as Arweave's wallets save it (JWK). @throws {WalletFileUnusable} which never says what the file has in it */
export async function readWallet(file: string): Promise<Wallet> {
  const text = await readPrivateFile(file);
  const jwk = walletKey.safeParse(parseJson(text));
  if (!jwk.success) throw new WalletFileUnusable(file, 'it is not the key file (JWK) of an Arweave wallet');
  const key = keyOf(jwk.data);
  if (key?.asymmetricKeyDetails?.modulusLength !== MODULUS_BITS) throw new WalletFileUnusable(file, `its key is not an RSA key of ${MODULUS_BITS} bits`);
  return new Wallet(jwk.data.n, key);
}

async function readPrivateFile(file: string): Promise<string> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw new WalletFileUnusable(file, error.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${error.code ?? 'unknown'})`);
  });
  try {
    const { mode, size } = await handle.stat();
    if ((mode & OTHERS) !== 0) throw new WalletFileUnusable(file, `everyone on this machine can read or write it: run chmod 600 ${file}`);
    if (size > MAX_FILE_BYTES) throw new WalletFileUnusable(file, `it has more than ${MAX_FILE_BYTES} bytes`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Without the error: it quotes what it read. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function keyOf(jwk: z.infer<typeof walletKey>): KeyObject | undefined {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}
