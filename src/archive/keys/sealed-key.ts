import { createCipheriv, createDecipheriv, createPrivateKey, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts the private part of a key. @param owner what it belongs to; it opens for nothing else */
export function sealKey(key: KeyObject, secret: string, owner: string): string {
  return sealBytes(key.export({ type: 'pkcs8', format: 'der' }), secret, owner);
}

/** @throws when it was sealed with another secret or for another owner */
export function openKey(sealedKey: string, secret: string, owner: string): KeyObject {
  return createPrivateKey({ key: openBytes(sealedKey, secret, owner), format: 'der', type: 'pkcs8' });
}

/** AES-256-GCM, NIST SP 800-38D. @param owner as above */
export function sealBytes(bytes: Uint8Array, secret: string, owner: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, cipherKey(secret), nonce).setAAD(Buffer.from(owner));
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64');
}

/** @throws like `openKey` */
export function openBytes(sealedBytes: string, secret: string, owner: string): Buffer {
  const bytes = Buffer.from(sealedBytes, 'base64');
  const decipher = createDecipheriv(CIPHER, cipherKey(secret), bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}

function cipherKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'tidemark signing keys', 32));
}
